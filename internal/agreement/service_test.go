package agreement_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/agreement"
	"kinhbac/internal/agreement/agreementtest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

// holds compares the amounts of a control line.
func holds(t *testing.T, what string, s ledger.State, available, reserved, committed int64) {
	t.Helper()
	if !s.Available.Equal(money.VND(available)) || !s.Reserved.Equal(money.VND(reserved)) || !s.Committed.Equal(money.VND(committed)) {
		t.Errorf("%s: available %s, reserved %s, committed %s; want %d, %d, %d", what, s.Available, s.Reserved, s.Committed, available, reserved, committed)
	}
}

func TestSignatures(t *testing.T) {
	h := agreementtest.New(t, 1500, 1000)
	h.Draft(400, 600)
	if h.Agreement.No == "" || h.Agreement.Status != agreement.Draft {
		t.Fatalf("the draft: %+v", h.Agreement)
	}
	_, err := h.Agreements.Draft(h.Officer, h.Award, agreementtest.Terms(1000))
	want(t, err, agreement.ErrExists)

	_, err = h.Agreements.SignState(h.Head, h.Agreement.ID)
	want(t, err, agreement.ErrState) // the grantee signs first
	_, err = h.Agreements.SignGrantee(h.Head, h.Agreement.ID)
	want(t, err, access.ErrForbidden)
	_, err = h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	h.Must(err, "sign for the grantee")
	_, err = h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	want(t, err, agreement.ErrState)
	holds(t, "the line before the State signs", h.Budget(), 500, 1000, 0)

	_, err = h.Agreements.SignState(h.Head, h.Agreement.ID)
	h.Must(err, "sign for the State")
	holds(t, "the line", h.Budget(), 500, 0, 1000)
	holds(t, "the contract", h.Contract(), 1000, 0, 0)
	if a := h.Reload(); a.Status != agreement.Running || a.Digest != a.Seal() {
		t.Errorf("signed by both: %s, digest as signed %v", a.Status, a.Digest == a.Seal())
	}
	_, err = h.Agreements.SignState(h.Head, h.Agreement.ID) // a double click
	want(t, err, agreement.ErrState)
	holds(t, "the line after a double click", h.Budget(), 500, 0, 1000)
}

func TestDraftRefusals(t *testing.T) {
	h := agreementtest.New(t, 1000, 1000)
	for _, c := range []struct {
		name   string
		as     context.Context
		terms  agreement.Terms
		target error
	}{
		{"one đồng over the award", h.Officer, agreementtest.Terms(400, 601), agreement.ErrSum},
		{"one đồng under the award", h.Officer, agreementtest.Terms(400, 599), agreement.ErrSum},
		{"the grantee, who cannot see the set yet", h.Applicant, agreementtest.Terms(1000), access.ErrNotFound},
		{"a finance officer", h.Finance, agreementtest.Terms(1000), access.ErrForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := h.Agreements.Draft(c.as, h.Award, c.terms)
			want(t, err, c.target)
		})
	}
	h.Exec("UPDATE awards SET outcome = 'reserve', amount = 0")
	_, err := h.Agreements.Draft(h.Officer, h.Award, agreementtest.Terms(1000))
	want(t, err, agreement.ErrNotFunded)
}

// TestDrafterDoesNotSign gives the drafter the department head's role too.
func TestDrafterDoesNotSign(t *testing.T) {
	h := agreementtest.New(t, 1000, 1000)
	h.Draft(1000)
	_, err := h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	h.Must(err, "sign for the grantee")
	both := access.From(h.Officer)
	both.Grants = append(both.Grants, access.Grant{Role: access.DepartmentHead, Unit: access.UnitScience})
	_, err = h.Agreements.SignState(access.With(h.Officer, both), h.Agreement.ID)
	want(t, err, access.ErrNotMaker)
	holds(t, "the line", h.Budget(), 0, 1000, 0)
}

func TestTermsChangedAfterTheDraft(t *testing.T) {
	h := agreementtest.New(t, 1000, 1000)
	h.Draft(400, 600)
	h.Exec("UPDATE agreements SET payee_account = '999999999' WHERE id = ?", h.Agreement.ID)
	_, err := h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	want(t, err, agreement.ErrDigest)
	h.Exec("UPDATE agreements SET payee_account = '115500884471' WHERE id = ?", h.Agreement.ID)
	_, err = h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	h.Must(err, "sign the terms as drafted")
	h.Exec("UPDATE agreement_milestones SET amount = amount + 1 WHERE position = 1")
	_, err = h.Agreements.SignState(h.Head, h.Agreement.ID)
	want(t, err, agreement.ErrDigest)
	holds(t, "the line", h.Budget(), 0, 1000, 0)
}

// TestReserveIsGone signs when the money set aside by the decision was taken back meanwhile, to the đồng.
func TestReserveIsGone(t *testing.T) {
	h := agreementtest.New(t, 1000, 1000)
	h.Draft(1000)
	_, err := h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	h.Must(err, "sign for the grantee")
	other := uuid.New()
	h.Move("award_set", other, "BUDGET", h.Line.ControlLine, "release", ledger.Reserved, ledger.Available, 1)
	_, err = h.Agreements.SignState(h.Head, h.Agreement.ID)
	want(t, err, ledger.ErrInsufficient)
	if a := h.Reload(); a.Status != agreement.SignedGrantee || a.ContractLine != nil {
		t.Errorf("the refusal moved the agreement to %s", a.Status)
	}
	h.Move("award_set", other, "BUDGET", h.Line.ControlLine, "reserve", ledger.Available, ledger.Reserved, 1)
	_, err = h.Agreements.SignState(h.Head, h.Agreement.ID)
	h.Must(err, "sign when the reserve is whole")
}

// TestTwoSignaturesAtOnce lets two heads sign in the same instant: one signature, one commitment.
func TestTwoSignaturesAtOnce(t *testing.T) {
	h := agreementtest.New(t, 3000, 1000)
	h.Move("award_set", uuid.New(), "BUDGET", h.Line.ControlLine, "reserve", ledger.Available, ledger.Reserved, 1000) // enough for two
	h.Draft(1000)
	_, err := h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	h.Must(err, "sign for the grantee")
	var wg sync.WaitGroup
	heads := []context.Context{h.Head, h.As(access.DepartmentHead)}
	got := make([]error, len(heads))
	for i, head := range heads {
		wg.Go(func() { _, got[i] = h.Agreements.SignState(head, h.Agreement.ID) })
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("two signatures: %v and %v", got[0], got[1])
	}
	holds(t, "the line", h.Budget(), 1000, 1000, 1000)
}

func TestReports(t *testing.T) {
	h := agreementtest.New(t, 1000, 1000)
	h.Draft(400, 600)
	first, all := h.Agreement.Milestones[0], money.VND(400)
	_, err := h.Agreements.SubmitReport(h.Applicant, h.Agreement.ID, first.ID, "Đã xong", all)
	want(t, err, access.ErrState) // it does not run yet
	_, err = h.Agreements.SignGrantee(h.Signatory, h.Agreement.ID)
	h.Must(err, "sign for the grantee")
	_, err = h.Agreements.SignState(h.Head, h.Agreement.ID)
	h.Must(err, "sign for the State")

	_, err = h.Agreements.SubmitReport(h.Applicant, h.Agreement.ID, first.ID, "", all)
	want(t, err, agreement.ErrReportEmpty)
	stranger := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.Applicant}})
	_, err = h.Agreements.SubmitReport(stranger, h.Agreement.ID, first.ID, "Đã xong", all)
	want(t, err, access.ErrNotFound) // another's agreement is not there
	r, err := h.Agreements.SubmitReport(h.Applicant, h.Agreement.ID, first.ID, "Đã xong", all)
	h.Must(err, "report")
	_, err = h.Agreements.SubmitReport(h.Applicant, h.Agreement.ID, first.ID, "Đã xong", all)
	want(t, err, agreement.ErrReportDecided)

	_, err = h.Agreements.DecideReport(h.Applicant, r.ID, true, "")
	want(t, err, access.ErrForbidden)
	_, err = h.Agreements.DecideReport(h.Officer, r.ID, false, " ")
	want(t, err, agreement.ErrReportEmpty)
	_, err = h.Agreements.DecideReport(h.Officer, r.ID, false, "Thiếu ảnh")
	h.Must(err, "return the report")
	if m := h.Reload().Milestones[0]; m.Status != agreement.Pending {
		t.Errorf("a returned report leaves the milestone %s", m.Status)
	}
	h.Accept(0)
	if m := h.Agreement.Milestones[0]; m.Status != agreement.MilestoneAccepted {
		t.Errorf("an accepted report leaves the milestone %s", m.Status)
	}
	_, err = h.Agreements.DecideReport(h.Officer, r.ID, true, "")
	want(t, err, agreement.ErrReportDecided)
}
