package council

import (
	"context"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// replacementRow is a replacement on the page of its council.
type replacementRow struct {
	Replacement
	CanApprove bool
}

// fillReplacements adds to the page of a council who replaces its secretary, and the form that puts one forward.
func (h handler) fillReplacements(ctx context.Context, p *showPage) error {
	db := storage.Joined(ctx, h.s.db)
	rs, err := h.s.replacements(ctx, db, p.Council.ID)
	if err != nil {
		return err
	}
	for i := range rs {
		can := rs[i].Status == ReplacementProposed && h.s.access.Can(ctx, db, "council", "replace_secretary", &rs[i])
		p.Replacements = append(p.Replacements, replacementRow{rs[i], can})
	}
	if p.Council.Status != Established || h.s.sources[p.Council.kindOf()] == nil || !h.s.access.Can(ctx, db, "council", "propose_secretary", p.Council) {
		return nil
	}
	waiting, err := h.s.waiting(ctx, db, p.Council)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		p.Subjects = append(p.Subjects, web.Option{Value: w.ID.String(), Label: w.Code + " · " + web.Pick(i18n.From(ctx), w.TitleVI, w.TitleEN)})
	}
	people, err := h.s.replacing(ctx, db, p.Council)
	p.Replacing = options(people)
	return err
}

type replaceIn struct {
	Subject uuid.UUID `form:"subject" json:"subject" kb:"required"`
	Person  uuid.UUID `form:"person" json:"person" kb:"required"`
	Reason  string    `form:"reason" json:"reason" kb:"required"`
}

func (h handler) replace(ctx context.Context, r web.Req, in replaceIn) (web.Done, createdOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, createdOut{}, err
	}
	rep, err := h.s.Replace(ctx, id, NewReplacement(in))
	if err != nil {
		return web.Done{}, createdOut{}, err
	}
	to := "/councils/" + id.String()
	if _, err := h.s.access.RequireRole(ctx, "council", "read"); err != nil {
		to = "/inbox"
	}
	return web.Done{Location: to, Notice: "council.replacement_proposed"}, createdOut{rep.ID}, nil
}

type replacementIn struct {
	Version    int           `form:"version" json:"version"`
	DocumentNo string        `form:"document_no" json:"document_no" kb:"required"`
	DecidedOn  calendar.Date `form:"decided_on" json:"decided_on" kb:"required"`
}

func (h handler) approveReplacement(ctx context.Context, r web.Req, in replacementIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	rep, err := h.s.ApproveReplacement(ctx, id, in.Version, in.DocumentNo, in.DecidedOn)
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/councils/" + rep.CouncilID.String(), Notice: "council.replacement_approved"}, struct{}{}, nil
}

// replacementTasks are the replacements the subject of ctx may decide on.
func (s *Service) replacementTasks(ctx context.Context, tasks *[]web.Task) error {
	if _, err := s.access.RequireRole(ctx, "council", "replace_secretary"); err != nil {
		return nil // not a role that decides on them
	}
	db := storage.Joined(ctx, s.db)
	var rs []Replacement
	q := db.NewSelect().Model(&rs).Where("cr.status = ?", ReplacementProposed).OrderExpr("cr.proposed_at, cr.id")
	if err := s.access.Free(ctx, q, "council_replacement").Scan(ctx); err != nil {
		return err
	}
	for i := range rs {
		if s.access.Can(ctx, db, "council", "replace_secretary", &rs[i]) {
			*tasks = append(*tasks, web.Task{Title: i18n.T(ctx, "council.task_replace", rs[i].Code), Href: "/councils/" + rs[i].CouncilID.String(),
				Action: i18n.T(ctx, "council.replacement_approve")})
		}
	}
	return nil
}
