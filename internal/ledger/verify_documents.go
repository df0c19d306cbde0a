package ledger

import (
	"context"
	"fmt"

	"kinhbac/internal/audit"
)

// documentKind is a row of ledger.document_kinds with its absent parts made SQL that says nothing.
type documentKind struct{ Kind, Relation, MustPost, Amount string }

// documents follows every journal to its document and every document that must have posted to a journal, for
// the kinds that rooms have registered, and compares their amounts where one document is one amount.
func documents() audit.Probe {
	return audit.Probe{Name: "ledger.check.documents", Run: func(ctx context.Context, l audit.Look) ([]audit.Check, error) {
		c := audit.Check{Code: "ledger.check.documents"}
		var kinds []documentKind
		err := l.Tx.NewRaw(`SELECT kind, relation::text, coalesce(must_post, 'false') AS must_post, coalesce(amount, 'NULL') AS amount
			FROM ledger.document_kinds ORDER BY kind`).Scan(ctx, &kinds)
		if err != nil {
			return nil, err
		}
		for _, k := range kinds {
			if err := k.follow(ctx, l, &c); err != nil {
				return nil, fmt.Errorf("%s: %w", k.Kind, err)
			}
		}
		return []audit.Check{c}, nil
	}}
}

// follow counts the journals of a kind and keeps the first of: a journal without document, a document without journal, a
// journal of another amount.
func (k documentKind) follow(ctx context.Context, l audit.Look, c *audit.Check) error {
	var n int64
	if err := l.Tx.NewRaw("SELECT count(*) FROM ledger.journals WHERE document_kind = ?", k.Kind).Scan(ctx, &n); err != nil {
		return err
	}
	c.Count += n
	l.Step(n)
	if c.Break != "" {
		return nil
	}
	var rows []struct{ Row, Stands, Wanted string }
	err := l.Tx.NewRaw(fmt.Sprintf(`(SELECT 'journals ' || j.id AS row, ?0 || ' ' || j.document_id AS stands, 'a document' AS wanted
		   FROM ledger.journals j WHERE j.document_kind = ?0
		    AND NOT EXISTS (SELECT FROM %[1]s d WHERE d.id = j.document_id) ORDER BY j.id LIMIT 1)
		UNION ALL
		(SELECT ?0 || ' ' || d.id, 'none', 'a journal' FROM %[1]s d WHERE (%[2]s)
		    AND NOT EXISTS (SELECT FROM ledger.journals j WHERE j.document_kind = ?0 AND j.document_id = d.id) ORDER BY d.id LIMIT 1)
		UNION ALL
		(SELECT ?0 || ' ' || x.id, x.wanted::text, trim_scale(x.posted) || ' (journals ' || x.journal || ')' FROM (
		    SELECT d.id, j.id AS journal, (%[3]s)::numeric AS wanted, (SELECT max(p.amount) FROM ledger.postings p WHERE p.journal_id = j.id) AS posted
		      FROM ledger.journals j JOIN %[1]s d ON d.id = j.document_id WHERE j.document_kind = ?0) x
		  WHERE x.posted <> x.wanted ORDER BY x.journal LIMIT 1)
		LIMIT 1`, k.Relation, k.MustPost, k.Amount), k.Kind).Scan(ctx, &rows)
	if err == nil && len(rows) > 0 {
		c.Break, c.Stands, c.Wanted = rows[0].Row, rows[0].Stands, rows[0].Wanted
	}
	return err
}
