package access_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/policies"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// thing is a noun with everything a condition may ask for. Holds names what its When says yes to.
type thing struct {
	bun.BaseModel           `bun:"table:things,alias:th"`
	ID                      uuid.UUID `bun:",pk,type:uuid"`
	Managing, Finance, Fund uuid.UUID `bun:",type:uuid"`
	Party, Parent           uuid.UUID `bun:",type:uuid"`
	Holds                   []string  `bun:",array"`
}

func (th *thing) AccessKind() string  { return "thing" }
func (th *thing) AccessID() uuid.UUID { return th.ID }

const createThings = `CREATE TABLE things (id uuid PRIMARY KEY, managing uuid NOT NULL, finance uuid NOT NULL, fund uuid NOT NULL,
	party uuid NOT NULL, parent uuid NOT NULL, holds text[] NOT NULL)`

// byWhen are the conditions only the noun can judge.
var byWhen = []string{"unblinded", "before_deadline", "after_deadline", "after_close", "own_submitted", "not_self", "not_subject",
	"quorum", "all_ballots", "presiding", "natural_person", "equal_treatment", "identity_proof", "notified", "both_sign"}

// enforcedElsewhere are judged true here; rooms, ledger and web hold them.
var enforcedElsewhere = map[string]bool{"once": true, "idem": true, "limit": true, "balanced": true, "period_open": true,
	"budget_ok": true, "reconciled": true, "ledger_zero": true, "sod_ok": true, "blind": true, "all_notified": true, "old_kept": true, "k5": true, "tracking_key": true}

type line struct {
	role             access.Role
	resource, action string
	conditions       []string
}

func lines(t *testing.T) (all []line) {
	f, err := policies.FS.Open("policy.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.Comment, in.TrimLeadingSpace = '#', true
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		l := line{access.Role(r[1]), r[2], r[3], strings.Fields(r[4])}
		if r[4] == "yes" {
			l.conditions = nil
		}
		all = append(all, l)
	}
	return all
}

// world is the smallest world in which every condition holds for one role, and its variants with one broken.
type world struct {
	t       *testing.T
	db      *bun.DB
	a       *access.Access
	role    access.Role
	ctx     context.Context
	subject access.Subject
	other   access.Actor // made the steps before
	all     []string     // names of every When condition
	made    map[string]*thing
}

var seatOf = map[access.Role]string{access.CouncilChair: "chair", access.InvestmentBoard: "chair", access.CouncilSecretary: "secretary",
	access.CouncilMember: "scientific_secretary", access.FinanceOfficer: "member"}

func (w *world) can(err error) bool {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return true
}

// object makes the thing with everything true except broken.
func (w *world) object(broken string) *thing {
	if th, ok := w.made[broken]; ok {
		return th
	}
	t, ctx := w.t, w.ctx
	th := &thing{ID: uuid.New(), Managing: access.UnitScience, Finance: access.UnitFinance, Fund: fund, Party: uuid.New(), Parent: uuid.New()}
	if w.role == access.ProvinceLeader {
		th.Managing = access.UnitProvince
	}
	switch broken {
	case "unit":
		th.Managing, th.Finance = access.UnitInspectorate, access.UnitInspectorate
	case "same_fund":
		th.Fund, th.Finance = uuid.New(), access.UnitInspectorate
	}
	for _, name := range w.all {
		if name != broken {
			th.Holds = append(th.Holds, name)
		}
	}
	if _, err := w.db.NewInsert().Model(th).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	tie := func(condition string, tie access.Tie) {
		if condition == broken {
			return
		}
		tie.Object = th
		w.can(access.AddTie(ctx, w.db, tie))
	}
	me, owner := w.subject.ID, w.subject.ID
	if w.role == access.OrgSignatory {
		owner = organisation
	}
	if w.role == access.Guest || w.role == access.Service {
		w.made[broken] = th
		return th
	}
	tie("own", access.Tie{Kind: "own", Who: owner})
	tie("assigned", access.Tie{Kind: "assigned", Who: me})
	tie("coi_declared", access.Tie{Kind: "coi_declared", Who: me})
	tie("contracted", access.Tie{Kind: "contract", Who: organisation})
	if seat := seatOf[w.role]; seat != "" {
		if broken == "seat_secretary" {
			seat = "member"
		}
		tie("seated", access.Tie{Kind: "seat", Who: me, Reason: seat})
	}
	if broken == "no_coi" {
		w.can(access.AddTie(ctx, w.db, access.Tie{Kind: "conflict", Who: me, Object: access.Ref{Kind: "organisation", ID: th.Party}, Reason: "kin"}))
	}
	w.can(access.Step(ctx, w.db, th, "submit", w.other))
	mine := access.Actor{ID: me, Role: w.role}
	switch broken {
	case "not_maker", "not_payer":
		w.can(access.Step(ctx, w.db, access.Ref{Kind: "thing", ID: th.Parent}, "prior", mine))
	case "not_requester":
		w.can(access.Step(ctx, w.db, access.Ref{Kind: "thing", ID: th.Parent}, "submit", mine))
	}
	w.made[broken] = th
	return th
}

// as gives the context in which the condition of the subject is broken.
func (w *world) as(broken string) context.Context {
	s := w.subject
	switch broken {
	case "stepup":
		s.Proved = time.Now().Add(-5 * time.Minute)
	case "purpose":
		s.Purpose = ""
	case "timebox":
		s.Grants = append([]access.Grant(nil), s.Grants...)
		for i := range s.Grants {
			s.Grants[i].To = time.Now().Add(-time.Second)
		}
	case "self_registration":
		s.ID = w.other.ID // an account the office made
	}
	return access.With(w.ctx, s)
}

var (
	fund         = uuid.New()
	organisation = uuid.New()
)

// TestMatrix walks every cell that is built: allowed in the smallest world, refused with any one condition false;
// a list shows exactly what a single read would.
func TestMatrix(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	if _, err := dbtest.Owner(t, db).NewRaw(createThings).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	a := accesstest.New(t)
	all := lines(t)
	conditions := map[string]string{}
	for _, l := range all {
		for _, name := range l.conditions {
			if strings.HasPrefix(name, "state:") {
				conditions[name] = "'" + name + "' = ANY(th.holds)"
			}
		}
	}
	for _, name := range byWhen {
		conditions[name] = "'" + name + "' = ANY(th.holds)"
	}
	a.Register(access.Noun{Kind: "thing", Table: "things", Alias: "th", Managing: "th.managing", Finance: "th.finance", Fund: "th.fund",
		Conflict: []access.Link{{Kind: "organisation", ID: "th.party"}}, Steps: []access.Link{{Kind: "thing", ID: "th.parent"}}, When: conditions})

	worlds := map[access.Role]*world{}
	office := access.From(accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}}))
	for _, l := range all {
		w := worlds[l.role]
		if w == nil {
			w = newWorld(t, ctx, db, a, l.role, office, conditions)
			worlds[l.role] = w
		}
		name := string(l.role) + " " + l.resource + "," + l.action
		w.expect(name, l, "", true)
		for _, c := range l.conditions {
			if !enforcedElsewhere[c] && !(c == "self_registration" && l.role == access.Service) {
				w.expect(name+" without "+c, l, c, false)
			}
		}
	}
}

func newWorld(t *testing.T, ctx context.Context, db *bun.DB, a *access.Access, role access.Role, office access.Subject, conditions map[string]string) *world {
	w := &world{t: t, db: db, a: a, role: role, made: map[string]*thing{}, other: access.Actor{ID: office.ID, Role: access.ProgrammeOfficer}}
	for name := range conditions {
		w.all = append(w.all, name)
	}
	switch role {
	case access.Guest:
		w.ctx = ctx
		return w
	case access.Service:
		w.ctx, w.subject = ctx, access.System()
		return w
	}
	p := accesstest.Person{Roles: []access.Role{role}}
	switch role {
	case access.Applicant, access.OrgSignatory:
		p.Organisation = organisation
	case access.FundAnalyst, access.FundManager, access.InvestmentBoard:
		p.Fund = fund
	}
	w.ctx = accesstest.As(t, ctx, db, p)
	w.subject = access.From(w.ctx)
	w.subject.Purpose = "KH-THANH-TRA 01/2026"
	return w
}

func (w *world) expect(name string, l line, broken string, want bool) {
	w.t.Helper()
	ctx, th := w.as(broken), w.object(broken)
	_, err := w.a.Require(ctx, w.db, l.resource, l.action, th)
	if (err == nil) != want && (want || !w.open(l, broken)) {
		w.t.Errorf("%s: Require says %v", name, err)
	}
	var ids []uuid.UUID
	q := w.db.NewSelect().Model((*thing)(nil)).Column("th.id").Where("th.id = ?", th.ID)
	if err := w.a.Scope(ctx, q, l.resource, l.action, "thing").Scan(ctx, &ids); err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	if (len(ids) == 1) != (err == nil || broken == "stepup") {
		w.t.Errorf("%s: Require says %v, the list shows %d", name, err, len(ids))
	}
	if can := w.a.Can(ctx, w.db, l.resource, l.action, th); can != (err == nil || broken == "stepup") {
		w.t.Errorf("%s: Require says %v, Can says %v", name, err, can)
	}
}

// open says that the guest's cell allows it although the role's condition is broken: then it is open to all.
func (w *world) open(l line, broken string) bool {
	_, err := w.a.Require(w.t.Context(), w.db, l.resource, l.action, w.object(broken))
	return err == nil && w.role != access.Guest
}
