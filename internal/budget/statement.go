package budget

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Movement is one journal on a line: what it took from where, and what was available after it.
type Movement struct {
	No, Kind       string
	On             calendar.Date
	Document       ledger.Ref
	Reason         string
	Reversed       bool
	From, To       ledger.Stage
	Amount         money.Amount
	Available      money.Amount // after it
	Actor, Checker string       // names; "" for the program itself
}

// Statement is a line with the documents behind each of its numbers.
type Statement struct {
	Line      *Line
	State     ledger.State
	Sums      Sums // of the line and all below it
	Parent    *Line
	Children  bool
	Movements []Movement // newest first
	Older     string     // cursor of the movements before these, "" when there are none
	Pending   []Act
}

const statementSize = 50

// Statement reads a line and its newest journals before a cursor, "" for the newest of all; a line the reader may not
// see is errs.ErrNotFound.
func (s *Service) Statement(ctx context.Context, id uuid.UUID, before string) (*Statement, error) {
	rows, err := s.rows(ctx, 1, "bl.id = ?", id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.ErrNotFound
	}
	n := rows[0].node()
	if err := s.fill(ctx, n.Line.Year, []*Node{n}); err != nil {
		return nil, err
	}
	st := &Statement{Line: n.Line, State: n.Own, Sums: n.Sums, Children: n.Line.Lines > 0}
	if st.Parent, err = parentOf(ctx, s.db, st.Line); err != nil {
		return nil, err
	}
	if st.Movements, st.Older, err = movements(ctx, s.db, st.Line.ControlLine, st.State.Available, before); err != nil {
		return nil, err
	}
	err = s.db.NewSelect().Model(&st.Pending).Where("ba.line_id = ? OR ba.to_line_id = ?", id, id).Where("ba.status = ?", Proposed).
		OrderExpr("ba.proposed_at, ba.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read acts of budget line %s: %w", id, err)
	}
	return st, nil
}

// place is where a page of a statement ends: the day and the journal of its last row.
type place struct {
	day     calendar.Date
	journal int64
}

func parsePlace(s string) (p place, err error) {
	day, id, ok := strings.Cut(s, ".")
	if p.journal, err = strconv.ParseInt(id, 10, 64); err == nil && ok {
		p.day, err = calendar.ParseDate(day)
	}
	if err != nil || !ok {
		return p, errs.ErrNotFound
	}
	return p, nil
}

func (p place) String() string { return p.day.String() + "." + strconv.FormatInt(p.journal, 10) }

// movements reads a page of the journals of a control line, newest first; free is what the line has available now. The
// balance after a journal is counted back from that.
func movements(ctx context.Context, db bun.IDB, line int64, free money.Amount, before string) ([]Movement, string, error) {
	at := place{calendar.On(2199, 12, 31), math.MaxInt64}
	if before != "" {
		var err error
		if at, err = parsePlace(before); err != nil {
			return nil, "", err
		}
		var newer money.Amount
		err = db.NewRaw(`SELECT COALESCE(sum(p.amount), 0)::numeric(24,0) FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id
			AND a.code = 'available' WHERE p.line_id = ? AND (p.effective_on, p.journal_id) >= (?, ?)`, line, at.day, at.journal).Scan(ctx, &newer)
		if err != nil {
			return nil, "", fmt.Errorf("movements after %s: %w", before, err)
		}
		free = free.Sub(newer)
	}
	var rows []struct {
		ID                       int64
		No, Kind                 string
		EffectiveOn              calendar.Date
		DocumentKind, DocumentNo string
		DocumentID               uuid.UUID
		ActorID, ApproverID      *uuid.UUID
		Reason                   string
		Reversed                 bool
		FromStage, ToStage       ledger.Stage
		Amount, Change           money.Amount
	}
	err := db.NewRaw(`SELECT j.id, j.number AS no, j.kind, j.effective_on, j.document_kind, j.document_no, j.document_id, j.actor_id,
			j.approver_id, j.reason, EXISTS (SELECT FROM ledger.journals r WHERE r.reverses_id = j.id) AS reversed,
			x.from_stage, x.to_stage, x.amount, x.change
		FROM (SELECT p.journal_id, p.effective_on, (array_agg(a.code ORDER BY p.amount))[1] AS from_stage,
				(array_agg(a.code ORDER BY p.amount DESC))[1] AS to_stage, (sum(p.amount) FILTER (WHERE p.amount > 0))::numeric(24,0) AS amount,
				COALESCE(sum(p.amount) FILTER (WHERE a.code = 'available'), 0)::numeric(24,0) AS change
			FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id
			WHERE p.line_id = ? AND (p.effective_on, p.journal_id) < (?, ?)
			GROUP BY p.effective_on, p.journal_id ORDER BY p.effective_on DESC, p.journal_id DESC LIMIT ?) x
		JOIN ledger.journals j ON j.id = x.journal_id ORDER BY x.effective_on DESC, x.journal_id DESC`,
		line, at.day, at.journal, statementSize+1).Scan(ctx, &rows)
	if err != nil {
		return nil, "", fmt.Errorf("movements of control line %d: %w", line, err)
	}
	older := ""
	if len(rows) > statementSize {
		rows = rows[:statementSize]
		last := rows[statementSize-1]
		older = place{last.EffectiveOn, last.ID}.String()
	}
	ids := map[uuid.UUID]bool{}
	for _, r := range rows {
		ids[*r.ActorID] = true
		if r.ApproverID != nil {
			ids[*r.ApproverID] = true
		}
	}
	who, err := names(ctx, db, ids)
	if err != nil {
		return nil, "", err
	}
	list := make([]Movement, len(rows))
	for i, r := range rows {
		m := Movement{No: r.No, Kind: r.Kind, On: r.EffectiveOn, Document: ledger.Ref{Kind: r.DocumentKind, ID: r.DocumentID, No: r.DocumentNo},
			Reason: r.Reason, Reversed: r.Reversed, From: r.FromStage, To: r.ToStage, Amount: r.Amount, Available: free, Actor: who[*r.ActorID]}
		if r.ApproverID != nil {
			m.Checker = who[*r.ApproverID]
		}
		free = free.Sub(r.Change)
		list[i] = m
	}
	return list, older, nil
}

// names reads the names behind ids; the program itself is "".
func names(ctx context.Context, db bun.IDB, ids map[uuid.UUID]bool) (map[uuid.UUID]string, error) {
	delete(ids, uuid.Nil)
	out := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return out, nil
	}
	list := make([]uuid.UUID, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	var rows []struct {
		ID   uuid.UUID
		Name string
	}
	if err := db.NewSelect().TableExpr("users").Column("id", "name").Where("id IN (?)", bun.List(list)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}
