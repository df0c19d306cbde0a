// Package access answers who may do what: policies compiled from casbin, conditions as named Go functions and
// SQL predicates, ties between people and objects, steps of a chain for maker and checker.
//
// # Decisions
//
// A row condition is one SQL predicate over the row (a Noun gives the expressions), used by Require, Can and
// Scope alike, so that list, count, search, export and single read can never disagree. Require evaluates it
// on the row as stored, inside the caller's transaction and after the caller's lock; the Go value only names
// the row.
//
// Casbin is asked for every role, resource and action once, when the policies are loaded, with one enforcer per
// resource; what it answers is a map, so that a decision costs microseconds however many resources there are. A
// policy that casbin would keep in silence (a misspelt role, a condition nobody judges) stops the start instead.
//
// Whatever a visitor without an account may do, every signed-in person may do too.
//
// Ties and steps end and are never deleted, so that an inspector sees who was tied to what, and when. Grants and
// ties follow kb.now(); the second factor follows the clock of the machine.
package access

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/errs"
)

// Role is one of the 21 columns of the matrix.
type Role string

// The roles.
const (
	Guest            Role = "guest"
	Applicant        Role = "applicant"
	OrgSignatory     Role = "org_signatory"
	Reviewer         Role = "reviewer"
	CouncilMember    Role = "council_member"
	CouncilChair     Role = "council_chair"
	CouncilSecretary Role = "council_secretary"
	ProgrammeOfficer Role = "programme_officer"
	DepartmentHead   Role = "department_head"
	ProvinceLeader   Role = "province_leader"
	FinanceOfficer   Role = "finance_officer"
	ChiefAccountant  Role = "chief_accountant"
	AccountHolder    Role = "account_holder"
	FundAnalyst      Role = "fund_analyst"
	FundManager      Role = "fund_manager"
	InvestmentBoard  Role = "investment_board"
	Auditor          Role = "auditor"
	DPO              Role = "dpo"
	SystemAdmin      Role = "system_admin"
	SecurityOfficer  Role = "security_officer"
	Service          Role = "service"
)

// Refusals.
var (
	ErrForbidden = errs.New(errs.Forbidden, "access.forbidden")
	ErrNotFound  = errs.ErrNotFound
	ErrSignIn    = errs.New(errs.Unauthenticated, "access.sign_in")
	ErrStepUp    = errs.New(errs.StepUp, "access.step_up")
	ErrNotMaker  = errs.New(errs.Forbidden, "access.same_person") // prepared or took an earlier step of this chain
	ErrConflict  = errs.New(errs.Forbidden, "access.conflict_of_interest")

	ErrState        = errs.New(errs.Conflict, "access.wrong_state")       // the row is at another step
	ErrDeadline     = errs.New(errs.Conflict, "access.deadline_passed")   // at or after the deadline
	ErrNotYet       = errs.New(errs.Conflict, "access.not_yet")           // before the deadline, or not closed
	ErrQuorum       = errs.New(errs.Conflict, "access.no_quorum")         // too few present without conflict
	ErrBallots      = errs.New(errs.Conflict, "access.ballots_open")      // somebody present has not voted
	ErrDeclareFirst = errs.New(errs.Forbidden, "access.declare_conflict") // no declaration for this object yet
	ErrPurpose      = errs.New(errs.Forbidden, "access.purpose_needed")   // an auditor has given no reason and case
)

// Grant is one role of a person with its scope; a Nil scope means none of that kind.
type Grant struct {
	Role                     Role
	Unit, Organisation, Fund uuid.UUID
	From, To                 time.Time // zero = open
}

// Subject is who asks: put into the context by the web layer, a job or the command line. The zero Subject is a guest.
type Subject struct {
	ID      uuid.UUID
	Name    string
	Login   string
	Session string // hash of the session id, "" outside the web
	Active  Role   // role whose navigation is shown; commands consider every grant
	Grants  []Grant
	Proved  time.Time // when the second factor was proven for exactly this act and content; zero = not
	Purpose string    // reason code and case number an auditor has stored for this session
	Renewed string    // new value of the session cookie after a step-up; "" = unchanged
}

// Has says whether the subject holds role r now.
func (s Subject) Has(r Role) bool {
	for _, g := range s.Grants {
		if g.Role == r {
			return true
		}
	}
	return r == Guest && s.ID == uuid.Nil
}

type subjectKey struct{}

// With puts the subject into ctx.
func With(ctx context.Context, s Subject) context.Context {
	return context.WithValue(ctx, subjectKey{}, s)
}

// From is the subject of ctx; a guest when none was set.
func From(ctx context.Context) Subject { s, _ := ctx.Value(subjectKey{}).(Subject); return s }

// System is the program itself acting in a job, with role service.
func System() Subject { return Subject{Name: "hệ thống", Grants: []Grant{{Role: Service}}} }

// Actor is a subject whose act was allowed, under the role that allowed it.
type Actor struct {
	ID   uuid.UUID
	Name string
	Role Role
	Unit uuid.UUID // unit, fund or organisation of the grant used; Nil when none
}

// Object names the row an act is about. For a row that does not exist yet, pass its parent (a proposal is
// created on its call), or a Unit.
type Object interface {
	AccessKind() string
	AccessID() uuid.UUID
}

// Ref is an Object by name.
type Ref struct {
	Kind string
	ID   uuid.UUID
}

// AccessKind is the kind of the row.
func (r Ref) AccessKind() string { return r.Kind }

// AccessID is the id of the row.
func (r Ref) AccessID() uuid.UUID { return r.ID }

// Link names objects whose ties count for a row too. ID is SQL over the row's alias that gives a uuid, or ANY(SELECT …)
// where several stand behind one row.
type Link struct{ Kind, ID string }

// Noun tells how rows of one kind carry what the conditions ask for. Expressions are SQL over Alias; "" means
// the noun has none, and a condition that needs it refuses.
type Noun struct {
	Kind     string // as in Object.AccessKind and access_tie.object_kind
	Table    string
	Alias    string // the alias of the bun model
	Managing string // unit id of the Sở KH&CN side
	Finance  string // unit id of the finance side
	Fund     string // fund id
	Own      []Link // whose ties of kind own count besides the row's
	Assigned []Link
	Seat     []Link // e.g. {"call", "p.call_id"} for a proposal, {"council", "m.council_id"} for a matter
	Conflict []Link // parties: organisation, proposal, person behind the row
	Declared []Link // objects a declaration of conflicts may be about besides the row; nil = Assigned and Conflict
	Steps    []Link // objects whose steps count for not_maker besides the row's
	// When gives SQL booleans for conditions that only the noun can judge: "state:draft", "before_deadline",
	// "after_deadline", "after_close", "quorum", "all_ballots", "presiding", "contracted", "budget_ok",
	// "natural_person", "unblinded", "once" …; {user} stands for the subject's id.
	When map[string]string
	// Acts gives SQL asked in place of a condition by acts that do more than read, where the row holds others: who is
	// in conflict with one line of a list may read the rest of it, and decides nothing on the whole.
	Acts map[string]string
	// Reading names the rights to see the row, where they are not those of the resource of its kind or of the act: a
	// refusal has its own words for whoever may see the row by one of them, and is ErrNotFound for the others.
	Reading []Right
}

// Right is a line of the matrix.
type Right struct{ Resource, Action string }

// Tie connects a person, or an organisation, with an object.
type Tie struct {
	Kind   string // own, assigned, seat, coi_declared, conflict, contract
	Who    uuid.UUID
	Object Object
	Reason string // seat: chair, vice, scientific_secretary, critic, member, secretary; conflict: its ground
}

// Fixed ids of the units that take part in the plan; their rows come with the migrations.
var (
	UnitScience      = uuid.MustParse("5c1e0000-0000-4000-8000-000000000001") // Sở Khoa học và Công nghệ
	UnitFinance      = uuid.MustParse("5c1e0000-0000-4000-8000-000000000002") // Sở Tài chính
	UnitProvince     = uuid.MustParse("5c1e0000-0000-4000-8000-000000000003") // UBND tỉnh
	UnitInspectorate = uuid.MustParse("5c1e0000-0000-4000-8000-000000000004") // Thanh tra tỉnh
)

// Units that stand for the whole province, as SQL for Noun.Managing and Noun.Finance of rows no unit manages
// (a programme, a rulebook value, an organisation, an expert).
const (
	ProvinceManaging = "(SELECT kb_u.id FROM units kb_u WHERE kb_u.duty = 'managing')"
	ProvinceFinance  = "(SELECT kb_u.id FROM units kb_u WHERE kb_u.duty = 'finance')"
)
