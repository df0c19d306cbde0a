package indicator

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// State is one indicator with its published values and where it stands.
type State struct {
	Indicator *Indicator
	History   []Measure // in order of days
	Judgement Judgement
}

// Latest is the newest published value; ok is false when there is none.
func (s State) Latest() (Measure, bool) {
	if len(s.History) == 0 {
		return Measure{}, false
	}
	return s.History[len(s.History)-1], true
}

// States gives every indicator as the public sees it: published entries, and the counts of the program's own facts.
func (s *Service) States(ctx context.Context) ([]State, error) {
	var all []*Indicator
	db := storage.Joined(ctx, s.db)
	if err := db.NewSelect().Model(&all).Relation("Targets", inOrder).OrderExpr("i.number").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read indicators: %w", err)
	}
	var entries []Entry
	err := db.NewSelect().Model(&entries).Column("indicator_id", "as_of", "value").Where("ie.status = ?", Published).OrderExpr("ie.as_of").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read published entries: %w", err)
	}
	history := map[uuid.UUID][]Measure{}
	for _, e := range entries {
		history[e.IndicatorID] = append(history[e.IndicatorID], Measure{e.AsOf, e.Value})
	}
	out := make([]State, len(all))
	for k, i := range all {
		h := history[i.ID]
		if i.Counted {
			if h, err = s.counted(ctx); err != nil {
				return nil, err
			}
		}
		out[k] = State{Indicator: i, History: h, Judgement: i.Judge(h)}
	}
	return out, nil
}

// counted is the yearly count from the baseline year to today.
func (s *Service) counted(ctx context.Context) ([]Measure, error) {
	today, err := s.today(ctx)
	if err != nil {
		return nil, err
	}
	var h []Measure
	for year := Baseline; year <= today.Year(); year++ {
		n, err := s.count.PublishedAwards(ctx, storage.Joined(ctx, s.db), year)
		if err != nil {
			return nil, fmt.Errorf("count awards of %d: %w", year, err)
		}
		day := calendar.On(year, 12, 31)
		if today.Before(day) {
			day = today
		}
		h = append(h, Measure{day, decimal.NewFromInt(int64(n))})
	}
	return h, nil
}

// today is the deciding day of the database.
func (s *Service) today(ctx context.Context) (calendar.Date, error) {
	var d calendar.Date
	if err := storage.Joined(ctx, s.db).NewRaw("SELECT (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date").Scan(ctx, &d); err != nil {
		return d, fmt.Errorf("take the deciding day: %w", err)
	}
	return d, nil
}

// line is one entry as the page of entries shows it.
type line struct {
	bun.BaseModel `bun:"table:indicator_entries,alias:ie"`
	Entry
	Indicator    *Indicator `bun:"rel:belongs-to,join:indicator_id=id"`
	ProposerName string     `bun:"proposer_name,scanonly"`
}

// entriesOf lists the entries the reader may see in draft, of one indicator.
func (s *Service) entriesOf(ctx context.Context, l *web.List, i *Indicator) ([]line, error) {
	var rows []line
	q := s.db.NewSelect().Model(&rows).ColumnExpr("ie.*").
		ColumnExpr("(SELECT us.name FROM users us WHERE us.id = ie.proposed_by) AS proposer_name").
		Where("ie.indicator_id = ?", i.ID)
	q = s.access.Scope(ctx, q, "indicator", "read_draft", "indicator_entry")
	if v := l.Filter["status"]; v != "" {
		q = q.Where("ie.status = ?", v)
	}
	err := web.Fetch(ctx, l, q, web.Sorts{"as_of": "ie.as_of", "value": "ie.value", "proposed_at": "ie.proposed_at"}, "ie.id")
	return rows, err
}

// pending lists entries in a state that the reader may see in draft.
func (s *Service) pending(ctx context.Context, status Status) ([]line, error) {
	var rows []line
	q := s.db.NewSelect().Model(&rows).Relation("Indicator").Where("ie.status = ?", status).OrderExpr("ie.proposed_at").Limit(50)
	q = s.access.Scope(ctx, q, "indicator", "read_draft", "indicator_entry")
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read %s entries: %w", status, err)
	}
	return rows, nil
}

// State is one indicator as the public sees it.
func (s *Service) State(ctx context.Context, number int) (State, error) {
	states, err := s.States(ctx)
	if err != nil {
		return State{}, err
	}
	for _, st := range states {
		if st.Indicator.Number == number {
			return st, nil
		}
	}
	return State{}, errs.ErrNotFound
}

// entryFor is one entry the reader may see in draft, with the one it restates.
func (s *Service) entryFor(ctx context.Context, id uuid.UUID) (*line, *Entry, error) {
	e := new(line)
	q := s.db.NewSelect().Model(e).Relation("Indicator").ColumnExpr("ie.*").
		ColumnExpr("(SELECT us.name FROM users us WHERE us.id = ie.proposed_by) AS proposer_name").Where("ie.id = ?", id)
	q = s.access.Scope(ctx, q, "indicator", "read_draft", "indicator_entry")
	err := q.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read entry %s: %w", id, err)
	}
	if e.Restates == nil {
		return e, nil, nil
	}
	old := new(Entry)
	if err := s.db.NewSelect().Model(old).Where("ie.id = ?", *e.Restates).Scan(ctx); err != nil {
		return nil, nil, fmt.Errorf("read restated entry: %w", err)
	}
	return e, old, nil
}
