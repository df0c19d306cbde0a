package proposal

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// What an applicant types into each part. Version is the one the form was read at.
type (
	// OrganisationEdit says whom to ask about the dossier.
	OrganisationEdit struct {
		Version int    `form:"version" json:"version"`
		Name    string `form:"contact_name" json:"contact_name" kb:"max=200"`
		Email   string `form:"contact_email" json:"contact_email" kb:"max=254"`
		Phone   string `form:"contact_phone" json:"contact_phone" kb:"max=30"`
	}
	// ContentEdit describes the project.
	ContentEdit struct {
		Version  int    `form:"version" json:"version"`
		TitleVI  string `form:"title_vi" json:"title_vi" kb:"max=300"`
		TitleEN  string `form:"title_en" json:"title_en" kb:"max=300"`
		Summary  string `form:"summary" json:"summary" kb:"max=1500"`
		Problem  string `form:"problem" json:"problem" kb:"long"`
		Solution string `form:"solution" json:"solution" kb:"long"`
		Novelty  string `form:"novelty" json:"novelty" kb:"long"`
	}
	// MarketEdit describes the market and how the project earns.
	MarketEdit struct {
		Version       int    `form:"version" json:"version"`
		Market        string `form:"market" json:"market" kb:"long"`
		BusinessModel string `form:"business_model" json:"business_model" kb:"long"`
	}
	// PlanEdit says when what is done and what comes out of it.
	PlanEdit struct {
		Version        int    `form:"version" json:"version"`
		DurationMonths int    `form:"duration_months" json:"duration_months"`
		Plan           string `form:"plan" json:"plan" kb:"long"`
		Outcomes       string `form:"outcomes" json:"outcomes" kb:"long"`
	}
	// TeamEdit names the people, the leader first.
	TeamEdit struct {
		Version int          `form:"version" json:"version"`
		Members []MemberEdit `form:"members" json:"members" kb:"max=50"`
	}
	// MemberEdit is one person of the team.
	MemberEdit struct {
		Name          string `form:"name" json:"name" kb:"max=200"`
		Part          string `form:"part" json:"part" kb:"max=200"`
		Qualification string `form:"qualification" json:"qualification" kb:"max=300"`
	}
	// BudgetEdit is the cost table.
	BudgetEdit struct {
		Version   int        `form:"version" json:"version"`
		Items     []ItemEdit `form:"items" json:"items" kb:"max=100"`
		CostBasis string     `form:"cost_basis" json:"cost_basis" kb:"max=1500"`
	}
	// ItemEdit is one line of the cost table; an amount left out is 0.
	ItemEdit struct {
		Item  string        `form:"item" json:"item" kb:"max=200"`
		Grant *money.Amount `form:"grant" json:"grant"`
		Own   *money.Amount `form:"own" json:"own"`
		Other *money.Amount `form:"other" json:"other"`

		Content  string           `form:"content" json:"content" kb:"max=5"`
		Quantity *decimal.Decimal `form:"quantity" json:"quantity"`
	}
)

// field is one text of a part: its words, where it is kept, what was typed.
type field struct {
	label  string
	stored *string
	typed  string
}

func (e OrganisationEdit) fields(p *Proposal) []field {
	return []field{
		{"proposal.contact_name", &p.ContactName, e.Name},
		{"proposal.contact_email", &p.ContactEmail, e.Email},
		{"proposal.contact_phone", &p.ContactPhone, e.Phone},
	}
}

func (e ContentEdit) fields(p *Proposal) []field {
	return []field{
		{"proposal.title_vi", &p.TitleVI, e.TitleVI},
		{"proposal.title_en", &p.TitleEN, e.TitleEN},
		{"proposal.summary", &p.Summary, e.Summary},
		{"proposal.problem", &p.Problem, e.Problem},
		{"proposal.solution", &p.Solution, e.Solution},
		{"proposal.novelty", &p.Novelty, e.Novelty},
	}
}

func (e MarketEdit) fields(p *Proposal) []field {
	return []field{
		{"proposal.market", &p.Market, e.Market},
		{"proposal.business_model", &p.BusinessModel, e.BusinessModel},
	}
}

func (e PlanEdit) fields(p *Proposal) []field {
	return []field{
		{"proposal.plan", &p.Plan, e.Plan},
		{"proposal.outcomes", &p.Outcomes, e.Outcomes},
	}
}

// fields shows the sums beside the text; the lines themselves are compared where they are kept.
func (e BudgetEdit) fields(p *Proposal) []field {
	_, requested, own, _ := e.costs(p) // what is wrong with them is said when they are kept
	nowRequested, nowOwn := p.Requested.Format(), p.CoFunding.Format()
	return []field{
		{"proposal.requested", &nowRequested, requested.Format()},
		{"proposal.co_funding", &nowOwn, own.Format()},
		{"proposal.cost_basis", &p.CostBasis, e.CostBasis},
	}
}

// people is a team as stored and as typed.
type people struct {
	stored []Member
	typed  []MemberEdit
}

func (e people) fields(*Proposal) []field {
	var stored, typed []string
	for _, m := range e.stored {
		stored = append(stored, strings.Join([]string{m.Name, m.Part, m.Qualification}, ", "))
	}
	for _, m := range e.typed {
		typed = append(typed, strings.Join([]string{m.Name, m.Part, m.Qualification}, ", "))
	}
	now := strings.Join(stored, "; ")
	return []field{{"proposal.team", &now, strings.Join(typed, "; ")}}
}

// differences lists what was typed against what is stored.
func differences(fields []field) (ds []errs.Difference) {
	for _, f := range fields {
		if *f.stored != f.typed {
			ds = append(ds, errs.Difference{Label: f.label, Yours: f.typed, Current: *f.stored})
		}
	}
	return ds
}

func itemAt(i int) string { return "items[" + strconv.Itoa(i) + "]." }

// costs makes the lines of the table, or says which input to mend.
func (e BudgetEdit) costs(p *Proposal) (cs []Cost, requested, own money.Amount, err error) {
	var wrong []errs.Field
	for i, it := range e.Items {
		at := itemAt(i)
		if it.Item == "" {
			wrong = append(wrong, errs.Field{Name: at + "item", Code: "proposal.need.item"})
			continue
		}
		before := len(cs)
		for _, part := range []struct {
			source Source
			amount *money.Amount
		}{{Grant, it.Grant}, {Own, it.Own}, {Other, it.Other}} {
			if part.amount == nil || part.amount.IsZero() {
				continue
			}
			c := Cost{ProposalID: p.ID, Position: i + 1, Item: it.Item, Source: part.source, Amount: *part.amount, Content: it.Content}
			if it.Quantity != nil {
				c.Quantity = *it.Quantity
			}
			cs = append(cs, c)
			if part.source == Grant {
				requested = requested.Add(*part.amount)
			} else {
				own = own.Add(*part.amount)
			}
		}
		if len(cs) == before {
			wrong = append(wrong, errs.Field{Name: at + "grant", Code: "proposal.need.amount"})
		}
	}
	if requested.Add(own).Cmp(money.Max) > 0 {
		wrong = append(wrong, errs.Field{Name: "items", Code: money.ErrTooLarge.Code})
	}
	if len(wrong) > 0 {
		return nil, requested, own, errs.New(errs.Invalid, "errs.invalid").At(wrong...)
	}
	return cs, requested, own, nil
}
