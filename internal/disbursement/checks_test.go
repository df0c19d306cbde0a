package disbursement

import (
	"testing"

	"kinhbac/internal/agreement"
	"kinhbac/internal/money"
)

func TestOwnShareFollowsThePayment(t *testing.T) {
	a := &agreement.Agreement{Amount: money.VND(980_000_000), CoFunding: money.VND(420_000_000)}
	if got := ownShare(a, money.VND(392_000_000)); !got.Equal(money.VND(168_000_000)) {
		t.Errorf("40%% of the grant asks for %s of its own", got.Format())
	}
	a.Amount, a.CoFunding = money.VND(3), money.VND(1)
	if got := ownShare(a, money.VND(1)); !got.IsZero() { // a third of one đồng
		t.Errorf("a third of one đồng is %s", got)
	}
	if got := ownShare(a, money.VND(2)); !got.Equal(money.VND(1)) { // two thirds
		t.Errorf("two thirds of one đồng are %s", got)
	}
	if got := ownShare(&agreement.Agreement{}, money.VND(5)); !got.IsZero() {
		t.Errorf("no agreement, %s", got)
	}
}

func TestShareAndTail(t *testing.T) {
	if got := share(money.VND(392), money.VND(980)); got != "40%" {
		t.Error(got)
	}
	if got := share(money.VND(1), money.VND(3)); got != "33,3%" {
		t.Error(got)
	}
	if got := share(money.VND(1), money.Amount{}); got != "–" {
		t.Error(got)
	}
	if tail("115500884471") != "4471" || tail("12") != "12" {
		t.Error("the end of an account")
	}
}
