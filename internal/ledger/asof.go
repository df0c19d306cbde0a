package ledger

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// stageSums are what legs x (code, amount) put into the stages of one line.
const stageSums = `coalesce(-sum(x.amount) FILTER (WHERE x.code = 'source'), 0)::numeric(24,0) AS authorised,
	coalesce(sum(x.amount) FILTER (WHERE x.code = 'allocated'), 0)::numeric(24,0) AS allocated,
	coalesce(sum(x.amount) FILTER (WHERE x.code = 'reserved'), 0)::numeric(24,0) AS reserved,
	coalesce(sum(x.amount) FILTER (WHERE x.code = 'committed'), 0)::numeric(24,0) AS committed,
	coalesce(sum(x.amount) FILTER (WHERE x.code = 'requested'), 0)::numeric(24,0) AS requested,
	coalesce(sum(x.amount) FILTER (WHERE x.code = 'advanced'), 0)::numeric(24,0) AS advanced,
	coalesce(sum(x.amount) FILTER (WHERE x.code = 'disbursed'), 0)::numeric(24,0) AS disbursed,
	coalesce(sum(x.amount) FILTER (WHERE x.code = 'returned'), 0)::numeric(24,0) AS returned,
	coalesce(sum(x.amount) FILTER (WHERE x.code = 'closing'), 0)::numeric(24,0) AS closing`

// LineAsOf gives a control line as it was at the end of a day, by the effective days of its journals: from the trial
// balance of the last month closed by then and the legs since. Version is 0. No line is errs.ErrNotFound.
func LineAsOf(ctx context.Context, db bun.IDB, line int64, day calendar.Date) (State, error) {
	var rows []State
	err := db.NewRaw(`WITH l AS (SELECT id, book_id FROM ledger.control_lines WHERE id = ?0),
		m AS (SELECT m.change_id, m.ends_on FROM ledger.closed_months m, l WHERE m.book_id = l.book_id AND m.ends_on <= ?1 ORDER BY m.ends_on DESC LIMIT 1)
		SELECT l.id, `+stageSums+` FROM l LEFT JOIN (
			SELECT a.code, q.opening + q.debit - q.credit AS amount FROM m JOIN ledger.period_balances q ON q.change_id = m.change_id AND q.line_id = ?0
			  JOIN ledger.accounts a ON a.id = q.account_id
			UNION ALL
			SELECT a.code, p.amount FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id
			 WHERE p.line_id = ?0 AND p.effective_on <= ?1 AND p.effective_on > coalesce((SELECT ends_on FROM m), '-infinity')) x ON true
		GROUP BY l.id`, line, day).Scan(ctx, &rows)
	if err != nil {
		return State{}, fmt.Errorf("control line %d as of %s: %w", line, day, err)
	}
	if len(rows) == 0 {
		return State{}, errs.ErrNotFound
	}
	return rows[0].filled(), nil
}

// Position is one journal in the statement of a control line: what it moved there and the line after it. Cursor goes
// on with the next older one.
type Position struct {
	No, Kind   string
	On         calendar.Date
	RecordedAt time.Time // deciding time
	Document   Ref
	ActorID    uuid.UUID
	ApproverID uuid.UUID
	Reason     string
	Reversed   bool
	Legs       []StageLeg
	After      State
	Cursor     string
}

// StageLeg is what a journal puts into a stage of one line, in đồng, negative when it takes; source as the ledger has
// it, so that what is authorised stands there with a minus.
type StageLeg struct {
	Stage  Stage
	Amount money.Amount
}

// cursor of a position: its day and journal, opaque to the reader.
func (p Position) cursor(journal int64) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s/%d", p.On, journal))
}

func parseCursor(s string) (day string, journal int64, ok bool) {
	if s == "" {
		return "infinity", 0, true
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", 0, false
	}
	day, rest, _ := strings.Cut(string(b), "/")
	if _, err := calendar.ParseDate(day); err != nil {
		return "", 0, false
	}
	_, err = fmt.Sscan(rest, &journal)
	return day, journal, err == nil
}

// StatementPage gives up to limit journals of a control line, newest day first, each with the line after it, from before
// the cursor on; "" starts with the newest. A cursor that is none is errs.ErrNotFound. One view of the ledger per page.
func StatementPage(ctx context.Context, db bun.IDB, line int64, before string, limit int) ([]Position, error) {
	day, journal, ok := parseCursor(before)
	if !ok {
		return nil, errs.ErrNotFound
	}
	var rows []struct {
		JournalID    int64
		Number, Kind string
		EffectiveOn  calendar.Date
		At           time.Time
		DocumentKind string
		DocumentID   uuid.UUID
		DocumentNo   string
		ActorID      uuid.UUID
		ApproverID   *uuid.UUID
		Reason       string
		Reversed     bool
		Codes        []string       `bun:",array"`
		Amounts      []money.Amount `bun:",array"`
		State        `bun:",extend"`
	}
	err := db.NewRaw(`WITH page AS MATERIALIZED (
			SELECT p.effective_on, p.journal_id FROM ledger.postings p
			 WHERE p.line_id = ?0 AND (p.effective_on, p.journal_id) < (?1::date, ?2::bigint)
			 GROUP BY p.effective_on, p.journal_id ORDER BY p.effective_on DESC, p.journal_id DESC LIMIT ?3),
		later AS (SELECT `+stageSums+` FROM (SELECT a.code, p.amount FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id
			 WHERE p.line_id = ?0 AND (p.effective_on, p.journal_id) >= (?1::date, ?2::bigint)) x)
		SELECT j.id AS journal_id, j.number, j.kind, j.effective_on, j.at, j.document_kind, j.document_id, j.document_no, j.actor_id, j.approver_id,
			j.reason, EXISTS (SELECT FROM ledger.journals r WHERE r.reverses_id = j.id) AS reversed, g.codes, g.amounts,
			c.id, c.authorised - t.authorised AS authorised, c.allocated - t.allocated AS allocated, c.reserved - t.reserved AS reserved,
			c.committed - t.committed AS committed, c.requested - t.requested AS requested, c.advanced - t.advanced AS advanced,
			c.disbursed - t.disbursed AS disbursed, c.returned - t.returned AS returned, c.closing - t.closing AS closing
		FROM page JOIN ledger.journals j ON j.id = page.journal_id
		CROSS JOIN LATERAL (SELECT array_agg(a.code ORDER BY p.leg) AS codes, array_agg(p.amount::numeric(24,0)::text ORDER BY p.leg) AS amounts
			FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.journal_id = page.journal_id AND p.line_id = ?0) g
		CROSS JOIN later t JOIN ledger.control_lines c ON c.id = ?0
		ORDER BY page.effective_on DESC, page.journal_id DESC`, line, day, journal, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("statement of control line %d: %w", line, err)
	}
	out := make([]Position, len(rows))
	for i, r := range rows {
		p := Position{No: r.Number, Kind: r.Kind, On: r.EffectiveOn, RecordedAt: r.At, Document: Ref{r.DocumentKind, r.DocumentID, r.DocumentNo},
			ActorID: r.ActorID, ApproverID: id(r.ApproverID), Reason: r.Reason, Reversed: r.Reversed}
		p.Cursor = p.cursor(r.JournalID)
		if i == 0 {
			p.After = r.filled()
		} else {
			p.After = out[i-1].After.without(out[i-1].Legs)
		}
		for k, code := range r.Codes {
			p.Legs = append(p.Legs, StageLeg{Stage(code), r.Amounts[k]})
		}
		out[i] = p
	}
	return out, nil
}

// without is the line before a journal of these legs.
func (s State) without(legs []StageLeg) State {
	for _, l := range legs {
		switch l.Stage {
		case Source:
			s.Authorised = s.Authorised.Add(l.Amount)
		case Allocated:
			s.Allocated = s.Allocated.Sub(l.Amount)
		case Reserved:
			s.Reserved = s.Reserved.Sub(l.Amount)
		case Committed:
			s.Committed = s.Committed.Sub(l.Amount)
		case Requested:
			s.Requested = s.Requested.Sub(l.Amount)
		case Advanced:
			s.Advanced = s.Advanced.Sub(l.Amount)
		case Disbursed:
			s.Disbursed = s.Disbursed.Sub(l.Amount)
		case Returned:
			s.Returned = s.Returned.Sub(l.Amount)
		case Closing:
			s.Closing = s.Closing.Sub(l.Amount)
		}
	}
	return s.filled()
}
