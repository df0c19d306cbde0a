package indicator

import (
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
)

// Indicator is one row of the annex (chỉ tiêu).
type Indicator struct {
	bun.BaseModel  `bun:"table:indicators,alias:i"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	Number         int
	NameVI         string `bun:"name_vi"`
	NameEN         string `bun:"name_en"`
	UnitVI         string `bun:"unit_vi,nullzero"` // "" = an index without unit
	UnitEN         string `bun:"unit_en,nullzero"`
	Direction      string // up, or down when a lower value is better
	PerYear        bool   // counted anew each year
	Counted        bool   // counted by the program from published awards
	LeadVI         string `bun:"lead_vi"`
	LeadEN         string `bun:"lead_en"`
	CoordinatingVI string `bun:"coordinating_vi"`
	ManagingUnitID uuid.UUID
	Targets        []Target `bun:"rel:has-many,join:id=indicator_id"`
}

// AccessKind is the kind of the row.
func (i *Indicator) AccessKind() string { return "indicator" }

// AccessID is the id of the row.
func (i *Indicator) AccessID() uuid.UUID { return i.ID }

// Comparison says how a target is compared.
type Comparison string

// The comparisons of the annex.
const (
	AtLeast    Comparison = "at_least"    // ≥ value
	RankWithin Comparison = "rank_within" // value or better, e.g. Top 10
	Between    Comparison = "between"     // from value to upper; the value is what must be reached
	Rising     Comparison = "rising"      // more than the year before
)

// Target is what the annex asks for at the end of a year (mục tiêu).
type Target struct {
	bun.BaseModel `bun:"table:indicator_targets,alias:it"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	IndicatorID   uuid.UUID
	Year          int
	Comparison    Comparison
	Value         *decimal.Decimal // nil for Rising
	Upper         *decimal.Decimal
	Printed       string // the cell of the annex, word for word
}

// Baseline is the year the lines start from.
const Baseline = 2025

// Standing is where an indicator is against its path.
type Standing string

// The standings of DESIGN §5.
const (
	OnTrack     Standing = "on_track"     // ≥ 100 % of the path
	AtRisk      Standing = "at_risk"      // 90 to 100 %
	Behind      Standing = "behind"       // < 90 %
	NoMilestone Standing = "no_milestone" // no line to compare with
	NoData      Standing = "no_data"      // nothing published
)

// Measure is a value on a day.
type Measure struct {
	AsOf  calendar.Date
	Value decimal.Decimal
}

// Judgement is the outcome for the latest value.
type Judgement struct {
	Standing Standing
	Path     *decimal.Decimal // where the line is on that day; nil = none
	Next     *Target          // the milestone ahead, nil past the last one
	Share    *decimal.Decimal // percent of the path, rounded to 2 places
}

var (
	hundred = decimal.NewFromInt(100)
	ninety  = decimal.NewFromInt(90)
	twelve  = decimal.NewFromInt(12)
)

// Target gives the annex's target of a year, nil when it has none.
func (i *Indicator) Target(year int) *Target {
	for k := range i.Targets {
		if i.Targets[k].Year == year {
			return &i.Targets[k]
		}
	}
	return nil
}

// position is a day in years: 30/09/2028 is 2028,75.
func position(d calendar.Date) decimal.Decimal {
	return decimal.NewFromInt(int64(d.Year())).Add(decimal.NewFromInt(int64(d.Month())).DivRound(twelve, 6))
}

// point is one end of a segment of the path.
type point struct{ at, value decimal.Decimal }

// points are the ends of the path: the targets with a value, and the published value of the baseline year where the
// annex has none.
func (i *Indicator) points(history []Measure) []point {
	var ps []point
	if t := i.Target(Baseline); t == nil || t.Value == nil {
		for _, m := range history {
			if m.AsOf.Year() == Baseline {
				ps = []point{{decimal.NewFromInt(Baseline), m.Value}}
			}
		}
	}
	for _, t := range i.Targets {
		if t.Value != nil {
			ps = append(ps, point{decimal.NewFromInt(int64(t.Year)), *t.Value})
		}
	}
	return ps
}

// Path is where the line between the milestones is on a day; ok is false outside the line.
func (i *Indicator) Path(day calendar.Date, history []Measure) (value decimal.Decimal, ok bool) {
	at := position(day)
	if i.PerYear {
		at = decimal.NewFromInt(int64(day.Year()))
	}
	ps := i.points(history)
	for k := 0; k+1 < len(ps); k++ {
		a, b := ps[k], ps[k+1]
		if at.LessThan(a.at) || at.GreaterThan(b.at) {
			continue
		}
		value = a.value.Add(b.value.Sub(a.value).Mul(at.Sub(a.at)).DivRound(b.at.Sub(a.at), 6))
		if i.PerYear {
			value = value.Mul(decimal.NewFromInt(int64(day.Month()))).DivRound(twelve, 6)
		}
		return value, true
	}
	if n := len(ps); n > 0 && at.GreaterThanOrEqual(ps[n-1].at) && i.Target(day.Year()) == nil {
		return ps[n-1].value, true
	}
	return decimal.Decimal{}, false
}

// Judge compares the latest value with the path. history is in order of days, the latest last.
func (i *Indicator) Judge(history []Measure) Judgement {
	if len(history) == 0 {
		return Judgement{Standing: NoData}
	}
	now := history[len(history)-1]
	j := Judgement{Standing: NoMilestone}
	for k := range i.Targets {
		if t := &i.Targets[k]; t.Year >= now.AsOf.Year() {
			j.Next = t
			break
		}
	}
	if j.Next != nil && j.Next.Comparison == Rising {
		return i.judgeRising(j, history)
	}
	path, ok := i.Path(now.AsOf, history)
	if !ok {
		if j.Next != nil && j.Next.Value != nil && i.reached(now.Value, *j.Next.Value) {
			j.Standing = OnTrack
		}
		return j
	}
	path = path.Round(4)
	j.Path = &path
	share := hundred
	switch {
	case i.Direction == "down" && now.Value.IsPositive():
		share = path.Mul(hundred).DivRound(now.Value, 2)
	case i.Direction == "up" && path.IsPositive():
		share = now.Value.Mul(hundred).DivRound(path, 2)
	}
	j.Share = &share
	switch {
	case share.GreaterThanOrEqual(hundred):
		j.Standing = OnTrack
	case share.GreaterThanOrEqual(ninety):
		j.Standing = AtRisk
	default:
		j.Standing = Behind
	}
	return j
}

func (i *Indicator) reached(value, target decimal.Decimal) bool {
	if i.Direction == "down" {
		return value.LessThanOrEqual(target)
	}
	return value.GreaterThanOrEqual(target)
}

// judgeRising compares with the value of an earlier year.
func (i *Indicator) judgeRising(j Judgement, history []Measure) Judgement {
	now := history[len(history)-1]
	for k := len(history) - 2; k >= 0; k-- {
		if history[k].AsOf.Year() < now.AsOf.Year() {
			before := history[k].Value
			j.Path = &before
			j.Standing = Behind
			if now.Value.GreaterThan(before) {
				j.Standing = OnTrack
			}
			return j
		}
	}
	return j
}

// Progress is the latest value as a percent of the milestone ahead, for the bar; nil without one.
func (i *Indicator) Progress(value decimal.Decimal, next *Target) *decimal.Decimal {
	if next == nil || next.Value == nil || !next.Value.IsPositive() || !value.IsPositive() {
		return nil
	}
	p := value.Mul(hundred).DivRound(*next.Value, 2)
	if i.Direction == "down" {
		p = next.Value.Mul(hundred).DivRound(value, 2)
	}
	return &p
}
