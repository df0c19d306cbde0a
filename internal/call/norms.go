package call

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// ProposeNorm puts a norm of one content before the head of the department.
func (s *Service) ProposeNorm(ctx context.Context, t NormTyped) (*Norm, error) {
	n := &Norm{ID: uuid.New(), Status: NormProposed}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "cost_norm", "propose", access.Ref{Kind: "unit", ID: access.UnitScience})
		if err != nil {
			return err
		}
		if err := n.Describe(t); err != nil {
			return err
		}
		if err := known(ctx, tx, "content", t.Content); err != nil {
			return err
		}
		n.ManagingUnitID, n.ProposedBy, n.ProposedAt = actor.Unit, actor.ID, storage.Now(ctx)
		if _, err := tx.NewInsert().Model(n).Exec(ctx); err != nil {
			return fmt.Errorf("propose norm of content %s: %w", n.Content, err)
		}
		if err := access.Step(ctx, tx, n, "prepare", actor); err != nil {
			return err
		}
		return s.recordNorm(ctx, tx, n, "propose", actor)
	})
	return n, err
}

// DecideNorm approves a proposed norm or refuses it with a remark; whoever proposed it does not.
func (s *Service) DecideNorm(ctx context.Context, id uuid.UUID, approve bool, remark string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		n := new(Norm)
		err := tx.NewSelect().Model(n).Where("cn.id = ?", id).For("UPDATE").Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("lock norm %s: %w", id, err)
		}
		actor, err := s.access.Require(ctx, tx, "cost_norm", "decide", n)
		if err != nil {
			return err
		}
		if err := n.Decide(approve, remark, actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(n).Column("status", "remark", "decided_by", "decided_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("decide norm %s: %w", id, err)
		}
		if err := access.ClearSteps(ctx, tx, n); err != nil {
			return err
		}
		return s.recordNorm(ctx, tx, n, n.Status, actor)
	})
}

// normShown is what an audit row keeps of a norm.
type normShown struct {
	Content, Kind, Status, Source string
	CapUnit, CapYear, MaxShare    string // "" for none
	Beneficiaries                 int
	ValidFrom, ValidTo            string
	Verified                      bool
}

func (s *Service) recordNorm(ctx context.Context, tx bun.IDB, n *Norm, act string, actor access.Actor) error {
	shown := normShown{Content: n.Content, Kind: n.Kind, Status: n.Status, Source: n.Source, Beneficiaries: n.Beneficiaries,
		ValidFrom: n.ValidFrom.String(), Verified: n.Verified}
	if n.CapUnit != nil {
		shown.CapUnit = n.CapUnit.String()
	}
	if n.CapYear != nil {
		shown.CapYear = n.CapYear.String()
	}
	if n.MaxShare != nil {
		shown.MaxShare = n.MaxShare.String()
	}
	if !n.ValidTo.IsZero() {
		shown.ValidTo = n.ValidTo.String()
	}
	return audit.Record(ctx, tx, audit.Event{Act: "cost_norm." + act, Actor: actor.ID, Role: string(actor.Role),
		Kind: "cost_norm", Object: n.ID, Label: n.Content, After: shown, Reason: n.Remark})
}

// known refuses codes that are no content of the plan; field names the input, with its place when there are several.
func known(ctx context.Context, db bun.IDB, field string, codes ...string) error {
	var all []string
	if err := db.NewSelect().Model((*Content)(nil)).Column("sc.code").Scan(ctx, &all); err != nil {
		return fmt.Errorf("contents of the plan: %w", err)
	}
	for i, code := range codes {
		at := field
		if len(codes) > 1 {
			at += "[" + strconv.Itoa(i) + "]"
		}
		found := false
		for _, x := range all {
			found = found || x == code
		}
		if !found {
			return errs.FieldError(at, "call.choose")
		}
	}
	return nil
}

// Contents lists what the plan supports, in its order.
func (s *Service) Contents(ctx context.Context) (cs []Content, err error) {
	err = storage.Joined(ctx, s.db).NewSelect().Model(&cs).OrderExpr("sc.code").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("contents of the plan: %w", err)
	}
	return cs, nil
}

// normsPage is what the plan supports with the norms of each content; the office sees those that wait and were refused.
type normsPage struct {
	web.Base
	Groups     []contentGroup
	Contents   []web.Option
	Kinds      []web.Option
	CanPropose bool
}

type contentGroup struct {
	No       int
	Contents []contentLine
}

type contentLine struct {
	Content
	Norms []normLine
}

type normLine struct {
	Norm
	CanDecide bool
}

func (h handler) norms(ctx context.Context, r web.Req) (*normsPage, error) {
	p := &normsPage{}
	_, err := h.access.RequireRole(ctx, "cost_norm", "propose")
	p.CanPropose = err == nil
	_, err = h.access.RequireRole(ctx, "cost_norm", "decide")
	decides := err == nil
	var norms []Norm
	q := storage.Joined(ctx, h.db).NewSelect().Model(&norms).OrderExpr("cn.content, cn.valid_from DESC, cn.proposed_at DESC")
	if !p.CanPropose && !decides {
		q = q.Where("cn.status = ?", NormApproved)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("norms: %w", err)
	}
	contents, err := h.Contents(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range contents {
		line := contentLine{Content: c}
		for _, n := range norms {
			if n.Content == c.Code {
				line.Norms = append(line.Norms, normLine{n, decides && n.Status == NormProposed && h.access.Can(ctx, h.db, "cost_norm", "decide", &n)})
			}
		}
		if last := len(p.Groups) - 1; last < 0 || p.Groups[last].No != c.Group {
			p.Groups = append(p.Groups, contentGroup{No: c.Group})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Contents = append(g.Contents, line)
		p.Contents = append(p.Contents, web.Option{Value: c.Code, Label: c.Code + " " + web.Pick(r.Lang(), c.NameVI, c.NameEN)})
	}
	for _, k := range SupportKinds {
		p.Kinds = append(p.Kinds, web.Option{Value: k, Label: i18n.T(ctx, "call.support."+k)})
	}
	return p, nil
}

type normOut struct {
	ID      uuid.UUID `json:"id"`
	Content string    `json:"content"`
	Status  string    `json:"status"`
}

func (h handler) proposeNorm(ctx context.Context, _ web.Req, in NormTyped) (web.Done, normOut, error) {
	n, err := h.ProposeNorm(ctx, in)
	if err != nil {
		return web.Done{}, normOut{}, err
	}
	return web.Done{Location: "/cost-norms", Notice: "call.norm_proposed"}, normOut{n.ID, n.Content, n.Status}, nil
}

type decideNormIn struct {
	Answer string `form:"answer" json:"answer" kb:"required,max=10"` // approve or refuse
	Remark string `form:"remark" json:"remark" kb:"max=1000"`
}

func (h handler) decideNorm(ctx context.Context, r web.Req, in decideNormIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.DecideNorm(ctx, id, in.Answer == "approve", in.Remark)
	}
	return web.Done{Location: "/cost-norms", Notice: "call.norm_decided_now"}, struct{}{}, err
}
