package budget

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// bureau is an office with everybody an estimate passes through.
type bureau struct {
	*office
	drafter, head, leader context.Context
}

func openBureau(t *testing.T) *bureau {
	o := open(t)
	as := func(r access.Role) context.Context {
		return accesstest.As(t, t.Context(), o.db, accesstest.Person{Roles: []access.Role{r}})
	}
	o.svc.NameGroups(plan151{})
	return &bureau{office: o, drafter: as(access.ProgrammeOfficer), head: as(access.DepartmentHead), leader: as(access.ProvinceLeader)}
}

// plan151 are two activity groups.
type plan151 struct{}

func (plan151) Groups(context.Context, bun.IDB) ([]Group, error) {
	return []Group{{"CT4", "Ươm tạo", "Incubation"}, {"CT5", "Tăng tốc", "Acceleration"}}, nil
}

func task(name, source, group string, asked int64) RowInput {
	unit := access.UnitScience
	return RowInput{TaskVI: name, TaskEN: name + " (en)", SourceCode: source, ProgrammeCode: group, Asked: money.VND(asked), Explanation: "theo kế hoạch",
		Dims: Dims{UnitID: &unit}}
}

// draft opens the estimate of 2027 with rows.
func (b *bureau) draft(t *testing.T, rows ...RowInput) *Estimate {
	t.Helper()
	e, err := b.svc.DraftEstimate(b.drafter, 2027, 0, "Dự toán năm 2027")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 {
		if _, err := b.svc.AddRows(b.drafter, e.ID, rows); err != nil {
			t.Fatal(err)
		}
	}
	return b.fresh(t, e)
}

func (b *bureau) fresh(t *testing.T, e *Estimate) *Estimate {
	t.Helper()
	e, err := GetEstimate(t.Context(), b.db, e.Year, e.Round)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// appraised brings an estimate to the chief accountant, every row as asked.
func (b *bureau) appraised(t *testing.T, e *Estimate) *Estimate {
	t.Helper()
	if err := b.svc.Consolidate(b.head, e.ID, e.Version, "12/TTr-SKHCN"); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	var answers []RowAppraisal
	for _, r := range e.Rows {
		answers = append(answers, RowAppraisal{r.ID, r.Asked, ""})
	}
	if err := b.svc.Appraise(b.officer, e.ID, e.Version, answers, "34/STC-TĐ"); err != nil {
		t.Fatal(err)
	}
	return b.fresh(t, e)
}

func (b *bureau) confirmed(t *testing.T, e *Estimate) *Estimate {
	t.Helper()
	e = b.appraised(t, e)
	if err := b.svc.ConfirmAppraisal(b.chief, e.ID, e.Version); err != nil {
		t.Fatal(err)
	}
	return b.fresh(t, e)
}

func TestEstimateFromDraftToLines(t *testing.T) {
	b := openBureau(t)
	e := b.draft(t, task("Ươm tạo", StateBudget, "CT4", 600), task("Tăng tốc", StateBudget, "CT5", 900), task("Vườn ươm", Sponsorship, "CT4", 400))
	if got := []string{e.Rows[0].Code, e.Rows[1].Code, e.Rows[2].Code}; strings.Join(got, " ") != "NS.CT4.01 NS.CT5.01 TT.CT4.01" {
		t.Errorf("codes %v", got)
	}
	if err := b.svc.Consolidate(b.head, e.ID, e.Version, "12/TTr-SKHCN"); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	if err := b.svc.Appraise(b.officer, e.ID, e.Version, []RowAppraisal{{e.Rows[0].ID, money.VND(500), "giảm theo mặt bằng"}}, ""); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	err := b.svc.Appraise(b.officer, e.ID, e.Version, nil, "34/STC-TĐ")
	if x := errs.From(err); !errors.Is(err, ErrNotAppraised) || x.Args[0] != 2 {
		t.Fatalf("two rows without an answer = %v %v", err, x.Args)
	}
	if err := b.svc.Appraise(b.officer, e.ID, e.Version, []RowAppraisal{{e.Rows[1].ID, money.VND(900), ""}, {e.Rows[2].ID, money.VND(0), "chưa có cam kết tài trợ"}}, "34/STC-TĐ"); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	if err := b.svc.Assign(b.leader, e.ID, e.Version, "2406/QĐ-UBND", decided); !errors.Is(err, ErrEstimateState) {
		t.Errorf("assigned before the confirmation = %v", err)
	}
	if err := b.svc.ConfirmAppraisal(b.chief, e.ID, e.Version); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	if err := b.svc.Assign(b.leader, e.ID, e.Version, "2406/QĐ-UBND", decided); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	if e.Status != EstimateAssigned || e.Rows[0].LineID == nil || e.Rows[2].LineID != nil {
		t.Fatalf("assigned estimate %+v", e)
	}
	tree, err := b.svc.Tree(b.officer, 2027)
	if err != nil || len(tree.Roots) != 1 || len(tree.Roots[0].Children) != 2 {
		t.Fatalf("tree %+v, %v", tree, err)
	}
	leaf := tree.Roots[0].Children[0].Children[0]
	if leaf.Line.Code != "NS.CT4.01" || !leaf.Own.Available.Equal(money.VND(500)) || !tree.Total.Authorised.Equal(money.VND(1400)) ||
		tree.Roots[0].Children[0].Line.NameVI != "Ươm tạo" {
		t.Errorf("leaf %+v of %+v", leaf, tree.Total)
	}
	list, err := versions(t.Context(), b.db, e.ID)
	if err != nil || len(list) != 4 || list[0].Act != "assign" || !list[0].Total.Equal(money.VND(1400)) {
		t.Fatalf("versions %+v, %v", list, err)
	}
	c, err := b.svc.Compare(t.Context(), b.db, e, 1, 2)
	if err != nil || !c.Before.Equal(money.VND(1900)) || !c.Delta().Equal(money.VND(-500)) || c.Rows[0].Kind() != "changed" || c.Rows[1].Kind() != "same" {
		t.Errorf("comparison %+v, %v", c, err)
	}
	verified(t, b.db)
}

func verified(t *testing.T, db *bun.DB) {
	t.Helper()
	checks, err := ledger.Verify(t.Context(), db, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Break != "" {
			t.Errorf("%s: %s", c.Code, c.Break)
		}
	}
}

// TestSupplement gives more to lines that stand, and refuses a line of other dimensions.
func TestSupplement(t *testing.T) {
	b := openBureau(t)
	e := b.confirmed(t, b.draft(t, task("Ươm tạo", StateBudget, "CT4", 600)))
	if err := b.svc.Assign(b.leader, e.ID, e.Version, "1/QĐ-UBND", decided); err != nil {
		t.Fatal(err)
	}
	more, err := b.svc.DraftEstimate(b.drafter, 2027, 1, "Bổ sung")
	if err != nil {
		t.Fatal(err)
	}
	again := task("Ươm tạo", StateBudget, "CT4", 50)
	again.Code = "NS.CT4.01"
	if _, err := b.svc.AddRows(b.drafter, more.ID, []RowInput{again}); err != nil {
		t.Fatal(err)
	}
	more = b.confirmed(t, b.fresh(t, more))
	if err := b.svc.Assign(b.leader, more.ID, more.Version, "2/QĐ-UBND", decided); err != nil {
		t.Fatal(err)
	}
	tree, err := b.svc.Tree(b.officer, 2027)
	if err != nil || !tree.Total.Authorised.Equal(money.VND(650)) || !tree.Total.Available.Equal(money.VND(650)) || tree.Roots[0].Kept().Sign() != 0 {
		t.Errorf("after the supplement %+v, %v", tree.Total, err)
	}
	other, err := b.svc.DraftEstimate(b.drafter, 2027, 2, "Bổ sung khác")
	if err != nil {
		t.Fatal(err)
	}
	again.SourceCode = Sponsorship
	if _, err := b.svc.AddRows(b.drafter, other.ID, []RowInput{again}); err != nil {
		t.Fatal(err)
	}
	other = b.confirmed(t, b.fresh(t, other))
	if err := b.svc.Assign(b.leader, other.ID, other.Version, "3/QĐ-UBND", decided); !errors.Is(err, ErrLineDiffers) {
		t.Errorf("a line of another source = %v", err)
	}
	if n, err := b.db.NewSelect().Model((*Line)(nil)).Count(t.Context()); err != nil || n != 3 {
		t.Errorf("%d lines after a refusal, %v", n, err)
	}
	verified(t, b.db)
}

func TestWhoMayNotMoveAnEstimate(t *testing.T) {
	b := openBureau(t)
	e := b.draft(t, task("Ươm tạo", StateBudget, "CT4", 600))
	refuse := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, access.ErrForbidden) && !errors.Is(err, access.ErrNotMaker) && !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("%s = %v", what, err)
		}
	}
	everybody := map[string]context.Context{"drafter": b.drafter, "head": b.head, "officer": b.officer, "chief": b.chief, "leader": b.leader}
	for who, ctx := range everybody {
		if who != "head" {
			refuse(who+" consolidates", b.svc.Consolidate(ctx, e.ID, e.Version, "1/TTr"))
		}
		if who != "officer" {
			refuse(who+" appraises", b.svc.Appraise(ctx, e.ID, e.Version, nil, "1"))
			refuse(who+" sends back a consolidated one", b.svc.SendBack(ctx, e.ID, e.Version, EstimateConsolidated, "x"))
		}
		if who != "chief" {
			refuse(who+" confirms", b.svc.ConfirmAppraisal(ctx, e.ID, e.Version))
		}
		if who != "leader" {
			refuse(who+" assigns", b.svc.Assign(ctx, e.ID, e.Version, "1/QĐ", decided))
		}
		if who != "drafter" && who != "officer" {
			_, err := b.svc.AddRows(ctx, e.ID, []RowInput{task("x", StateBudget, "", 1)})
			refuse(who+" drafts", err)
		}
	}
	_, err := b.svc.AddRows(b.officer, e.ID, []RowInput{task("x", StateBudget, "", 1)})
	refuse("finance drafts for Sở KH&CN", err)
	school := uuid.New()
	if _, err := b.db.NewRaw("INSERT INTO units (id, code, name_vi, name_en, kind, duty) VALUES (?, 'GDDT', 'Sở Giáo dục và Đào tạo', 'Department of Education', 'department', 'none')", school).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	teacher := accesstest.As(t, t.Context(), b.db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}, Unit: school})
	theirs := task("Văn hóa khởi nghiệp trong trường", StateBudget, "", 5)
	_, err = b.svc.AddRows(teacher, e.ID, []RowInput{theirs})
	refuse("a school drafts for Sở KH&CN", err)
	theirs.UnitID = &school
	rows, err := b.svc.AddRows(teacher, e.ID, []RowInput{theirs})
	if err != nil {
		t.Fatalf("a unit drafts its own task = %v", err)
	}
	if own, err := b.svc.Own(teacher, 2027, 0); err != nil || len(own.Rows) != 1 || own.Rows[0].ID != rows[0].ID {
		t.Errorf("own rows %+v, %v", own, err)
	}
	if _, err := b.svc.Estimate(teacher, 2027, 0); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a unit reads the whole estimate = %v", err)
	}
	refuse("a unit changes another's row", b.svc.ChangeRow(teacher, e.ID, e.Rows[0].ID, 1, theirs))
	refuse("a unit removes another's row", b.svc.RemoveRow(teacher, e.ID, e.Rows[0].ID, 1))
	applicant := accesstest.As(t, t.Context(), b.db, accesstest.Person{Roles: []access.Role{access.Applicant}})
	if _, err := b.svc.Estimate(applicant, 2027, 0); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("an applicant reads = %v", err)
	}
	finance := task("Hỗ trợ thanh toán", StateBudget, "", 1)
	unit := access.UnitFinance
	finance.UnitID = &unit
	if _, err := b.svc.AddRows(b.officer2, e.ID, []RowInput{finance}); err != nil {
		t.Fatalf("finance drafts its own task = %v", err)
	}
	if err := b.svc.Consolidate(b.head, e.ID, b.fresh(t, e).Version, "1/TTr"); err != nil {
		t.Fatal(err)
	}
	if err := b.svc.Appraise(b.officer2, e.ID, b.fresh(t, e).Version, nil, "1"); !errors.Is(err, access.ErrNotMaker) {
		t.Errorf("who drafted a row appraises = %v", err)
	}
}

func TestSentBack(t *testing.T) {
	b := openBureau(t)
	e := b.confirmed(t, b.draft(t, task("Ươm tạo", StateBudget, "CT4", 600)))
	if err := b.svc.SendBack(b.leader, e.ID, e.Version, EstimateConfirmed, " "); errs.From(err).Kind != errs.Invalid {
		t.Errorf("without a reason = %v", err)
	}
	if err := b.svc.SendBack(b.leader, e.ID, e.Version-1, EstimateConfirmed, "xem lại"); !errors.Is(err, errs.ErrStale) {
		t.Errorf("as read before = %v", err)
	}
	if err := b.svc.SendBack(b.leader, e.ID, e.Version, EstimateConfirmed, "xem lại mức hỗ trợ"); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	if e.Status != EstimateConsolidated || e.ReturnReason == "" || e.Rows[0].Appraised == nil {
		t.Fatalf("sent back %+v", e)
	}
	if err := b.svc.SendBack(b.officer, e.ID, e.Version, EstimateConsolidated, "thiếu thuyết minh"); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	changed := task("Ươm tạo ý tưởng", StateBudget, "CT4", 700)
	if err := b.svc.ChangeRow(b.drafter, e.ID, e.Rows[0].ID, e.Rows[0].Version-1, changed); !errors.Is(err, errs.ErrStale) {
		t.Errorf("a row as read before = %v", err)
	}
	if err := b.svc.ChangeRow(b.drafter, e.ID, e.Rows[0].ID, e.Rows[0].Version, changed); err != nil {
		t.Fatal(err)
	}
	e = b.fresh(t, e)
	if e.Status != EstimateDrafting || e.Rows[0].Appraised != nil || e.Rows[0].Code != "NS.CT4.01" {
		t.Fatalf("changed %+v", e.Rows[0])
	}
	e = b.confirmed(t, e)
	if err := b.svc.Assign(b.leader, e.ID, e.Version, "9/QĐ-UBND", decided); err != nil {
		t.Fatalf("who sent it back assigns = %v", err)
	}
	list, err := versions(t.Context(), b.db, e.ID)
	if err != nil || len(list) != 9 {
		t.Fatalf("%d versions, %v", len(list), err)
	}
	if _, err := b.db.NewRaw("UPDATE budget_estimate_versions SET note = 'x'").Exec(t.Context()); err == nil {
		t.Error("the program changed a version")
	}
	if _, err := dbtest.Owner(t, b.db).NewRaw("DELETE FROM budget_estimate_versions").Exec(t.Context()); err == nil {
		t.Error("the owner deleted a version")
	}
}

func TestAssignedOnce(t *testing.T) {
	b := openBureau(t)
	e := b.confirmed(t, b.draft(t, task("Ươm tạo", StateBudget, "CT4", 600)))
	other := accesstest.As(t, t.Context(), b.db, accesstest.Person{Roles: []access.Role{access.ProvinceLeader}})
	var wait sync.WaitGroup
	got := make([]error, 2)
	for i, ctx := range []context.Context{b.leader, other} {
		wait.Add(1)
		go func() {
			defer wait.Done()
			got[i] = b.svc.Assign(ctx, e.ID, e.Version, "9/QĐ-UBND", decided)
		}()
	}
	wait.Wait()
	if (got[0] == nil) == (got[1] == nil) || !errors.Is(errors.Join(got...), errs.ErrStale) {
		t.Fatalf("two at once = %v", got)
	}
	if tree, err := b.svc.Tree(b.officer, 2027); err != nil || !tree.Total.Authorised.Equal(money.VND(600)) {
		t.Errorf("tree %+v, %v", tree.Total, err)
	}
}

func TestWhatOfARowMustBeMended(t *testing.T) {
	b := openBureau(t)
	e := b.draft(t)
	for _, c := range []struct {
		name string
		edit func(*RowInput)
		want string
	}{
		{"name", func(r *RowInput) { r.TaskVI = "" }, "task_vi"},
		{"name in English", func(r *RowInput) { r.TaskEN = "" }, "task_en"},
		{"source", func(r *RowInput) { r.SourceCode = "X" }, "source_code"},
		{"group", func(r *RowInput) { r.ProgrammeCode = "CT9" }, "programme_code"},
		{"nothing", func(r *RowInput) { r.Asked = money.VND(0) }, "asked"},
		{"too much", func(r *RowInput) { r.Asked = money.Max.Add(money.VND(1)) }, "asked"},
		{"explanation", func(r *RowInput) { r.Explanation = "" }, "explanation"},
		{"code", func(r *RowInput) { r.Code = "ns 1" }, "code"},
		{"chapter of no list", func(r *RowInput) { r.Chapter = "417" }, "chapter"},
		{"chapter range", func(r *RowInput) { r.Chapter = "400-599" }, "chapter"},
		{"category that ended in 2025", func(r *RowInput) { r.Category = "100" }, "category"},
		{"sub-item without item", func(r *RowInput) { r.SubItem = "7758" }, "item"},
		{"milestone without project", func(r *RowInput) { id := uuid.New(); r.MilestoneID = &id }, "project_id"},
		{"project of nobody", func(r *RowInput) { id := uuid.New(); r.ProjectID = &id }, "project_id"},
		{"sub-source of nobody", func(r *RowInput) { id := uuid.New(); r.SourceID = &id }, "source_id"},
	} {
		in := task("Ươm tạo", StateBudget, "CT4", 1)
		c.edit(&in)
		_, err := b.svc.AddRows(b.drafter, e.ID, []RowInput{in})
		if x := errs.From(err); x.Kind != errs.Invalid || len(x.Fields) != 1 || x.Fields[0].Name != c.want {
			t.Errorf("%s = %v %+v", c.name, err, x.Fields)
		}
	}
	all := task("Tất cả", StateBudget, "CT4", 999_999_999_999_999)
	all.Item, all.SubItem = "7750", "7758" // a secondary source, no end stated
	if _, err := b.svc.AddRows(b.drafter, e.ID, []RowInput{all}); err != nil {
		t.Errorf("the largest amount = %v", err)
	}
	_, err := b.svc.AddRows(b.drafter, e.ID, []RowInput{task("Một đồng nữa", StateBudget, "CT4", 1)})
	if x := errs.From(err); len(x.Fields) != 1 || x.Fields[0].Code != ErrTotal.Code {
		t.Errorf("one đồng more in all = %v", err)
	}
	if _, err := b.svc.DraftEstimate(b.drafter, 2027, 0, "Lần nữa"); !errors.Is(err, ErrEstimateExists) {
		t.Errorf("the year again = %v", err)
	}
	for _, wrong := range [][2]int{{1999, 0}, {2200, 0}, {2028, -1}, {2028, 100}} {
		if _, err := b.svc.DraftEstimate(b.drafter, wrong[0], wrong[1], "x"); errs.From(err).Kind != errs.Invalid {
			t.Errorf("%v = %v", wrong, err)
		}
	}
	empty, err := b.svc.DraftEstimate(b.drafter, 2028, 0, "Trống")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.svc.Consolidate(b.head, empty.ID, empty.Version, "1/TTr"); !errors.Is(err, ErrEstimateEmpty) {
		t.Errorf("an empty one = %v", err)
	}
	e = b.fresh(t, e)
	if err := b.svc.Consolidate(b.head, e.ID, e.Version-1, "1/TTr"); !errors.Is(err, errs.ErrStale) {
		t.Errorf("as read before = %v", err)
	}
}

func TestAppraisalOfARow(t *testing.T) {
	row := EstimateRow{Asked: money.VND(100)}
	for _, c := range []struct {
		amount  int64
		comment string
		want    string
	}{{100, "", ""}, {99, "", "budget.comment_missing"}, {99, "cắt", ""}, {101, "", "budget.comment_missing"}, {101, "thêm", ""}, {0, "bỏ", ""},
		{-1, "x", "budget.appraised_wrong"}} {
		r := row
		err := r.Appraise(money.VND(c.amount), c.comment)
		if code := ""; err != nil {
			code = errs.From(err).Code
			if code != c.want || r.Appraised != nil {
				t.Errorf("%d %q = %v", c.amount, c.comment, err)
			}
		} else if c.want != "" {
			t.Errorf("%d %q was taken", c.amount, c.comment)
		}
	}
}
