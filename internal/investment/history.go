package investment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// happening is one act on a holding.
type happening struct {
	At   time.Time
	Code string
	Args []any
}

// history is what the room has kept of a holding, newest first: payments recorded and its valuations with the names of
// those who proposed, approved and locked them. ts and vs are what the reader may see.
func (s *Service) history(ctx context.Context, ts []Tranche, vs []Valuation) ([]web.Event, error) {
	var ids []uuid.UUID
	var hs []happening
	for _, t := range ts {
		ids = append(ids, t.RecordedBy)
		if t.ConfirmedBy != nil {
			ids = append(ids, *t.ConfirmedBy)
		}
	}
	for _, v := range vs {
		ids = append(ids, v.ProposedBy)
		for _, id := range []*uuid.UUID{v.ApprovedBy, v.LockedBy} {
			if id != nil {
				ids = append(ids, *id)
			}
		}
	}
	names, err := s.names(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, t := range ts {
		code, args := "recorded", []any{t.Amount.Format(), t.Reference, names[t.RecordedBy]}
		if t.ConfirmedBy != nil {
			code, args = "confirmed", append(args, names[*t.ConfirmedBy])
		}
		hs = append(hs, happening{t.CreatedAt, code, args})
	}
	for _, v := range vs {
		quarter := quarterWords(i18n.From(ctx), v.QuarterEnd)
		hs = append(hs, happening{v.CreatedAt, "proposed", []any{quarter, v.Fair.Format(), names[v.ProposedBy]}})
		if v.ApprovedAt != nil {
			hs = append(hs, happening{*v.ApprovedAt, "approved", []any{quarter, names[*v.ApprovedBy]}})
		}
		if v.LockedAt != nil {
			hs = append(hs, happening{*v.LockedAt, "locked", []any{quarter, names[*v.LockedBy]}})
		}
	}
	slices.SortStableFunc(hs, func(a, b happening) int { return b.At.Compare(a.At) })
	es := make([]web.Event, len(hs))
	for i, h := range hs {
		es[i] = web.Event{Text: i18n.T(ctx, "investment.history."+h.Code, h.Args...), At: h.At.In(calendar.Zone).Format("15:04, 02/01/2006"), Done: true}
	}
	return es, nil
}

func (s *Service) names(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	out := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var people []struct {
		ID   uuid.UUID `bun:"type:uuid"`
		Name string
	}
	if err := storage.Joined(ctx, s.db).NewSelect().TableExpr("users AS u").ColumnExpr("u.id, u.name").Where("u.id IN (?)", bun.List(ids)).Scan(ctx, &people); err != nil {
		return nil, fmt.Errorf("names of the fund's people: %w", err)
	}
	for _, p := range people {
		out[p.ID] = p.Name
	}
	return out, nil
}
