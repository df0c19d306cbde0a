package proposal

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// NormUse is what the cost table says of one content that has a norm: the grant asked and where it is above the norm.
type NormUse struct {
	Offer call.Offer
	Asked money.Amount // of the grant, over all lines of the content
	Over  []call.Overrun
}

// NormUses are the contents that cost lines name and that have a norm in the call, in the order of the plan.
func (d *Dossier) NormUses() (uses []NormUse) {
	items := d.Items()
	for _, o := range d.Offers {
		var lines []call.Line
		asked := money.VND(0)
		for _, it := range items {
			if it.Content != o.Code {
				continue
			}
			l := call.Line{Item: it.Name, Grant: it.Grant, Total: it.Total()}
			if it.Quantity != nil {
				l.Quantity = *it.Quantity
			}
			lines, asked = append(lines, l), asked.Add(it.Grant)
		}
		if len(lines) > 0 && o.Norm != nil {
			uses = append(uses, NormUse{o, asked, o.Norm.Over(lines, d.DurationMonths)})
		}
	}
	return uses
}

// normIssues are what is above a verified norm: the call published it, so it is mended before submission. What is above a
// norm whose value nobody has read in its instrument keeps nobody from submitting; screening looks at it.
func (d *Dossier) normIssues() (is []Issue) {
	for _, u := range d.NormUses() {
		if !u.Offer.Norm.Verified {
			continue
		}
		for _, o := range u.Over {
			is = append(is, u.issue(o))
		}
	}
	return is
}

func (u NormUse) issue(o call.Overrun) Issue {
	i := Issue{Part: PartBudget, Code: "proposal.norm_" + o.Bound, Args: []any{o.Item, o.Asked.Format(), o.Allowed.Format()}}
	switch {
	case o.Uncounted:
		i.Code, i.Args = "proposal.norm_uncounted", []any{o.Item}
	case o.Bound == call.ByYear:
		i.Args = []any{u.Offer.Code, o.Asked.Format(), o.Allowed.Format()}
	}
	return i
}

// Issues says in words what is above the norm.
func (u NormUse) Issues() (is []Issue) {
	for _, o := range u.Over {
		is = append(is, u.issue(o))
	}
	return is
}

// normFindings hold every content with a norm against it, for the officer who screens.
func (d *Dossier) normFindings() (fs []Finding) {
	for _, u := range d.NormUses() {
		n := u.Offer.Norm
		f := Finding{Question: "proposal.rule.norm", Answer: call.Pass, Detail: u.Offer.Code + " · " + u.Asked.Format(), Article: n.Source,
			Unverified: !n.Verified, Inputs: []string{}}
		var over []string
		for _, i := range u.Issues() {
			over = append(over, i.Words(string(i18n.VI)))
		}
		if len(over) > 0 {
			f.Answer, f.Detail = call.Fail, f.Detail+" · "+strings.Join(over, "; ")
			if !n.Verified {
				f.Answer = call.Look
			}
		}
		fs = append(fs, f)
	}
	return fs
}

// maxQuantity is the most units that one line may name.
var maxQuantity = decimal.NewFromInt(1_000_000)

// checkContents refuses lines that name a content which the call does not offer, or a quantity that is none.
func (e BudgetEdit) checkContents(offers []call.Offer) error {
	var wrong []errs.Field
	for i, it := range e.Items {
		if it.Content != "" && !slices.ContainsFunc(offers, func(o call.Offer) bool { return o.Code == it.Content }) {
			wrong = append(wrong, errs.Field{Name: itemAt(i) + "content", Code: "proposal.need.content"})
		}
		if q := it.Quantity; q != nil && (q.IsNegative() || q.GreaterThan(maxQuantity) || q.Exponent() < -2 || it.Content == "" && !q.IsZero()) {
			wrong = append(wrong, errs.Field{Name: itemAt(i) + "quantity", Code: "proposal.need.quantity"})
		}
	}
	if len(wrong) > 0 {
		return errs.New(errs.Invalid, "errs.invalid").At(wrong...)
	}
	return nil
}

// contentChoices are the contents of the call as choices of a cost line, none first.
func (d *Dossier) contentChoices(lang i18n.Lang) []web.Option {
	if len(d.Offers) == 0 {
		return nil
	}
	out := []web.Option{{Value: "", Label: i18n.Text(lang, "proposal.no_content")}}
	for _, o := range d.Offers {
		out = append(out, web.Option{Value: o.Code, Label: o.Code + " " + web.Pick(lang, o.NameVI, o.NameEN)})
	}
	return out
}
