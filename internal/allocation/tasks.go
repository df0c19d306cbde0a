package allocation

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

func (w row) rankText() string {
	if w.Rank == 0 {
		return ""
	}
	return strconv.Itoa(w.Rank)
}

// setOfCall is the id of the award set of a call, nil when there is none.
func setOfCall(ctx context.Context, db bun.IDB, call uuid.UUID) (*uuid.UUID, error) {
	var id uuid.UUID
	err := found(db.NewSelect().Model((*AwardSet)(nil)).Column("id").Where("aws.call_id = ?", call).Scan(ctx, &id), "award set of call", call)
	if errs.From(err).Is(errs.ErrNotFound) {
		return nil, nil
	}
	return &id, err
}

// Tasks lists what waits for the subject of ctx: rankings to finalise, sets to make, propose, appraise, confirm,
// decide and publish.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	db := storage.Joined(ctx, s.db)
	var tasks []web.Task
	if _, err := s.access.RequireRole(ctx, "ranking", "read"); err == nil {
		if err := s.rankingTasks(ctx, db, &tasks); err != nil {
			return nil, err
		}
	}
	if staff(ctx) != nil {
		return tasks, nil
	}
	var sets []AwardSet
	q := db.NewSelect().Model(&sets).Where("aws.status <> ?", Published).OrderExpr("aws.id")
	if err := s.access.Scope(ctx, q, "award", "read", "award_set").Scan(ctx); err != nil {
		return nil, err
	}
	for i := range sets {
		a := next[sets[i].Status]
		if !s.access.Can(ctx, db, "award", a, &sets[i]) {
			continue
		}
		code, err := callCode(ctx, db, sets[i].CallID)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "allocation.task_"+a, code), Href: "/award-sets/" + sets[i].ID.String(),
			Action: i18n.T(ctx, "allocation.action_"+a)})
	}
	return tasks, nil
}

func (s *Service) rankingTasks(ctx context.Context, db bun.IDB, tasks *[]web.Task) error {
	var rs []Ranking
	q := db.NewSelect().Model(&rs).Where("rk.put_forward_at IS NULL").
		Where("NOT EXISTS (SELECT 1 FROM award_sets x WHERE x.call_id = rk.call_id)").
		Where("NOT EXISTS (SELECT 1 FROM proposals p WHERE p.call_id = rk.call_id AND p.status IN ('eligible', 'under_review'))")
	if err := s.access.Scope(ctx, q, "ranking", "read", "ranking").Scan(ctx); err != nil {
		return err
	}
	for i := range rs {
		name := ""
		switch {
		case rs[i].Status == Computed && s.access.Can(ctx, db, "ranking", "finalise", &rs[i]):
			name = "finalise"
		case rs[i].Status == Finalised && s.access.Can(ctx, db, "award", "draft", &rs[i]):
			name = "draft"
		default:
			continue
		}
		code, err := callCode(ctx, db, rs[i].CallID)
		if err != nil {
			return err
		}
		*tasks = append(*tasks, web.Task{Title: i18n.T(ctx, "allocation.task_"+name, code),
			Href: "/councils/" + rs[i].CouncilID.String() + "/ranking", Action: i18n.T(ctx, "allocation.action_"+name)})
	}
	return nil
}

func callCode(ctx context.Context, db bun.IDB, id uuid.UUID) (code string, err error) {
	err = db.NewSelect().Table("calls").Column("code").Where("id = ?", id).Scan(ctx, &code)
	return code, found(err, "call", id)
}
