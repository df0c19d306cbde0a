package review

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/proposal"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type conflictsPage struct {
	web.Base
	Subjects []Subject
	Open     int // not yet answered
}

func (h handler) conflicts(ctx context.Context, r web.Req) (*conflictsPage, error) {
	subjects, err := h.s.subjects(ctx, storage.Joined(ctx, h.s.db), access.From(ctx).ID)
	p := &conflictsPage{Subjects: subjects}
	for _, s := range subjects {
		if s.Declared == nil {
			p.Open++
		}
	}
	return p, err
}

type answerIn struct {
	Kind   string    `form:"kind" json:"kind"`
	ID     uuid.UUID `form:"id" json:"id"`
	Answer string    `form:"answer" json:"answer"` // none, conflict, or empty for not yet
	Ground string    `form:"ground" json:"ground"`
}

type declareIn struct {
	Answers []answerIn `form:"answers" json:"answers" kb:"max=300"`
}

func (h handler) declare(ctx context.Context, r web.Req, in declareIn) (web.Done, struct{}, error) {
	var answers []Answer
	for _, a := range in.Answers {
		if a.Answer == "none" || a.Answer == "conflict" {
			answers = append(answers, Answer{Kind: a.Kind, ID: a.ID, Conflict: a.Answer == "conflict", Ground: a.Ground})
		}
	}
	return web.Done{Location: "/conflicts", Notice: "review.declared_notice"}, struct{}{}, h.s.Declare(ctx, answers...)
}

type imposeIn struct {
	Person  uuid.UUID `form:"person" json:"person" kb:"required"`
	Kind    string    `form:"kind" json:"kind" kb:"required"`
	Subject uuid.UUID `form:"subject" json:"subject" kb:"required"`
	Ground  string    `form:"ground" json:"ground" kb:"required"`
}

func (h handler) impose(ctx context.Context, r web.Req, in imposeIn) (web.Done, struct{}, error) {
	err := h.s.Impose(ctx, in.Person, Answer{Kind: in.Kind, ID: in.Subject, Conflict: true, Ground: in.Ground})
	return web.Done{Location: "/proposals/" + in.Subject.String() + "/assignments", Notice: "review.imposed_notice"}, struct{}{}, err
}

type assignPage struct {
	web.Base
	Proposal   *proposal.Proposal
	Rows       []Assignment
	CanApprove map[uuid.UUID]bool
	CanPropose bool
	CanImpose  bool
	Readers    []web.Option
	Parts      []web.Option
}

// assignments lists the readers of one dossier for the office.
func (h handler) assignments(ctx context.Context, r web.Req) (*assignPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.s.db)
	p := &assignPage{CanApprove: map[uuid.UUID]bool{}, Proposal: new(proposal.Proposal)}
	q := db.NewSelect().Model(p.Proposal).Where("p.id = ?", id)
	if err := found(h.s.access.Scope(ctx, q, "proposal", "read", "proposal").Scan(ctx), "proposal", id); err != nil {
		return nil, err
	}
	p.CanPropose = h.s.access.Can(ctx, db, "review_assignment", "propose", p.Proposal)
	if !p.CanPropose && !h.s.access.Can(ctx, db, "eligibility_check", "decide", p.Proposal) {
		return nil, errs.ErrNotFound // the page is the office's: a reader sees /reviews
	}
	q = db.NewSelect().Model(&p.Rows).Where("ra.proposal_id = ?", id).OrderExpr("ra.proposed_at, ra.id")
	if err := h.s.access.Scope(ctx, q, "review_assignment", "read", "review_assignment").Scan(ctx); err != nil {
		return nil, err
	}
	for i := range p.Rows {
		p.CanApprove[p.Rows[i].ID] = p.Rows[i].Status == Proposed && h.s.access.Can(ctx, db, "review_assignment", "approve", &p.Rows[i])
	}
	_, refused := h.s.access.RequireRole(ctx, "coi_declaration", "resolve")
	p.CanImpose = refused == nil
	for _, v := range []string{"reader", "critic"} {
		p.Parts = append(p.Parts, web.Option{Value: v, Label: i18n.T(ctx, "review.part."+v)})
	}
	p.Readers, err = readers(ctx, db)
	return p, err
}

// readers are the people who may be asked for a sheet, by name.
func readers(ctx context.Context, db bun.IDB) ([]web.Option, error) {
	var rows []struct {
		ID   uuid.UUID
		Name string
	}
	err := db.NewRaw(`SELECT DISTINCT u.id, u.name FROM users u JOIN role_grants g ON g.user_id = u.id
		WHERE u.disabled_at IS NULL AND g.role IN ('reviewer', 'council_member') AND g.valid_from <= kb.now()
		AND (g.valid_to IS NULL OR g.valid_to > kb.now()) ORDER BY u.name`).Scan(ctx, &rows)
	out := make([]web.Option, len(rows))
	for i, r := range rows {
		out[i] = web.Option{Value: r.ID.String(), Label: r.Name}
	}
	return out, err
}

type proposeIn struct {
	Reader uuid.UUID     `form:"reader" json:"reader" kb:"required"`
	Part   string        `form:"part" json:"part" kb:"required"`
	DueOn  calendar.Date `form:"due_on" json:"due_on" kb:"required"`
}

func (h handler) propose(ctx context.Context, r web.Req, in proposeIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil && in.Part != "reader" && in.Part != "critic" {
		err = errs.FieldError("part", "review.part_unknown")
	}
	if err == nil {
		_, err = h.s.Propose(ctx, Task{Proposal: id, Reader: in.Reader, Part: in.Part, DueOn: in.DueOn})
	}
	return web.Done{Location: "/proposals/" + id.String() + "/assignments", Notice: "review.proposed_notice"}, struct{}{}, err
}

type nothing struct{}

func (h handler) approve(ctx context.Context, r web.Req, in nothing) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	if err := h.s.Approve(ctx, id); err != nil {
		return web.Done{}, struct{}{}, err
	}
	var dossier uuid.UUID
	err = storage.Joined(ctx, h.s.db).NewSelect().Model((*Assignment)(nil)).Column("proposal_id").Where("ra.id = ?", id).Scan(ctx, &dossier)
	return web.Done{Location: "/proposals/" + dossier.String() + "/assignments", Notice: "review.approved_notice"}, struct{}{}, err
}

func (h handler) accept(ctx context.Context, r web.Req, in nothing) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.s.Accept(ctx, id)
	}
	return web.Done{Location: "/reviews", Notice: "review.accepted_notice"}, struct{}{}, err
}

type declineIn struct {
	Reason string `form:"reason" json:"reason" kb:"required"`
}

func (h handler) decline(ctx context.Context, r web.Req, in declineIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.s.Decline(ctx, id, in.Reason)
	}
	return web.Done{Location: "/reviews", Notice: "review.declined_notice"}, struct{}{}, err
}

// Tasks lists what waits for the subject of ctx: declarations, answers to assignments, sheets to send.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	db, me := storage.Joined(ctx, s.db), access.From(ctx)
	var tasks []web.Task
	if _, err := s.access.RequireRole(ctx, "coi_declaration", "create"); err == nil {
		subjects, err := s.subjects(ctx, db, me.ID)
		if err != nil {
			return nil, err
		}
		open := 0
		for _, sub := range subjects {
			if sub.Declared == nil {
				open++
			}
		}
		if open > 0 {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "review.task_declare", open), Href: "/conflicts", Action: i18n.T(ctx, "review.declare")})
		}
	}
	rows, err := s.mine(ctx, db, me.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		switch {
		case r.Status == Approved:
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "review.task_answer", r.Code), Detail: r.TitleVI, Href: "/reviews",
				Action: i18n.T(ctx, "review.answer"), Due: r.DueOn.Start()})
		case r.Status == Accepted && r.SheetID != nil:
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "review.task_score", r.Code), Detail: r.TitleVI,
				Href: "/reviews/" + r.SheetID.String(), Action: i18n.T(ctx, "review.score"), Due: r.DueOn.AddDays(1).Start()})
		}
	}
	return s.approvals(ctx, db, tasks)
}

func (s *Service) approvals(ctx context.Context, db bun.IDB, tasks []web.Task) ([]web.Task, error) {
	if _, err := s.access.RequireRole(ctx, "review_assignment", "approve"); err != nil {
		return tasks, nil // not a role that approves readers
	}
	var as []Assignment
	q := db.NewSelect().Model(&as).Where("ra.status = ?", Proposed).OrderExpr("ra.proposed_at")
	if err := s.access.Scope(ctx, q, "review_assignment", "read", "review_assignment").Scan(ctx); err != nil {
		return nil, err
	}
	for i := range as {
		if s.access.Can(ctx, db, "review_assignment", "approve", &as[i]) {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "review.task_approve", as[i].ReviewerName),
				Href: "/proposals/" + as[i].ProposalID.String() + "/assignments", Action: i18n.T(ctx, "review.approve")})
		}
	}
	return tasks, nil
}
