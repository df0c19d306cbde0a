package review

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// subjects lists what a person is asked to declare on: dossiers assigned to them, dossiers before a council they
// sit in, calls their office runs, and what other rooms ask.
func (s *Service) subjects(ctx context.Context, db bun.IDB, person uuid.UUID) ([]Subject, error) {
	var all []Subject
	err := db.NewRaw(`
		SELECT 'proposal' AS kind, p.id, p.code, p.title_vi, p.title_en, o.name AS org_name
		FROM proposals p JOIN organisations o ON o.id = p.organisation_id
		WHERE p.status NOT IN ('draft', 'submitted', 'screening', 'supplement_requested', 'ineligible', 'withdrawn')
		  AND (EXISTS (SELECT 1 FROM review_assignments a WHERE a.proposal_id = p.id AND a.reviewer_id = ? AND a.status <> 'proposed')
		    OR EXISTS (SELECT 1 FROM access_ties t WHERE t.kind = 'seat' AND t.subject_id = ? AND t.object_kind = 'call'
		       AND t.object_id = p.call_id AND t.valid_to IS NULL))
		ORDER BY p.code`, person, person).Scan(ctx, &all)
	if err != nil {
		return nil, err
	}
	var calls []Subject
	err = db.NewRaw(`
		SELECT 'call' AS kind, c.id, c.code, c.title_vi, c.title_en, '' AS org_name FROM calls c
		WHERE c.status NOT IN ('draft', 'archived') AND EXISTS (SELECT 1 FROM role_grants g WHERE g.user_id = ?
		  AND g.role IN ('programme_officer', 'department_head') AND g.unit_id = c.managing_unit_id
		  AND g.valid_from <= kb.now() AND (g.valid_to IS NULL OR g.valid_to > kb.now()))
		ORDER BY c.code DESC`, person).Scan(ctx, &calls)
	if err != nil {
		return nil, err
	}
	all = append(all, calls...)
	for _, ask := range s.asked {
		more, err := ask(ctx, db, person)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if all, err = withAnswers(ctx, db, person, unique(all)); err != nil {
		return nil, err
	}
	return s.unhidden(ctx, db, all)
}

// unhidden drops subjects that a conflict hides from the subject of ctx; what they declared themselves they may read.
func (s *Service) unhidden(ctx context.Context, db bun.IDB, all []Subject) ([]Subject, error) {
	byKind := map[string][]uuid.UUID{}
	for _, a := range all {
		byKind[a.Kind] = append(byKind[a.Kind], a.ID)
	}
	free := map[uuid.UUID]bool{}
	for kind, ids := range byKind {
		left, err := s.access.FreeOf(ctx, db, kind, ids)
		if err != nil {
			return nil, err
		}
		for _, id := range left {
			free[id] = true
		}
	}
	return slices.DeleteFunc(all, func(a Subject) bool { return !free[a.ID] && !(a.InConflict() && !a.imposed) }), nil
}

func unique(all []Subject) []Subject {
	seen := map[uuid.UUID]bool{}
	var out []Subject
	for _, a := range all {
		if !seen[a.ID] {
			seen[a.ID] = true
			out = append(out, a)
		}
	}
	return out
}

func withAnswers(ctx context.Context, db bun.IDB, person uuid.UUID, all []Subject) ([]Subject, error) {
	var ds []Declaration
	if err := db.NewSelect().Model(&ds).Where("coi.person_id = ?", person).OrderExpr("coi.conflict").Scan(ctx); err != nil {
		return nil, err
	}
	for i := range all {
		for _, d := range ds {
			if d.SubjectID == all[i].ID {
				yes := d.Conflict
				all[i].Declared, all[i].Ground, all[i].imposed = &yes, d.Ground, d.ImposedBy != nil
			}
		}
	}
	return all, nil
}

// Row is one assignment on a list. Names of the organisation are left out: the reader is blind to them.
type Row struct {
	bun.BaseModel `bun:"table:review_assignments,alias:ra"`
	Assignment    `bun:",extend"`
	SheetID       *uuid.UUID
	Code          string
	TitleVI       string
	TitleEN       string
	CallCode      string
	Total         *int
	Declared      bool
}

func (s *Service) mine(ctx context.Context, db bun.IDB, person uuid.UUID) ([]Row, error) {
	var rows []Row
	return rows, s.forReader(ctx, db, person, &rows).OrderExpr("ra.due_on, p.code").Scan(ctx)
}

var sorts = web.Sorts{"due_on": "ra.due_on", "code": "p.code", "status": "ra.status"}

// page is one page of a person's assignments or, with Size 0, all of the filter.
func (s *Service) page(ctx context.Context, db bun.IDB, person uuid.UUID, l *web.List) ([]Row, error) {
	rows := []Row{}
	q := s.forReader(ctx, db, person, &rows)
	if v := l.Filter["status"]; v != "" {
		q = q.Where("ra.status = ?", v)
	}
	if l.Q != "" {
		q = q.Where("kb.fold(p.code || ' ' || p.title_vi || ' ' || p.title_en || ' ' || c.code) LIKE kb.fold(?)", text.Pattern(l.Q))
	}
	return rows, web.Fetch(ctx, l, q, sorts, "ra.id")
}

// forReader selects what a person was asked to read, without what a conflict hides from them since.
func (s *Service) forReader(ctx context.Context, db bun.IDB, person uuid.UUID, rows *[]Row) *bun.SelectQuery {
	q := db.NewSelect().Model(rows).ColumnExpr("ra.*").
		ColumnExpr("rs.id AS sheet_id, rs.total, p.code, p.title_vi, p.title_en, c.code AS call_code").
		ColumnExpr("EXISTS (SELECT 1 FROM coi_declarations d WHERE d.person_id = ra.reviewer_id AND d.subject_id = ra.proposal_id AND NOT d.conflict) AS declared").
		Join("JOIN proposals AS p ON p.id = ra.proposal_id").Join("JOIN calls AS c ON c.id = ra.call_id").
		Join("LEFT JOIN review_sheets AS rs ON rs.assignment_id = ra.id").
		Where("ra.reviewer_id = ?", person).Where("ra.status <> ?", Proposed)
	return s.access.Free(ctx, q, "review_assignment")
}

// Late says that the sheet's last day has passed.
func (r Row) Late(today calendar.Date) bool { return r.DueOn.Before(today) }

// SheetsOf gives the sent sheets of a dossier, without access checks, for rooms that made their own.
func SheetsOf(ctx context.Context, db bun.IDB, proposal uuid.UUID) ([]Sheet, error) {
	var ss []Sheet
	err := db.NewSelect().Model(&ss).Where("rs.proposal_id = ?", proposal).Where("rs.submitted_at IS NOT NULL").OrderExpr("rs.submitted_at, rs.id").Scan(ctx)
	return ss, err
}

// SheetBy gives the sheet of one person on a dossier with its scores, sent or not; errs.ErrNotFound when there is none.
func SheetBy(ctx context.Context, db bun.IDB, proposal, person uuid.UUID) (*Sheet, error) {
	s := new(Sheet)
	err := db.NewSelect().Model(s).Where("rs.proposal_id = ?", proposal).Where("rs.reviewer_id = ?", person).Scan(ctx)
	if err = found(err, "sheet", proposal); err != nil {
		return nil, err
	}
	return s, loadScores(ctx, db, s)
}
