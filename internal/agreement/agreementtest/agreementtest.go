// Package agreementtest lends tests a decided award on a funded budget line, the people of a payment, and the steps
// from the award to accepted milestones. What lies upstream of the agreement is written straight into the tables; from
// the agreement on everything is done by the commands.
package agreementtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/agreement"
	"kinhbac/internal/allocation"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// House is a database with the services up to the agreement and one award. Amounts are in đồng.
type House struct {
	*counciltest.House
	Agreements *agreement.Service
	Award      uuid.UUID
	Agreement  *agreement.Agreement // set by Draft, kept fresh by Reload

	Applicant, Signatory context.Context // both of the awarded organisation
	Holder               context.Context // account holder at the finance office
}

// New makes a house whose only dossier was awarded amount on a line that holds line.
func New(t testing.TB, line, amount int64) *House {
	t.Helper()
	h := &House{House: counciltest.New(t, line, amount)}
	allocation.New(h.DB, h.Access, h.Councils)
	h.Agreements = agreement.New(h.DB, h.Access)
	h.Applicant, h.Signatory = h.Of(access.Applicant), h.Of(access.OrgSignatory)
	h.Holder = h.As(access.AccountHolder)
	h.decide(amount)
	return h
}

// As makes a person with the given roles.
func (h *House) As(roles ...access.Role) context.Context {
	h.T.Helper()
	return accesstest.As(h.T, context.Background(), h.DB, accesstest.Person{Roles: roles})
}

// Of makes a person with a role in the awarded organisation, which also owns the dossier.
func (h *House) Of(role access.Role) context.Context {
	h.T.Helper()
	p := h.Dossiers[0]
	ctx := accesstest.As(h.T, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{role}, Organisation: p.OrganisationID})
	for _, o := range []access.Object{access.Ref{Kind: "organisation", ID: p.OrganisationID}, access.Ref{Kind: "proposal", ID: p.ID}} {
		h.Must(access.AddTie(ctx, h.DB, access.Tie{Kind: "own", Who: access.From(ctx).ID, Object: o}), "tie the person to the dossier")
	}
	return ctx
}

// Must ends the test when a step of the way there fails.
func (h *House) Must(err error, what string) {
	h.T.Helper()
	if err != nil {
		h.T.Fatalf("%s: %v", what, err)
	}
}

// Exec runs SQL as the owner of the tables, for what no command does.
func (h *House) Exec(query string, args ...any) {
	h.T.Helper()
	_, err := dbtest.Owner(h.T, h.DB).NewRaw(query, args...).Exec(context.Background())
	h.Must(err, query)
}

// decide writes the decided award and reserves its money.
func (h *House) decide(amount int64) {
	h.T.Helper()
	h.Establish()
	h.Schedule(h.Dossiers[0].ID)
	ranking, set, p := uuid.New(), uuid.New(), h.Dossiers[0]
	h.Award = uuid.New()
	h.Exec(`INSERT INTO rankings (id, call_id, council_id, session_id, status, tie_order, ceiling, pass_mark, managing_unit_id, computed_at)
		VALUES (?, ?, ?, ?, 'computed', '', ?, 70, ?, kb.now())`, ranking, h.Call.ID, h.Council.ID, h.Session.ID, amount, access.UnitScience)
	h.Exec(`INSERT INTO award_sets (id, call_id, ranking_id, budget_line_id, ceiling, status, decision_no, decided_on, decided_at, managing_unit_id, finance_unit_id,
			drafted_by, proposed_by, appraised_by, confirmed_by, decided_by)
		VALUES (?, ?, ?, ?, ?, 'decided', '1284/QĐ-UBND', current_date, kb.now(), ?, ?, ?, ?, ?, ?, ?)`, set, h.Call.ID, ranking, h.Line.ID, amount,
		access.UnitScience, access.UnitFinance, id(h.Officer), id(h.Head), id(h.Finance), id(h.Accountant), id(h.Leader))
	h.Exec(`INSERT INTO awards (id, set_id, proposal_id, organisation_id, rank, score, requested, proposed, appraised, amount, outcome)
		VALUES (?, ?, ?, ?, 1, 90, ?, ?, ?, ?, 'funded')`, h.Award, set, p.ID, p.OrganisationID, amount, amount, amount, amount)
	h.Exec("UPDATE proposals SET status = 'awarded' WHERE id = ?", p.ID)
	h.Move("award_set", set, "BUDGET", h.Line.ControlLine, "reserve", ledger.Available, ledger.Reserved, amount)
}

// Move posts one stage move for a document that the test does not act out.
func (h *House) Move(document string, doc uuid.UUID, book string, line int64, kind string, from, to ledger.Stage, amount int64) {
	h.T.Helper()
	_, err := ledger.Post(context.Background(), h.DB, ledger.Journal{Book: book, Kind: kind, Document: ledger.Ref{Kind: document, ID: doc, No: kind},
		Key: uuid.NewString(), Actor: id(h.Head), Approver: id(h.Leader), Reason: kind,
		Moves: []ledger.Move{{Line: line, From: from, To: to, Amount: money.VND(amount)}}})
	h.Must(err, kind)
}

func id(ctx context.Context) uuid.UUID { return access.From(ctx).ID }

// Terms are terms with one milestone for each amount.
func Terms(amounts ...int64) agreement.Terms {
	today := counciltest.Today()
	t := agreement.Terms{StartsOn: today, EndsOn: today.AddYears(1), PayeeName: "Công ty 1", PayeeBank: "970436", PayeeAccount: "115500884471"}
	for i, a := range amounts {
		t.Milestones = append(t.Milestones, agreement.Content{Name: fmt.Sprintf("Nội dung %d", i+1), Amount: money.VND(a), DueOn: today.AddDays(30)})
	}
	return t
}

// Draft drafts the agreement with one milestone for each amount.
func (h *House) Draft(amounts ...int64) {
	h.T.Helper()
	a, err := h.Agreements.Draft(h.Officer, h.Award, Terms(amounts...))
	h.Must(err, "draft the agreement")
	h.Agreement = a
}

// Run drafts the agreement and has both parties sign it.
func (h *House) Run(amounts ...int64) {
	h.T.Helper()
	h.Draft(amounts...)
	_, err := h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	h.Must(err, "sign for the grantee")
	_, err = h.Agreements.SignState(h.Head, h.Agreement.ID)
	h.Must(err, "sign for the State")
	h.Reload()
}

// Accept reports milestone i, counted from 0, and accepts the report.
func (h *House) Accept(i int) {
	h.T.Helper()
	m := h.Agreement.Milestones[i]
	r, err := h.Agreements.SubmitReport(h.Applicant, h.Agreement.ID, m.ID, "Đã xong", m.Amount)
	h.Must(err, "report a milestone")
	_, err = h.Agreements.DecideReport(h.Officer, r.ID, true, "")
	h.Must(err, "accept the report")
	h.Reload()
}

// Reload reads the agreement again.
func (h *House) Reload() *agreement.Agreement {
	h.T.Helper()
	a, err := agreement.Get(context.Background(), h.DB, h.Agreement.ID)
	h.Must(err, "read the agreement")
	h.Agreement = a
	return a
}

// Budget is the state of the budget line.
func (h *House) Budget() ledger.State { return h.state(h.Line.ControlLine) }

// Contract is the state of the contract's own line; the agreement must run.
func (h *House) Contract() ledger.State { return h.state(*h.Reload().ContractLine) }

func (h *House) state(line int64) ledger.State {
	h.T.Helper()
	s, err := ledger.Line(context.Background(), h.DB, line)
	h.Must(err, "read a control line")
	return s
}
