package call

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/party"
	"kinhbac/internal/storage"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type dossiers []uuid.UUID

func (d dossiers) Owners(context.Context, bun.IDB, uuid.UUID) ([]uuid.UUID, error) { return d, nil }

// world is a database with an approved programme, a budget line and the people round a call.
type world struct {
	t             *testing.T
	db            *bun.DB
	acc           *access.Access
	s             *Service
	officer, head context.Context
	programme     uuid.UUID
	line          uuid.UUID
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, db: dbtest.New(t), acc: accesstest.New(t)}
	w.s = New(w.db, w.acc, dossiers{})
	w.shift(0)
	w.officer, w.head = w.person(access.ProgrammeOfficer), w.person(access.DepartmentHead)
	p, err := w.s.DraftProgramme(w.officer, ProgrammeTyped{Code: "KH151-5", Group: 5, NameVI: "Tăng tốc", NameEN: "Acceleration"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.s.ApproveProgramme(w.head, p.ID); err != nil {
		t.Fatal(err)
	}
	w.programme, w.line = p.ID, uuid.New()
	finance := access.From(w.person(access.FinanceOfficer)).ID
	err = storage.InTx(context.Background(), w.db, func(ctx context.Context, tx bun.Tx) error {
		control, err := ledger.OpenLine(ctx, tx, "BUDGET", ledger.BudgetLine, ledger.Dim{Year: 2026}, w.line)
		if err != nil {
			return err
		}
		_, err = tx.NewRaw(`INSERT INTO budget_lines (id, year, code, name_vi, name_en, control_line, source_code, programme_code, chapter,
			managing_unit_id, finance_unit_id, planned, status, planned_by) VALUES (?, 2026, 'NS-2026', 'Ngân sách', 'Budget', ?, 'NS', '', '417', ?, ?, 1, 'planned', ?)`,
			w.line, control, access.UnitScience, access.UnitFinance, finance).Exec(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) person(roles ...access.Role) context.Context {
	return accesstest.As(w.t, context.Background(), w.db, accesstest.Person{Roles: roles})
}

// draft is a call that opens an hour after the begin of the test and closes an hour later.
func (w *world) draft() *Call {
	w.t.Helper()
	c, err := w.s.Create(w.officer, w.details())
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) details() Details {
	d := details()
	d.ProgrammeID, d.BudgetLineID = w.programme, w.line
	d.OpensAt = time.Now().Add(time.Hour - past).Truncate(time.Second)
	d.ClosesAt = d.OpensAt.Add(time.Hour)
	d.ReferenceDate = calendar.DateOf(d.ClosesAt)
	return d
}

// past is how long ago a test begins, because deciding time may stand behind real time but never ahead of it.
const past = 10 * time.Hour

// shift moves deciding time to d after the begin of the test.
func (w *world) shift(d time.Duration) {
	w.t.Helper()
	if err := storage.SetShift(context.Background(), dbtest.Owner(w.t, w.db), d-past); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) status(id uuid.UUID) Status {
	w.t.Helper()
	c, err := Get(context.Background(), w.db, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c.Status
}

func TestCreate(t *testing.T) {
	w := newWorld(t)
	c := w.draft()
	got, err := Get(w.officer, w.db, c.ID)
	if err != nil || got.Status != Draft || len(got.Criteria) != 2 || got.Criteria[1].NameEN != "Market" || got.FinanceUnitID != access.UnitFinance || len(got.Documents) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if next := w.draft(); next.Code == c.Code {
		t.Errorf("two calls with code %s", c.Code)
	}
	for name, ctx := range map[string]context.Context{"the head": w.head, "an applicant": w.person(access.Applicant), "a finance officer": w.person(access.FinanceOfficer)} {
		if _, err := w.s.Create(ctx, w.details()); err == nil {
			t.Errorf("%s creates", name)
		}
	}
	d := w.details()
	d.BudgetLineID = uuid.New()
	if _, err := w.s.Create(w.officer, d); err == nil || errs.From(err).Fields[0].Name != "budget_line_id" {
		t.Errorf("no such line: %v", err)
	}
	p, err := w.s.DraftProgramme(w.officer, ProgrammeTyped{Code: "KH151-6", Group: 6, NameVI: "Thị trường", NameEN: "Market"})
	if err != nil {
		t.Fatal(err)
	}
	d = w.details()
	d.ProgrammeID = p.ID
	if _, err := w.s.Create(w.officer, d); err == nil || errs.From(err).Fields[0].Name != "programme_id" {
		t.Errorf("a draft programme: %v", err)
	}
}

func TestUpdate(t *testing.T) {
	w := newWorld(t)
	c := w.draft()
	d := w.details()
	d.Version, d.CeilingTotal, d.Criteria = 1, money.VND(10_000_000_000), []CriterionTyped{{"Duy nhất", "Only", 100}}
	if _, err := w.s.Update(w.officer, c.ID, d); err != nil {
		t.Fatal(err)
	}
	d.CeilingTotal = money.VND(9_000_000_000)
	_, err := w.s.Update(w.officer, c.ID, d)
	if e := errs.From(err); !errors.Is(err, errs.ErrStale) || len(e.Differences) == 0 {
		t.Errorf("a stale form: %v", err)
	}
	got, _ := Get(w.officer, w.db, c.ID)
	if len(got.Criteria) != 1 || !got.CeilingTotal.Equal(money.VND(10_000_000_000)) || got.Version != 2 {
		t.Errorf("%+v", got)
	}
	if err := w.s.Approve(w.head, c.ID); err != nil {
		t.Fatal(err)
	}
	d.Version = 3
	if _, err := w.s.Update(w.officer, c.ID, d); !errors.Is(err, access.ErrState) {
		t.Errorf("an approved call is frozen: %v", err)
	}
}

func TestMakerDoesNotApprove(t *testing.T) {
	w := newWorld(t)
	c := w.draft()
	maker := access.From(w.officer)
	maker.Grants = append(maker.Grants, access.Grant{Role: access.DepartmentHead, Unit: access.UnitScience})
	if err := w.s.Approve(access.With(context.Background(), maker), c.ID); !errors.Is(err, access.ErrNotMaker) {
		t.Errorf("got %v", err)
	}
	if err := w.s.Publish(w.head, c.ID, "1/TB"); !errors.Is(err, access.ErrState) {
		t.Errorf("published before approval: %v", err)
	}
	unproved := access.From(w.head)
	unproved.Proved = time.Time{}
	if err := w.s.Approve(access.With(context.Background(), unproved), c.ID); !errors.Is(err, access.ErrStepUp) {
		t.Errorf("without a second factor: %v", err)
	}
	if w.status(c.ID) != Draft {
		t.Error("moved although refused")
	}
}

func TestLifeByTheClock(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	c := w.draft()
	tick := func() {
		t.Helper()
		if err := w.s.Tick(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.s.Approve(w.head, c.ID); err != nil {
		t.Fatal(err)
	}
	tick()
	if w.status(c.ID) != Approved {
		t.Error("opened before publication")
	}
	if err := w.s.Publish(w.head, c.ID, "214/TB-SKHCN ngày 18/02/2026"); err != nil {
		t.Fatal(err)
	}
	tick()
	if w.status(c.ID) != Published {
		t.Error("opened early")
	}
	w.shift(time.Hour + time.Minute)
	if err := w.s.Open(w.head, c.ID); err == nil {
		t.Error("the head opens")
	}
	tick()
	tick() // nothing twice
	if w.status(c.ID) != Open {
		t.Fatal("not opened")
	}
	if err := w.s.Close(w.head, c.ID); !errors.Is(err, access.ErrNotYet) {
		t.Errorf("closed early: %v", err)
	}
	w.shift(2*time.Hour + time.Minute)
	if err := w.s.Evaluate(w.officer, c.ID); !errors.Is(err, access.ErrState) {
		t.Errorf("evaluated while open: %v", err)
	}
	tick()
	if w.status(c.ID) != Closed {
		t.Fatal("not closed")
	}
	if err := w.s.Evaluate(w.officer, c.ID); err != nil {
		t.Fatal(err)
	}
	err := storage.InTx(ctx, w.db, func(ctx context.Context, tx bun.Tx) error {
		return errors.Join(SetEvaluating(ctx, tx, c.ID), MarkDecided(ctx, tx, c.ID), MarkDecided(ctx, tx, c.ID))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.s.Archive(w.officer, c.ID); err != nil || w.status(c.ID) != Archived {
		t.Errorf("%v, %s", err, w.status(c.ID))
	}
}

func TestExtension(t *testing.T) {
	w := newWorld(t)
	owner := access.From(w.person(access.Applicant)).ID
	w.s.submissions = dossiers{owner}
	c := w.draft()
	for _, err := range []error{w.s.Approve(w.head, c.ID), w.s.Publish(w.head, c.ID, "1/TB")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.shift(time.Hour + time.Minute)
	if err := w.s.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := w.s.ProposeExtension(w.officer, c.ID, c.ClosesAt, "Lý do", "Reason"); err == nil {
		t.Error("extended to the same instant")
	}
	later := c.ClosesAt.Add(24 * time.Hour)
	if err := w.s.Extend(w.head, c.ID, "2/TB"); !errors.Is(err, ErrNotPending) {
		t.Errorf("nothing proposed: %v", err)
	}
	if err := w.s.ProposeExtension(w.officer, c.ID, later, "Lý do", "Reason"); err != nil {
		t.Fatal(err)
	}
	if err := w.s.ProposeExtension(w.officer, c.ID, later, "Lý do khác", "Another reason"); err != nil {
		t.Errorf("a better proposal: %v", err)
	}
	if err := w.s.Extend(w.officer, c.ID, "2/TB"); err == nil {
		t.Error("the officer extends")
	}
	if err := w.s.Extend(w.head, c.ID, "2/TB"); err != nil {
		t.Fatal(err)
	}
	got, _ := Get(w.officer, w.db, c.ID)
	if !got.ClosesAt.Equal(later) {
		t.Errorf("closes at %s", got.ClosesAt)
	}
	var told int
	if err := w.db.NewRaw("SELECT count(*) FROM messages WHERE user_id = ?", owner).Scan(w.officer, &told); err != nil || told != 1 {
		t.Errorf("%d messages, %v", told, err)
	}
	if err := w.s.ProposeAddendum(w.officer, c.ID, "Giải thích", "Explanation"); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Addend(w.head, c.ID, "3/TB"); err != nil {
		t.Fatal(err)
	}
	as, err := Addenda(w.officer, w.db, c.ID)
	if err != nil || len(as) != 3 || as[0].Status != "replaced" || as[2].Status != "in_force" {
		t.Errorf("%+v, %v", as, err)
	}
	w.shift(2*time.Hour + time.Minute)
	if err := w.s.Tick(context.Background()); err != nil || w.status(c.ID) != Open {
		t.Errorf("%v, %s: closed at the old instant", err, w.status(c.ID))
	}
}

func TestCodesOfManyAtOnce(t *testing.T) {
	w := newWorld(t)
	const n = 8
	codes := make(chan string, n)
	for range n {
		go func() {
			c, err := w.s.Create(w.officer, w.details())
			if err != nil {
				t.Error(err)
				codes <- ""
				return
			}
			codes <- c.Code
		}()
	}
	seen := map[string]bool{}
	for range n {
		seen[<-codes] = true
	}
	if len(seen) != n || seen[""] {
		t.Errorf("codes %v", seen)
	}
}

func TestReadHidesDrafts(t *testing.T) {
	w := newWorld(t)
	c := w.draft()
	for name, ctx := range map[string]context.Context{"a guest": context.Background(), "an applicant": w.person(access.Applicant), "finance": w.person(access.FinanceOfficer)} {
		if _, err := w.s.Read(ctx, c.Code); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("%s reads a draft: %v", name, err)
		}
	}
	for name, ctx := range map[string]context.Context{"the officer": w.officer, "the head": w.head} {
		if got, err := w.s.Read(ctx, "bn"+c.Code[2:]); err != nil || got.ID != c.ID {
			t.Errorf("%s reads: %v", name, err)
		}
	}
	for _, err := range []error{w.s.Approve(w.head, c.ID), w.s.Publish(w.head, c.ID, "1/TB")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.s.Read(context.Background(), c.Code); err != nil {
		t.Errorf("a guest reads a published call: %v", err)
	}
}

func TestScreen(t *testing.T) {
	w := newWorld(t)
	c := w.draft()
	if err := w.s.Approve(w.head, c.ID); err != nil {
		t.Fatal(err)
	}
	c, _ = Get(w.officer, w.db, c.ID)
	c.ReferenceDate = calendar.On(2026, 4, 2)
	old := &party.Organisation{ID: uuid.New(), Kind: party.Firm, RegisteredOn: calendar.On(2021, 4, 1)}
	fs, err := Screen(w.officer, w.db, c, old)
	if err != nil || len(fs) != 4 || fs[0].Verdict != Fail || fs[0].Rule.Version != c.Rulebook {
		t.Errorf("%+v, %v", fs, err)
	}
	if err := RefuseTooOld(w.officer, w.db, c, old); !errors.Is(err, ErrTooOld) || errs.From(err).Rule == nil {
		t.Errorf("got %v", err)
	}
	old.RegisteredOn = calendar.On(2021, 4, 2)
	if err := RefuseTooOld(w.officer, w.db, c, old); err != nil {
		t.Errorf("on the anniversary: %v", err)
	}
	c.Beneficiary = ForSupport
	if fs, err = Screen(w.officer, w.db, c, old); err != nil || len(fs) != 7 {
		t.Errorf("%+v, %v", fs, err)
	}
}
