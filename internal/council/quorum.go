package council

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/rulebook"
)

// Quorum is how many seats take part in a session, or in one matter of it, against what is needed.
type Quorum struct {
	Present int64 // marked present or online, and not barred from the matter
	Seats   int64 // of the establishment decision
	Needed  int64
	Met     bool
	Rule    errs.Rule
}

// quorumOf reads the quorum of a session, or of a matter in it, in the words of SQL.
func quorumOf(ctx context.Context, db bun.IDB, session uuid.UUID, matter *uuid.UUID) (q Quorum, err error) {
	var c Council
	err = db.NewSelect().Model(&c).Join("JOIN council_sessions AS cs ON cs.council_id = co.id").Where("cs.id = ?", session).Scan(ctx)
	if err = found(err, "council of session", session); err != nil {
		return q, err
	}
	err = db.NewRaw(`SELECT count(*) FILTER (WHERE council_takes_part(?, s.id, ?)), count(*), council_quorum(?, ?)
		FROM council_seats s WHERE s.council_id = ?`, session, matter, session, matter, c.ID).Scan(ctx, &q.Present, &q.Seats, &q.Met)
	if err != nil {
		return q, err
	}
	t := rulebook.Threshold{Strict: c.QuorumStrict, Num: int64(c.QuorumNum), Den: int64(c.QuorumDen), Base: "seats"}
	q.Needed = t.Needed(q.Seats)
	v, err := rulebook.Get(ctx, db, "council."+c.RuleSet+".quorum", c.CreatedAt)
	if err != nil {
		return q, err
	}
	q.Rule = v.Rule(errs.Input{Label: "council.present", Value: strconv.FormatInt(q.Present, 10)},
		errs.Input{Label: "council.seats_count", Value: strconv.FormatInt(q.Seats, 10)},
		errs.Input{Label: "council.needed", Value: strconv.FormatInt(q.Needed, 10)})
	return q, nil
}

// rules reads the thresholds a matter is counted by, in force when the council was proposed.
func rules(ctx context.Context, db bun.IDB, c *Council, m *Matter) (Rules, error) {
	var r Rules
	threshold := func(name string) (*rulebook.Threshold, error) {
		v, err := rulebook.Get(ctx, db, "council."+c.RuleSet+"."+name, c.CreatedAt)
		if err != nil {
			return nil, err
		}
		t, err := v.Threshold()
		return &t, err
	}
	var err error
	switch m.BallotKind {
	case Points:
		if r.Outlier, err = threshold("outlier"); err != nil {
			return r, err
		}
		r.Zero, err = threshold("zero")
	case PassFail:
		var t *rulebook.Threshold
		if t, err = threshold("content"); err == nil {
			r.Content = *t
		}
	case Approve:
		var t *rulebook.Threshold
		if t, err = threshold("vote"); err == nil {
			r.Vote = *t
		}
	}
	if err != nil {
		return r, err
	}
	err = db.NewRaw(`SELECT count(*), count(*) FILTER (WHERE council_takes_part(?, s.id, ?))
		FROM council_seats s WHERE s.council_id = ? AND s.votes`, m.SessionID, m.ID, c.ID).Scan(ctx, &r.Seats, &r.Present)
	return r, err
}
