package call

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// Copy drafts a call of what an officer typed over an earlier call that the officer may read. The form of the earlier call
// comes along with the keys of its questions; dates are typed anew.
func (s *Service) Copy(ctx context.Context, from string, d Details) (*Call, error) {
	source, err := s.Read(ctx, from)
	if err != nil {
		return nil, err
	}
	return s.draft(ctx, d, source)
}

// copied is what an audit row keeps of where a call was copied from.
type copied struct {
	From     string
	FromForm string // sha256 of the form taken over, "" for none
}

// takeOver gives c the form of from and records where it came from.
func (s *Service) takeOver(ctx context.Context, tx bun.IDB, c, from *Call, actor access.Actor) error {
	row, err := FormOf(ctx, tx, from.ID)
	if err == nil && row == nil {
		row, err = formInWork(ctx, tx, from.ID) // of a draft
	}
	if err != nil {
		return err
	}
	was := copied{From: from.Code}
	if row != nil {
		was.FromForm = row.Digest
		row.ID, row.CallID, row.Number, row.Status, row.MadeBy, row.MadeAt = uuid.New(), c.ID, 1, FormDraft, actor.ID, storage.Now(ctx)
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return fmt.Errorf("copy the form of call %s to %s: %w", from.Code, c.Code, err)
		}
	}
	return audit.Record(ctx, tx, audit.Event{Act: "call.copy", Actor: actor.ID, Role: string(actor.Role),
		Kind: "call", Object: c.ID, Label: c.Code, After: was})
}

// again opens the page of a new call with everything of an earlier one but its dates.
func (h handler) again(ctx context.Context, r web.Req) (*editPage, error) {
	from, err := h.Read(ctx, r.Param("code"))
	if err != nil {
		return nil, err
	}
	d := from.details()
	d.OpensAt, d.ClosesAt, d.ReferenceDate, d.Version = time.Time{}, time.Time{}, calendar.Date{}, 0
	p, err := h.editor(ctx, r, nil, d)
	if err != nil {
		return nil, err
	}
	p.From, p.Action, p.Back = from, "/calls/"+from.Code+"/copy", "/calls/"+from.Code
	return p, nil
}

func (h handler) copy(ctx context.Context, r web.Req, in Details) (web.Done, callOut, error) {
	c, err := h.Copy(ctx, r.Param("code"), in)
	if err != nil {
		return web.Done{}, callOut{}, err
	}
	return web.Done{Location: "/calls/" + c.Code, Notice: "call.copied"}, c.out(), nil
}
