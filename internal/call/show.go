package call

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

func instant(t time.Time) string { return t.In(calendar.Zone).Format("15:04, 02/01/2006") }

// moneyBehind is what the budget line of a call has; only the office sees it.
type moneyBehind struct {
	Code      string
	NameVI    string
	NameEN    string
	Available money.Amount
	Short     bool // the ceiling is above what is available
}

// can tells which acts the page offers.
type can struct {
	Update, Approve, Publish, Close, Evaluate, Archive       bool
	ProposeExtension, Extend, ProposeAddendum, Addend, Apply bool
}

type showPage struct {
	web.Base
	Call      *Call
	Programme *Programme
	Source    string // source of the money, in words
	Track     []web.Stage
	Rules     []rulebook.Value
	Addenda   []Addendum
	Pending   []Addendum
	Money     *moneyBehind
	Can       can
	Sum       int
	MaxAge    string // of a start-up, in words; "" when no rule
	HeadYears string // of the head of a support organisation, in words
	Open      bool   // takes dossiers now
	Status    Status // as this reader may know it
	CanCopy   bool
	Offers    []Offer
}

// articles are the rules shown to everybody on a call, by track.
var articles = map[string][]string{
	TrackInnovation: {"eligibility.startup.max_age_years", "eligibility.applicant.legal_person", "eligibility.barred.unrepaid_state_money",
		"innovation.validity", "innovation.review", "council.nd268.quorum", "council.nd268.content", "allocation.publish_days"},
	TrackScience: {"eligibility.startup.max_age_years", "eligibility.barred.unrepaid_state_money", "science.validity", "science.approval",
		"council.nd267.quorum", "council.nd267.outlier", "allocation.publish_days"},
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	c, err := h.Read(ctx, r.Param("code"))
	if err != nil {
		return nil, err
	}
	p := &showPage{Call: c}
	err = storage.InTx(ctx, h.db, func(ctx context.Context, _ bun.Tx) error {
		p.Open, p.Status = c.Accepts(storage.Now(ctx)) == nil, c.Shown(storage.Now(ctx))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, x := range c.Criteria {
		p.Sum += x.MaxPoints
	}
	if p.Offers, err = Offers(ctx, h.db, c); err != nil {
		return nil, err
	}
	if p.Programme, err = GetProgramme(ctx, h.db, c.ProgrammeID); err != nil {
		return nil, err
	}
	line, err := budget.Get(ctx, h.db, c.BudgetLineID)
	if err != nil {
		return nil, err
	}
	p.Source = i18n.T(ctx, "call.source."+line.SourceCode)
	words := func(id string) string {
		v, err := rulebook.GetVersion(ctx, h.db, id, c.Rulebook, c.ClosesAt)
		if err != nil {
			return ""
		}
		return v.Words(r.Lang())
	}
	p.MaxAge, p.HeadYears = words("eligibility.startup.max_age_years"), words("eligibility.support.head_min_years")
	days := map[string]int{}
	for _, id := range articles[c.Track] {
		if c.Beneficiary == ForSupport && id == articles[c.Track][0] {
			continue
		}
		v, err := rulebook.GetVersion(ctx, h.db, id, c.Rulebook, c.ClosesAt)
		if errors.Is(err, rulebook.ErrNoRule) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p.Rules = append(p.Rules, v)
		if n, err := v.Int(); err == nil && v.Unit == "d" {
			days[id] = n
		}
	}
	validity, review := days["innovation.validity"], days["innovation.review"]
	if review > 0 {
		review += validity
	}
	p.Track = track(ctx, c, validity, review)
	all, err := Addenda(ctx, h.db, c.ID)
	if err != nil {
		return nil, err
	}
	may := func(action string) bool { return h.access.Can(ctx, h.db, "call", action, c) }
	for _, a := range all {
		switch {
		case a.Status == "in_force":
			p.Addenda = append(p.Addenda, a)
		case a.Status == "proposed" && c.Status == Open && may("read_draft"):
			p.Pending = append(p.Pending, a)
			p.Can.Extend = p.Can.Extend || a.Kind == Extension && may("extend_deadline")
			p.Can.Addend = p.Can.Addend || a.Kind != Extension && may("addend")
		}
	}
	if may("read_draft") {
		state, err := ledger.Line(ctx, h.db, line.ControlLine)
		if err != nil {
			return nil, err
		}
		p.Status = c.Status
		p.Money = &moneyBehind{line.Code, line.NameVI, line.NameEN, state.Available, c.CeilingTotal.Cmp(state.Available) > 0}
		p.Can.Update, p.Can.Approve = may("update"), c.Status == Draft && may("approve")
		p.Can.Publish, p.Can.Close = may("publish"), c.Status == Open && may("close")
		p.Can.Evaluate, p.Can.Archive = may("evaluate"), may("archive")
		p.Can.ProposeExtension = c.Status == Open && may("propose_extension")
		p.Can.ProposeAddendum = may("propose_addendum")
	}
	_, err = h.access.RequireRole(ctx, "call", "create")
	p.CanCopy = err == nil
	p.Can.Apply = p.Open && h.applies(ctx)
	return p, nil
}

// applies says that the reader may start a dossier, or could after signing in.
func (h handler) applies(ctx context.Context) bool {
	if access.From(ctx).ID == uuid.Nil {
		return true
	}
	_, err := h.access.RequireRole(ctx, "proposal", "create")
	return err == nil
}

// track is the timetable of a call; validity and review are the last calendar days after the closing that the
// rulebook gives for screening and review, 0 when it counts otherwise.
func track(ctx context.Context, c *Call, validity, review int) []web.Stage {
	until := func(days int) string {
		if days == 0 {
			return ""
		}
		return i18n.T(ctx, "call.track.until", calendar.DateOf(c.ClosesAt).AddDays(days).Format())
	}
	steps := []struct {
		code, note string
		reached    []Status
	}{
		{"call.track.open", instant(c.OpensAt), []Status{Open, Closed, Evaluating, Decided, Archived}},
		{"call.track.close", instant(c.ClosesAt), []Status{Closed, Evaluating, Decided, Archived}},
		{"call.track.screen", until(validity), []Status{Decided, Archived}},
		{"call.track.review", until(review), []Status{Decided, Archived}},
		{"call.track.decide", "", []Status{Decided, Archived}},
	}
	out := make([]web.Stage, len(steps))
	now := false
	for i, s := range steps {
		out[i] = web.Stage{Label: i18n.T(ctx, s.code), Note: s.note}
		for _, r := range s.reached {
			if c.Status == r {
				out[i].State = "done"
			}
		}
		if out[i].State == "" && !now && c.Public() {
			out[i].State, now = "now", true
		}
	}
	return out
}

type editPage struct {
	web.Base
	Call         *Call // nil while a new one is typed
	From         *Call // that a new one is copied from, else nil
	Values       Details
	Programmes   []web.Option
	Lines        []web.Option
	Beneficiary  []web.Option
	Tracks       []web.Option
	Ballots      []web.Option
	Documents    []documentChoice
	Contents     []contentChoice
	Slots        []CriterionTyped
	Action, Back string
}

// documentChoice is one box of the required documents.
type documentChoice struct {
	Name, Code string
	Checked    bool
}

// contentChoice is one box of the contents that the call offers.
type contentChoice struct {
	Content
	Name    string
	Checked bool
}

func (h handler) blank(ctx context.Context, r web.Req) (*editPage, error) {
	return h.editor(ctx, r, nil, Details{Documents: []string{"registration", "single_source"}})
}

func (h handler) edit(ctx context.Context, r web.Req) (*editPage, error) {
	c, err := h.Read(ctx, r.Param("code"))
	if err != nil {
		return nil, err
	}
	return h.editor(ctx, r, c, c.details())
}

func (h handler) editor(ctx context.Context, r web.Req, c *Call, d Details) (*editPage, error) {
	p := &editPage{Call: c, Values: d, Action: "/calls/draft", Back: "/calls", Slots: append([]CriterionTyped{}, d.Criteria...)}
	if c != nil {
		p.Action, p.Back = "/calls/"+c.Code+"/update", "/calls/"+c.Code
	}
	for len(p.Slots) < max(6, len(d.Criteria)+1) {
		p.Slots = append(p.Slots, CriterionTyped{})
	}
	option := func(group string, values ...string) (os []web.Option) {
		for _, v := range values {
			os = append(os, web.Option{Value: v, Label: i18n.T(ctx, "call."+group+"."+v)})
		}
		return os
	}
	p.Beneficiary = option("beneficiary", ForStartups, ForSupport, ForAny)
	p.Tracks = option("track", TrackInnovation, TrackScience)
	p.Ballots = option("ballot", BallotPoints, BallotPassFail)
	for i, code := range AllDocuments {
		box := documentChoice{Name: fmt.Sprintf("documents[%d]", i), Code: code}
		for _, x := range d.Documents {
			box.Checked = box.Checked || x == code
		}
		p.Documents = append(p.Documents, box)
	}
	contents, err := h.Service.Contents(ctx)
	if err != nil {
		return nil, err
	}
	for i, x := range contents {
		p.Contents = append(p.Contents, contentChoice{x, fmt.Sprintf("contents[%d]", i), slices.Contains(d.Contents, x.Code)})
	}
	programmes, err := h.Programmes(ctx, true)
	if err != nil {
		return nil, err
	}
	for _, x := range programmes {
		p.Programmes = append(p.Programmes, web.Option{Value: x.ID.String(), Label: web.Pick(r.Lang(), x.NameVI, x.NameEN)})
	}
	p.Lines, err = h.lines(ctx, r)
	return p, err
}

// lines are the leaves of the budget that a call can stand on, newest year first, with what they have available.
func (h handler) lines(ctx context.Context, r web.Req) (os []web.Option, err error) {
	var ls []struct {
		ID             uuid.UUID `bun:"id,type:uuid"`
		Year           int
		Code           string
		NameVI, NameEN string
		ControlLine    int64
	}
	err = h.db.NewRaw(`SELECT bl.id, bl.year, bl.code, bl.name_vi, bl.name_en, bl.control_line FROM budget_lines bl
		WHERE bl.status <> 'closed' AND NOT EXISTS (SELECT FROM budget_lines x WHERE x.parent_id = bl.id)
		ORDER BY bl.year DESC, bl.code LIMIT 300`).Scan(ctx, &ls)
	if err != nil {
		return nil, fmt.Errorf("budget lines of a call: %w", err)
	}
	ids := make([]int64, len(ls))
	for i, l := range ls {
		ids[i] = l.ControlLine
	}
	states, err := ledger.Lines(ctx, h.db, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range ls {
		os = append(os, web.Option{Value: l.ID.String(), Label: i18n.T(ctx, "call.line_choice", l.Year, l.Code,
			web.Pick(r.Lang(), l.NameVI, l.NameEN), states[l.ControlLine].Available.Format())})
	}
	return os, nil
}
