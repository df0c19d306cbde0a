package rulebook

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Instrument is one law, decree, circular or plan of the book (văn bản), with how much of it the program applies.
type Instrument struct {
	Name       string   // e.g. Nghị định 268/2025/NĐ-CP
	Articles   []string `bun:",array"` // applied ones, in order of their text
	Values     int      // rules in force that stand on it
	Unverified int      // of these, still to be confirmed with a document
}

// Instruments lists the instruments that the values in force stand on, the most used first. A rule counts once, with
// the value of the newest version.
func Instruments(ctx context.Context, db bun.IDB) (list []Instrument, err error) {
	err = db.NewRaw(`SELECT instrument AS name, array_agg(DISTINCT article) FILTER (WHERE article <> '') AS articles, count(*) AS values,
			count(*) FILTER (WHERE confidence IN ('S', 'M')) AS unverified
		FROM (SELECT DISTINCT ON (rule_id) rule_id, instrument, article, confidence FROM rule_values WHERE status = 'in_force'
			ORDER BY rule_id, since_version DESC, valid_from DESC NULLS LAST) newest
		WHERE instrument <> '' GROUP BY instrument ORDER BY count(*) DESC, instrument`).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("instruments of the rulebook: %w", err)
	}
	return list, nil
}
