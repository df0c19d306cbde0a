package call

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Refusals of what a call says.
var (
	ErrWeights    = errs.New(errs.Invalid, "call.weights") // Args: the sum
	ErrNoCriteria = errs.New(errs.Invalid, "call.no_criteria")
)

// AllDocuments are the documents a call may ask for; their words are call.document.<code> in the catalogue.
var AllDocuments = []string{"registration", "financial_statement", "team_cv", "single_source", "co_funding",
	"investment_file", "intellectual_property", "support_process", "cooperation_agreement", "other"}

// Details is what an officer types of a call.
type Details struct {
	ProgrammeID    uuid.UUID        `form:"programme_id" json:"programme_id" kb:"required"`
	TitleVI        string           `form:"title_vi" json:"title_vi" kb:"required,max=300"`
	TitleEN        string           `form:"title_en" json:"title_en" kb:"required,max=300"`
	SummaryVI      string           `form:"summary_vi" json:"summary_vi" kb:"required,max=4000"`
	SummaryEN      string           `form:"summary_en" json:"summary_en" kb:"required,max=4000"`
	Beneficiary    string           `form:"beneficiary" json:"beneficiary" kb:"required"`
	Track          string           `form:"track" json:"track" kb:"required"`
	BallotKind     string           `form:"ballot_kind" json:"ballot_kind" kb:"required"`
	BudgetLineID   uuid.UUID        `form:"budget_line_id" json:"budget_line_id" kb:"required"`
	CeilingTotal   money.Amount     `form:"ceiling_total" json:"ceiling_total" kb:"required"`
	CeilingAward   money.Amount     `form:"ceiling_award" json:"ceiling_award" kb:"required"`
	PassMark       decimal.Decimal  `form:"pass_mark" json:"pass_mark"`
	CoFundingShare decimal.Decimal  `form:"co_funding_share" json:"co_funding_share"`
	OpensAt        time.Time        `form:"opens_at" json:"opens_at" kb:"required"`
	ClosesAt       time.Time        `form:"closes_at" json:"closes_at" kb:"required"`
	GraceMinutes   int              `form:"grace_minutes" json:"grace_minutes"`
	ReferenceDate  calendar.Date    `form:"reference_date" json:"reference_date" kb:"required"`
	Contact        string           `form:"contact" json:"contact" kb:"required"`
	Documents      []string         `form:"documents" json:"documents" kb:"max=20"`
	Contents       []string         `form:"contents" json:"contents" kb:"max=50"`
	Criteria       []CriterionTyped `form:"criteria" json:"criteria" kb:"max=30"`
	Version        int              `form:"version" json:"version"` // at an update: the version the form was read at
}

// CriterionTyped is one line of the score sheet as typed.
type CriterionTyped struct {
	NameVI    string `form:"name_vi" json:"name_vi" kb:"required"`
	NameEN    string `form:"name_en" json:"name_en" kb:"required"`
	MaxPoints int    `form:"max_points" json:"max_points"`
}

// Describe takes over what was typed, or names every field to mend and leaves c unchanged.
func (c *Call) Describe(d Details) error {
	var bad []errs.Field
	mend := func(wrong bool, name, code string, args ...any) {
		if wrong {
			bad = append(bad, errs.Field{Name: name, Code: code, Args: args})
		}
	}
	oneOf := func(name, value string, allowed ...string) {
		mend(!slices.Contains(allowed, value), name, "call.choose")
	}
	oneOf("beneficiary", d.Beneficiary, ForStartups, ForSupport, ForAny)
	oneOf("track", d.Track, TrackInnovation, TrackScience)
	oneOf("ballot_kind", d.BallotKind, BallotPoints, BallotPassFail)
	for i, doc := range d.Documents {
		mend(!slices.Contains(AllDocuments, doc), fmt.Sprintf("documents[%d]", i), "call.choose")
	}
	hundred := decimal.NewFromInt(100)
	mend(d.CeilingTotal.Sign() <= 0, "ceiling_total", "call.positive")
	mend(d.CeilingAward.Sign() <= 0, "ceiling_award", "call.positive")
	mend(d.CeilingAward.Cmp(d.CeilingTotal) > 0, "ceiling_award", "call.award_over_total", d.CeilingTotal.Format())
	mend(d.PassMark.IsNegative() || d.PassMark.GreaterThan(hundred), "pass_mark", "call.points_range")
	mend(d.PassMark.Exponent() < -2, "pass_mark", "call.two_decimals")
	mend(d.CoFundingShare.IsNegative() || !d.CoFundingShare.LessThan(hundred), "co_funding_share", "call.share_range")
	mend(d.CoFundingShare.Exponent() < -2, "co_funding_share", "call.two_decimals")
	mend(!d.ClosesAt.After(d.OpensAt), "closes_at", "call.closes_after")
	mend(d.GraceMinutes < 0 || d.GraceMinutes > MaxGrace, "grace_minutes", "call.grace_range", MaxGrace)
	criteria := make([]Criterion, len(d.Criteria))
	for i, t := range d.Criteria {
		mend(t.MaxPoints < 0 || t.MaxPoints > 100, fmt.Sprintf("criteria[%d].max_points", i), "call.points_range")
		criteria[i] = Criterion{ID: uuid.New(), CallID: c.ID, Position: i + 1, NameVI: t.NameVI, NameEN: t.NameEN, MaxPoints: t.MaxPoints}
		if d.BallotKind == BallotPassFail {
			criteria[i].MaxPoints = 0
		}
	}
	if err := checkCriteria(d.BallotKind, criteria); err != nil {
		bad = append(bad, errs.From(err).Fields...)
	}
	if len(bad) > 0 {
		return errs.New(errs.Invalid, "errs.invalid").At(bad...)
	}
	c.ProgrammeID, c.TitleVI, c.TitleEN, c.SummaryVI, c.SummaryEN = d.ProgrammeID, d.TitleVI, d.TitleEN, d.SummaryVI, d.SummaryEN
	c.Beneficiary, c.Track, c.BallotKind, c.BudgetLineID = d.Beneficiary, d.Track, d.BallotKind, d.BudgetLineID
	c.CeilingTotal, c.CeilingAward, c.PassMark, c.CoFundingShare = d.CeilingTotal, d.CeilingAward, d.PassMark, d.CoFundingShare
	c.OpensAt, c.ClosesAt, c.GraceMinutes, c.ReferenceDate = d.OpensAt, d.ClosesAt, d.GraceMinutes, d.ReferenceDate
	c.Contact, c.Documents, c.Contents, c.Criteria = d.Contact, append([]string{}, d.Documents...), append([]string{}, d.Contents...), criteria
	return nil
}

// details is the call as an officer would have typed it.
func (c *Call) details() Details {
	d := Details{ProgrammeID: c.ProgrammeID, TitleVI: c.TitleVI, TitleEN: c.TitleEN, SummaryVI: c.SummaryVI, SummaryEN: c.SummaryEN,
		Beneficiary: c.Beneficiary, Track: c.Track, BallotKind: c.BallotKind, BudgetLineID: c.BudgetLineID, CeilingTotal: c.CeilingTotal,
		CeilingAward: c.CeilingAward, PassMark: c.PassMark, CoFundingShare: c.CoFundingShare, OpensAt: c.OpensAt, ClosesAt: c.ClosesAt,
		GraceMinutes: c.GraceMinutes, ReferenceDate: c.ReferenceDate, Contact: c.Contact, Documents: c.Documents, Contents: c.Contents, Version: c.Version}
	for _, x := range c.Criteria {
		d.Criteria = append(d.Criteria, CriterionTyped{x.NameVI, x.NameEN, x.MaxPoints})
	}
	return d
}

// checkCriteria asks for one criterion at least and, where ballots are points, for a sum of 100.
func checkCriteria(ballot string, cs []Criterion) error {
	if len(cs) == 0 {
		return ErrNoCriteria.At(errs.Field{Name: "criteria[0].name_vi", Code: ErrNoCriteria.Code})
	}
	if ballot == BallotPassFail {
		return nil
	}
	sum := 0
	for _, c := range cs {
		sum += c.MaxPoints
	}
	if sum != 100 {
		return ErrWeights.With(sum).At(errs.Field{Name: "criteria[0].max_points", Code: ErrWeights.Code, Args: []any{sum}})
	}
	return nil
}

// differences names the fields in which what was typed departs from what is stored now.
func (c *Call) differences(d Details) (ds []errs.Difference) {
	at := func(t time.Time) string { return t.In(calendar.Zone).Format("15:04, 02/01/2006") }
	for _, x := range []errs.Difference{
		{Label: "call.title_vi", Yours: d.TitleVI, Current: c.TitleVI},
		{Label: "call.title_en", Yours: d.TitleEN, Current: c.TitleEN},
		{Label: "call.summary_vi", Yours: d.SummaryVI, Current: c.SummaryVI},
		{Label: "call.summary_en", Yours: d.SummaryEN, Current: c.SummaryEN},
		{Label: "call.ceiling_total", Yours: d.CeilingTotal.Format(), Current: c.CeilingTotal.Format()},
		{Label: "call.ceiling_award", Yours: d.CeilingAward.Format(), Current: c.CeilingAward.Format()},
		{Label: "call.pass_mark", Yours: d.PassMark.String(), Current: c.PassMark.String()},
		{Label: "call.co_funding_share", Yours: d.CoFundingShare.String(), Current: c.CoFundingShare.String()},
		{Label: "call.opens_at", Yours: at(d.OpensAt), Current: at(c.OpensAt)},
		{Label: "call.closes_at", Yours: at(d.ClosesAt), Current: at(c.ClosesAt)},
		{Label: "call.grace_minutes", Yours: strconv.Itoa(d.GraceMinutes), Current: strconv.Itoa(c.GraceMinutes)},
		{Label: "call.reference_date", Yours: d.ReferenceDate.Format(), Current: c.ReferenceDate.Format()},
		{Label: "call.contact", Yours: d.Contact, Current: c.Contact},
	} {
		if x.Yours != x.Current {
			ds = append(ds, x)
		}
	}
	return ds
}
