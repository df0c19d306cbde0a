package proposal

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/form"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/party"
	"kinhbac/internal/web"
)

// The parts of a dossier, filled in any order; each is the last element of its page's address.
const (
	PartOrganisation = "organisation"
	PartTeam         = "team"
	PartContent      = "content"
	PartMarket       = "market"
	PartPlan         = "plan"
	PartBudget       = "budget"
	PartFiles        = "files"
)

// PartQuestions and the key of a section are the part of that section of the call's own questions.
const PartQuestions = "questions/"

// Parts are the parts that every dossier has, in the order they are read.
var Parts = []string{PartOrganisation, PartTeam, PartContent, PartMarket, PartPlan, PartBudget, PartFiles}

// OtherDocument is the code of a file that the call did not ask for.
const OtherDocument = "other"

// Member is one person of a dossier; position 1 leads it (chủ nhiệm).
type Member struct {
	bun.BaseModel `bun:"table:proposal_members,alias:pm"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	ProposalID    uuid.UUID `bun:"type:uuid"`
	Position      int
	Name          string
	Part          string // what the person does
	Qualification string
}

// Attachment is a file of a dossier. Document is a code of the call's required documents, or OtherDocument.
type Attachment struct {
	bun.BaseModel `bun:"table:proposal_files,alias:pf"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	ProposalID    uuid.UUID `bun:"type:uuid"`
	Document      string
	FileID        uuid.UUID `bun:"type:uuid"`
	AddedAt       time.Time
	File          *file.File `bun:"rel:belongs-to,join:file_id=id"`
}

// Dossier is a proposal with everything that is submitted with it.
type Dossier struct {
	*Proposal
	Call         *call.Call
	Organisation *party.Organisation
	Members      []Member
	Costs        []Cost
	Files        []Attachment
	Offers       []call.Offer // contents of the plan that the call takes costs for
	Form         *form.Form   // questions of the call; nil when it has none
	FormDigest   string       // sha256 of the form's schema, hex
}

// InGrace says that the dossier was sent after the announced closing, in the quiet grace of its call.
func (d *Dossier) InGrace() bool {
	return d.SubmittedAt != nil && !d.SubmittedAt.Before(d.Call.ClosesAt)
}

// Parts are the parts of this dossier in the order they are read: the questions of the call stand before the costs.
func (d *Dossier) Parts() []string {
	if d.Form == nil {
		return Parts
	}
	at := slices.Index(Parts, PartBudget)
	parts := slices.Clone(Parts[:at])
	for _, s := range d.Form.Sections {
		parts = append(parts, PartQuestions+s.Key)
	}
	return append(parts, Parts[at:]...)
}

// PartTitle is the name of a part in the language of ctx.
func (d *Dossier) PartTitle(ctx context.Context, part string) string {
	if key, ok := strings.CutPrefix(part, PartQuestions); ok && d.Form != nil {
		if s := d.Form.Section(key); s != nil {
			return web.Pick(i18n.From(ctx), s.TitleVI, s.TitleEN)
		}
	}
	return i18n.T(ctx, "proposal.part."+part)
}

// after is the part that follows, the check after the last.
func (d *Dossier) after(part string) string {
	parts := d.Parts()
	if i := slices.Index(parts, part); i+1 < len(parts) {
		return parts[i+1]
	}
	return "check"
}

// before is the part in front, "" for the first.
func (d *Dossier) before(part string) string {
	parts := d.Parts()
	if i := slices.Index(parts, part); i > 0 {
		return parts[i-1]
	}
	return ""
}

// formIssues are what the answers to the call's questions lack.
func (d *Dossier) formIssues(ctx context.Context) (is []Issue) {
	if d.Form == nil {
		return nil
	}
	for _, l := range d.Form.Lacks(d.Answers) {
		label := web.Pick(i18n.From(ctx), l.Field.LabelVI, l.Field.LabelEN)
		i := Issue{Part: PartQuestions + l.Section.Key, Code: "form.need_answer", Args: []any{label}}
		if l.Words > 0 {
			i.Code, i.Args = "form.over_words", []any{label, l.Field.Words, l.Words}
		}
		is = append(is, i)
	}
	return is
}

// answered says that a question of the section has an answer.
func (d *Dossier) answered(section string) bool {
	s := d.Form.Section(section)
	return s != nil && slices.ContainsFunc(s.Fields, func(q form.Field) bool { return !d.Answers[q.Key].Blank() })
}

// Item is one line of the cost table with what each source pays for it, in đồng.
type Item struct {
	Name              string
	Grant, Own, Other money.Amount
	Content           string           // "" for none
	Quantity          *decimal.Decimal // nil when not said
}

// Total is what the item costs.
func (i Item) Total() money.Amount { return money.Sum(i.Grant, i.Own, i.Other) }

// CoFunding is what the applicant and others pay for the item.
func (i Item) CoFunding() money.Amount { return i.Own.Add(i.Other) }

// Items gathers the cost lines into the rows of the table.
func (d *Dossier) Items() []Item {
	var items []Item
	last := 0
	for _, c := range d.Costs {
		if c.Position != last {
			items, last = append(items, Item{Name: c.Item, Content: c.Content}), c.Position
			if q := c.Quantity; !q.IsZero() {
				items[len(items)-1].Quantity = &q
			}
		}
		i := &items[len(items)-1]
		switch c.Source {
		case Grant:
			i.Grant = c.Amount
		case Own:
			i.Own = c.Amount
		case Other:
			i.Other = c.Amount
		}
	}
	return items
}

// Issue is something to mend before submission. Rule is its legal basis when a rule speaks.
type Issue struct {
	Part string
	Code string
	Args []any
	Rule *errs.Rule
}

// Field is the issue as a refused input; its name is the part.
func (i Issue) Field() errs.Field { return errs.Field{Name: i.Part, Code: i.Code, Args: i.Args} }

// Issues lists what still keeps the dossier from being submitted, by part, rules of eligibility apart.
func (d *Dossier) Issues(ctx context.Context) []Issue {
	var is []Issue
	need := func(ok bool, part, code string, args ...any) {
		if !ok {
			is = append(is, Issue{Part: part, Code: code, Args: args})
		}
	}
	need(d.ContactName != "" && d.ContactEmail != "" && d.ContactPhone != "", PartOrganisation, "proposal.need.contact")
	need(len(d.Members) > 0, PartTeam, "proposal.need.leader")
	need(d.TitleVI != "", PartContent, "proposal.need.title")
	need(d.Summary != "", PartContent, "proposal.need.summary")
	need(d.Problem != "", PartContent, "proposal.need.problem")
	need(d.Solution != "", PartContent, "proposal.need.solution")
	need(d.Market != "", PartMarket, "proposal.need.market")
	need(d.BusinessModel != "", PartMarket, "proposal.need.business_model")
	need(d.DurationMonths > 0, PartPlan, "proposal.need.duration")
	need(d.Plan != "", PartPlan, "proposal.need.plan")
	need(d.Outcomes != "", PartPlan, "proposal.need.outcomes")
	is = append(is, d.formIssues(ctx)...)
	is = append(is, d.moneyIssues()...)
	for _, doc := range d.Call.Documents {
		need(d.has(doc), PartFiles, "proposal.need.document", i18n.T(ctx, documentWords(doc)))
	}
	return is
}

// moneyIssues compares the cost table with the ceiling of one award, the least share of co-funding and the norms.
func (d *Dossier) moneyIssues() []Issue {
	if d.Requested.Sign() <= 0 {
		return []Issue{{Part: PartBudget, Code: "proposal.need.costs"}}
	}
	var is []Issue
	if limit := d.Call.CeilingAward; d.Requested.Cmp(limit) > 0 {
		is = append(is, Issue{Part: PartBudget, Code: "proposal.over_ceiling", Args: []any{limit.Format(), d.Requested.Sub(limit).Format()}})
	}
	if least := d.Call.CoFundingShare; least.Sign() > 0 && !enough(d.CoFunding, d.Total(), least) {
		is = append(is, Issue{Part: PartBudget, Code: "proposal.low_co_funding", Args: []any{percent(least), percent(d.CoFundingShare())}})
	}
	return append(is, d.normIssues()...)
}

// enough says that own is at least share percent of total, in exact arithmetic.
func enough(own, total money.Amount, share decimal.Decimal) bool {
	return own.Decimal().Mul(decimal.NewFromInt(100)).GreaterThanOrEqual(total.Decimal().Mul(share))
}

// percent writes a share with at most two decimals and a comma, rounded down so that it never shows more than is.
func percent(d decimal.Decimal) string {
	s := d.Truncate(2).String()
	for i := range len(s) {
		if s[i] == '.' {
			return s[:i] + "," + s[i+1:] + "%"
		}
	}
	return s + "%"
}

func (d *Dossier) has(document string) bool {
	for _, f := range d.Files {
		if f.Document == document {
			return true
		}
	}
	return false
}

// Size is the size of all files together, in bytes.
func (d *Dossier) Size() (n int64) {
	for _, f := range d.Files {
		n += f.File.Size
	}
	return n
}

// State says how far a part is: todo, doing, done.
func (d *Dossier) State(part string, issues []Issue) string {
	for _, i := range issues {
		if i.Part == part {
			if d.begun(part) {
				return "doing"
			}
			return "todo"
		}
	}
	return "done"
}

func (d *Dossier) begun(part string) bool {
	if key, ok := strings.CutPrefix(part, PartQuestions); ok {
		return d.answered(key)
	}
	switch part {
	case PartOrganisation:
		return d.ContactName+d.ContactEmail+d.ContactPhone != ""
	case PartTeam:
		return len(d.Members) > 0
	case PartContent:
		return d.TitleVI+d.Summary+d.Problem+d.Solution != ""
	case PartMarket:
		return d.Market+d.BusinessModel != ""
	case PartPlan:
		return d.Plan+d.Outcomes != "" || d.DurationMonths > 0
	case PartBudget:
		return len(d.Costs) > 0
	}
	return len(d.Files) > 0
}

// Words says in the given language what to mend.
func (i Issue) Words(lang string) string { return i18n.Text(i18n.Lang(lang), i.Code, i.Args...) }

// Kilobytes is the size of the file, rounded up.
func (a Attachment) Kilobytes() int { return int((a.File.Size + 1023) >> 10) }
