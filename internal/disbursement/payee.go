package disbursement

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"kinhbac/internal/agreement"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
)

// payeeBefore is the account before it changed: that of the order when the agreement has another one now, else that of the
// last payment to the same organisation; empty when nothing changed.
func payeeBefore(ctx context.Context, db bun.IDB, o *Order, a *agreement.Agreement) (string, error) {
	if o.PayeeName != a.PayeeName || o.PayeeBank != a.PayeeBank || o.PayeeAccount != a.PayeeAccount {
		return accountText(o.PayeeAccount, o.PayeeBank), nil
	}
	var last []Order
	err := db.NewSelect().Model(&last).Where("po.organisation_id = ?", o.OrganisationID).Where("po.status = ?", OrderPaid).Where("po.id <> ?", o.ID).
		OrderExpr("po.paid_on DESC, po.paid_at DESC").Limit(1).Scan(ctx)
	if err != nil {
		return "", fmt.Errorf("last payment to organisation %s: %w", o.OrganisationID, err)
	}
	if len(last) == 0 || last[0].PayeeBank == o.PayeeBank && last[0].PayeeAccount == o.PayeeAccount {
		return "", nil
	}
	return accountText(last[0].PayeeAccount, last[0].PayeeBank), nil
}

// accountText is an account with its bank as a remark names it: 115500884471 (970436).
func accountText(account, bank string) string { return account + " (" + bank + ")" }

// payeePart is what the page of a request shows of the payee's account.
type payeePart struct {
	Before  string              // account before it changed, empty when it did not
	Note    string              // the change in words, for those who may see it
	History []agreement.Account // first the latest; empty for who may not see them
}

// payeeOf reads what is shown of the payee's account: until an order is approved as it stands now, afterwards as it stood.
func (s *Service) payeeOf(ctx context.Context, v *view, a *agreement.Agreement, o *orderView) (*payeePart, error) {
	db := storage.Joined(ctx, s.db)
	p := &payeePart{}
	var err error
	switch {
	case o == nil && v.Status == Paid:
	case o == nil:
		p.Before, err = payeeBefore(ctx, db, &Order{PayeeName: a.PayeeName, PayeeBank: a.PayeeBank, PayeeAccount: a.PayeeAccount, OrganisationID: a.OrganisationID}, a)
	case o.Status == Made || o.Status == OrderChecked:
		p.Before, err = payeeBefore(ctx, db, &o.Order, a)
	default:
		p.Before = o.PayeeBefore
	}
	if err != nil {
		return nil, err
	}
	sees, err := agreement.SeesAccounts(ctx, db, s.access, v)
	if err != nil || !sees {
		return p, err
	}
	if p.History, err = agreement.Accounts(ctx, db, a.OrganisationID); err != nil {
		return nil, err
	}
	for _, x := range p.History {
		if x.AgreementID == a.ID {
			if p.Before != "" {
				p.Note = i18n.T(ctx, "disbursement.payee_changed", calendar.DateOf(x.Since).Format(), x.By, p.Before)
			}
			break
		}
	}
	return p, nil
}

// check is the machine check of the account against the agreement and the last payment.
func (p *payeePart) check(t words) check {
	c := check{OK: p.Before == "", What: t("check_payee"), Basis: t("check_payee_same")}
	switch {
	case c.OK:
	case p.Note != "":
		c.Basis = p.Note
	default:
		c.Basis = t("check_payee_changed")
	}
	return c
}
