package proposal

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/document"
	"kinhbac/internal/file"
	"kinhbac/internal/money"
	"kinhbac/internal/party"
	"kinhbac/internal/rulebook"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// world is an open call with one organisation and the people round it.
type world struct {
	t                       *testing.T
	db, owner               *bun.DB
	acc                     *access.Access
	svc                     *Service
	call                    *call.Call
	org                     *party.Organisation
	applicant, rival        context.Context
	officer, head, stranger context.Context
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: dbtest.New(t), acc: accesstest.New(t)}
	w.owner = dbtest.Owner(t, w.db)
	signer, err := document.NewSigner(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	party.New(w.db, w.acc, nil)
	call.New(w.db, w.acc, Submissions{})
	w.svc = New(w.db, w.acc, file.NewStore(t.TempDir()), signer, calendar.NewHolidays(nil))
	w.org = w.organisation("0100109106", calendar.On(2025, 3, 14))
	ctx := t.Context()
	w.applicant = accesstest.As(t, ctx, w.db, accesstest.Person{Name: "Người nộp", Roles: []access.Role{access.Applicant}, Organisation: w.org.ID})
	other := w.organisation("0100112437", calendar.On(2025, 1, 2))
	w.rival = accesstest.As(t, ctx, w.db, accesstest.Person{Name: "Đối thủ", Roles: []access.Role{access.Applicant}, Organisation: other.ID})
	w.own(w.applicant, w.org)
	w.own(w.rival, other)
	w.officer = accesstest.As(t, ctx, w.db, accesstest.Person{Name: "Chuyên viên", Roles: []access.Role{access.ProgrammeOfficer}})
	w.head = accesstest.As(t, ctx, w.db, accesstest.Person{Name: "Trưởng phòng", Roles: []access.Role{access.DepartmentHead}})
	w.stranger = accesstest.As(t, ctx, w.db, accesstest.Person{Name: "Kế toán", Roles: []access.Role{access.FinanceOfficer}})
	w.call = w.openCall()
	return w
}

func (w *world) own(ctx context.Context, o *party.Organisation) {
	w.t.Helper()
	if err := access.AddTie(ctx, w.db, access.Tie{Kind: "own", Who: access.From(ctx).ID, Object: o}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.owner.NewRaw(sql, args...).Exec(w.t.Context()); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) organisation(taxCode string, registered calendar.Date) *party.Organisation {
	w.t.Helper()
	var commune string
	if err := w.db.NewRaw("SELECT code FROM communes LIMIT 1").Scan(w.t.Context(), &commune); err != nil {
		w.t.Fatal(err)
	}
	o := &party.Organisation{ID: uuid.New(), Name: "Công ty " + taxCode, TaxCode: taxCode, Kind: party.Firm, RegisteredOn: registered,
		Province: "24", Commune: commune, Address: "1 Lý Thái Tổ", HeadName: "Nguyễn Văn A", Email: "a@vidu.example", Phone: "0204123456", Version: 1}
	if _, err := w.owner.NewInsert().Model(o).Exec(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return o
}

// openCall makes a call that closes in an hour: at most 500 million an award, 20 % co-funding, one document.
func (w *world) openCall() *call.Call {
	w.t.Helper()
	ctx := w.t.Context()
	version, err := rulebook.Current(ctx, w.db)
	if err != nil {
		w.t.Fatal(err)
	}
	line, programme := uuid.New(), uuid.New()
	w.exec(`INSERT INTO programmes (id, code, activity_group, name_vi, name_en, status) VALUES (?, 'CT-1', 1, 'Hỗ trợ', 'Support', 'approved')`, programme)
	w.exec(`WITH l AS (INSERT INTO ledger.control_lines (book_id, kind, dim_id, subject_id)
		SELECT b.id, 'budget', (SELECT min(id) FROM ledger.dim_sets), ? FROM ledger.books b WHERE b.code = 'BUDGET' RETURNING id)
		INSERT INTO budget_lines (id, year, code, name_vi, name_en, control_line, source_code, programme_code, chapter, managing_unit_id, finance_unit_id, planned, status, planned_by)
		SELECT ?, 2026, 'D1', 'Dòng', 'Line', l.id, 'NS', '', '417', ?, ?, 0, 'planned', ? FROM l`,
		line, line, access.UnitScience, access.UnitFinance, access.From(w.officer).ID)
	now := time.Now()
	c := &call.Call{ID: uuid.New(), Code: "BN-2026-01", ProgrammeID: programme, TitleVI: "Đợt 1", TitleEN: "Call 1", Beneficiary: "startup",
		Track: call.TrackInnovation, BallotKind: call.BallotPoints, BudgetLineID: line, CeilingTotal: money.VND(2_000_000_000), CeilingAward: money.VND(500_000_000),
		OpensAt: now.Add(-time.Hour), ClosesAt: now.Add(time.Hour), ReferenceDate: calendar.DateOf(now), Documents: []string{"registration"}, Contents: []string{},
		ManagingUnitID: access.UnitScience, FinanceUnitID: access.UnitFinance, Status: call.Open, Rulebook: version, Number: "214/TB-SKHCN", PublishedAt: &now, Version: 1}
	c.CoFundingShare = money.VND(20).Decimal()
	c.PassMark = money.VND(70).Decimal()
	if _, err := w.owner.NewInsert().Model(c).Exec(ctx); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// close ends the call now; closing again changes nothing.
func (w *world) close() {
	w.t.Helper()
	w.exec("UPDATE calls SET closes_at = now() - interval '1 second', status = 'closed', closed_at = now() WHERE id = ?", w.call.ID)
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func vnd(n int64) *money.Amount { a := money.VND(n); return &a }

// draft starts a dossier and fills every part of it.
func (w *world) draft() *Proposal {
	w.t.Helper()
	ctx := w.applicant
	p, err := w.svc.Create(ctx, w.call.Code, w.org.ID)
	must(w.t, err)
	must(w.t, w.svc.SaveContent(ctx, p.ID, ContentEdit{Version: 1, TitleVI: "Cảm biến vải thiều", Summary: "Tóm tắt", Problem: "Vấn đề", Solution: "Giải pháp"}))
	must(w.t, w.svc.SaveTeam(ctx, p.ID, TeamEdit{Version: 2, Members: []MemberEdit{{Name: "Nguyễn Thị Hà", Part: "Chủ nhiệm"}}}))
	must(w.t, w.svc.SaveMarket(ctx, p.ID, MarketEdit{Version: 3, Market: "Nông hộ", BusinessModel: "Thuê bao"}))
	must(w.t, w.svc.SavePlan(ctx, p.ID, PlanEdit{Version: 4, DurationMonths: 12, Plan: "Quý I", Outcomes: "30 trạm"}))
	must(w.t, w.svc.SaveBudget(ctx, p.ID, BudgetEdit{Version: 5, Items: []ItemEdit{{Item: "Trạm cảm biến", Grant: vnd(400_000_000), Own: vnd(100_000_000)}}}))
	_, err = w.svc.Attach(ctx, p.ID, "registration", "thuyết minh.png", bytes.NewReader(picture(w.t)))
	must(w.t, err)
	return w.get(p.ID)
}

func (w *world) get(id uuid.UUID) *Proposal {
	w.t.Helper()
	p, err := Get(w.t.Context(), w.db, id)
	must(w.t, err)
	return p
}

func (w *world) submit(p *Proposal) (*document.Receipt, error) {
	return w.svc.Submit(w.applicant, p.ID, Confirmations{Version: p.Version, Truth: true, NoDouble: true})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
