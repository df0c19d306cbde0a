package ledger

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
)

// model is the ledger in plain numbers, written from the design and not from the kernel: what every stage of every line
// holds, which years and months take what, and which journals stand.
type model struct {
	lines    map[int64]*modelLine
	years    map[int]YearState
	soft     map[calendar.Date]bool // months softly closed, by their first day
	journals []*modelJournal
	keys     map[string]*modelJournal
}

type modelLine struct {
	year  int
	holds map[Stage]int64 // source is what was authorised, with a minus
}

type modelLeg struct {
	line   int64
	stage  Stage
	amount int64
}

type modelJournal struct {
	no, content, kind string
	legs              []modelLeg
	year, yearTo      int
	reversed          bool
	adjusts           *modelJournal
}

var stages = []Stage{Source, Available, Allocated, Reserved, Committed, Requested, Advanced, Disbursed, Returned, Closing}

// makes repeats the table of kinds and moves.
var makes = map[string][][2]Stage{
	KindAppropriate:  {{Source, Available}},
	KindAdjust:       {{Source, Available}, {Available, Source}},
	KindCut:          {{Available, Source}, {Allocated, Available}},
	KindAllocate:     {{Available, Allocated}, {Source, Available}, {Allocated, Available}, {Available, Source}},
	KindTransfer:     {{Available, Source}, {Source, Available}},
	KindReserve:      {{Available, Reserved}},
	KindCommit:       {{Available, Committed}, {Reserved, Committed}},
	KindRequest:      {{Committed, Requested}},
	KindAdvance:      {{Committed, Advanced}, {Requested, Advanced}},
	KindDisburse:     {{Committed, Requested}, {Requested, Disbursed}, {Committed, Disbursed}},
	KindClearAdvance: {{Advanced, Disbursed}},
	KindRelease:      {{Reserved, Available}, {Committed, Available}, {Requested, Committed}, {Requested, Available}, {Advanced, Available}},
	KindRefund:       {{Disbursed, Available}, {Disbursed, Returned}, {Advanced, Available}, {Advanced, Returned}},
	KindCancel:       {{Available, Closing}},
	KindCarryOver: {{Available, Closing}, {Reserved, Closing}, {Committed, Closing}, {Advanced, Closing}, {Source, Available}, {Source, Reserved},
		{Source, Committed}, {Source, Advanced}},
	KindReclassify: {{Disbursed, Available}, {Available, Disbursed}, {Committed, Available}, {Available, Committed}, {Reserved, Available}, {Available, Reserved}},
}

var (
	alonePass = []string{KindReserve, KindRequest}
	reasoned  = []string{KindRelease, KindAdjust, KindCut, KindTransfer, KindRefund, KindCancel, KindCarryOver, KindReverse, KindCorrect, KindReclassify}
	adjusting = []string{KindAdvance, KindDisburse, KindRelease, KindClearAdvance, KindRefund, KindCancel, KindCarryOver, KindReverse, KindCorrect, KindReclassify}
	softly    = []string{KindReverse, KindCorrect, KindReclassify}
)

// verdict is what the model says of a command: the refusal, a journal that stands already, or a new one.
type verdict struct {
	err    error
	replay *modelJournal
	made   *modelJournal
}

// judge says what becomes of a journal; original is what a correction takes back from.
func (m *model) judge(j Journal, original *modelJournal) verdict {
	if original != nil && (original.kind == KindReverse || original.kind == KindCorrect) {
		return verdict{err: ErrMove}
	}
	made := &modelJournal{kind: j.Kind, adjusts: original, content: fmt.Sprint(j.Kind, j.On, j.Document, j.Actor, j.Approver, j.Reason, j.Basis, j.Moves)}
	if original != nil {
		made.content += original.no
	}
	for _, v := range j.Moves {
		l, x := m.lines[v.Line], v.Amount.Decimal().IntPart()
		switch {
		case x <= 0 || l == nil || v.From == v.To:
			return verdict{err: ErrMove}
		case j.Kind != KindCorrect && !slices.Contains(makes[j.Kind], [2]Stage{v.From, v.To}):
			return verdict{err: ErrMove}
		case j.Kind == KindRefund && (v.To == Returned) != (calendar.DateOf(j.On).Year() > l.year):
			return verdict{err: ErrMove}
		case j.Approver == uuid.Nil && (v.From == Source || v.To == Source || v.To == Disbursed || v.To == Committed && v.From != Requested):
			return verdict{err: ErrSecondPerson}
		}
		if made.year == 0 || l.year < made.year {
			made.year = l.year
		}
		made.yearTo = max(made.yearTo, l.year)
		made.legs = append(made.legs, modelLeg{v.Line, v.From, -x}, modelLeg{v.Line, v.To, x})
	}
	if made.yearTo == made.year {
		made.yearTo = 0
	}
	if j.Kind != KindCorrect && !m.whole(j.Kind, made) {
		return verdict{err: ErrMove}
	}
	return m.settle(j, made)
}

// whole tells whether what a journal takes somewhere arrives elsewhere, for the kinds in which it must.
func (m *model) whole(kind string, made *modelJournal) bool {
	in := map[Stage]int64{}
	givers := map[int64]bool{}
	astray := false
	for _, l := range made.legs {
		in[l.stage] += l.amount
		if l.stage == Source {
			givers[l.line] = true
			astray = astray || m.lines[l.line].year != made.yearTo
		}
		astray = astray || l.stage == Closing && m.lines[l.line].year != made.year
	}
	pushes := slices.ContainsFunc(made.legs, func(l modelLeg) bool { return l.stage == Allocated })
	switch {
	case kind == KindCarryOver || made.yearTo != 0:
		return kind == KindCarryOver && made.yearTo != 0 && in[Closing] != 0 && in[Closing] == -in[Source] && !astray
	case kind == KindTransfer:
		return in[Source] == 0 && len(givers) > 1
	}
	return !pushes || len(givers) > 0 && in[Allocated] == -in[Source]
}

// settle goes on from legs that are well formed: key, day, people, what is left of the original, what the lines hold.
func (m *model) settle(j Journal, made *modelJournal) verdict {
	if known := m.keys[j.Key]; known != nil {
		if known.content != made.content {
			return verdict{err: ErrKeyReused}
		}
		return verdict{replay: known}
	}
	day := calendar.DateOf(j.On)
	if m.soft[calendar.On(day.Year(), day.Month(), 1)] && !slices.Contains(softly, j.Kind) {
		return verdict{err: ErrClosed}
	}
	for _, y := range []int{made.year, made.yearTo} {
		switch state := m.years[y]; {
		case state == YearClosed:
			return verdict{err: ErrYearClosed}
		case state == YearAdjusting && !slices.Contains(adjusting, j.Kind):
			return verdict{err: ErrYearAdjusts}
		}
	}
	switch {
	case j.Kind == KindCarryOver && j.Basis == "":
		return verdict{err: ErrBasis}
	case j.Reason == "" && slices.Contains(reasoned, j.Kind):
		return verdict{err: ErrReason}
	case j.Approver == j.Actor:
		return verdict{err: ErrSamePerson}
	case j.Approver == uuid.Nil && !slices.Contains(alonePass, j.Kind):
		return verdict{err: ErrSecondPerson}
	case made.adjusts != nil:
		if err := m.takesBack(made); err != nil {
			return verdict{err: err}
		}
	}
	return m.pour(made)
}

// pour puts the legs into the lines, or says that one holds too little and leaves all as it was.
func (m *model) pour(made *modelJournal) verdict {
	for _, l := range made.legs {
		m.lines[l.line].holds[l.stage] += l.amount
	}
	for _, l := range made.legs {
		h := m.lines[l.line].holds[l.stage]
		if l.stage == Source && h > 0 || l.stage != Source && h < 0 {
			for _, l := range made.legs {
				m.lines[l.line].holds[l.stage] -= l.amount
			}
			return verdict{err: ErrInsufficient}
		}
	}
	return verdict{made: made}
}

// side is a place of a journal from which a correction may take back.
type side struct {
	line     int64
	stage    Stage
	positive bool
}

// takesBack judges a correction against its original and the corrections that stand.
func (m *model) takesBack(made *modelJournal) error {
	put, back := map[side]int64{}, map[side]int64{}
	for _, l := range made.adjusts.legs {
		put[side{l.line, l.stage, l.amount > 0}] += max(l.amount, -l.amount)
	}
	take := func(legs []modelLeg) {
		for _, l := range legs {
			back[side{l.line, l.stage, l.amount < 0}] += max(l.amount, -l.amount)
		}
	}
	for _, c := range m.journals {
		if c.adjusts == made.adjusts && !c.reversed {
			take(c.legs)
		}
	}
	take(made.legs)
	taken, elsewhere, over := false, false, false
	for _, l := range made.legs {
		s := side{l.line, l.stage, l.amount < 0}
		if put[s] == 0 {
			elsewhere = true
			continue
		}
		taken = true
		over = over || back[s] > put[s]
	}
	switch {
	case made.adjusts.reversed:
		return ErrReversed
	case over:
		return ErrTooMuch
	case !taken || made.kind == KindCorrect && elsewhere:
		return ErrMove
	}
	return nil
}

// reverse says what becomes of taking a journal back whole on a day.
func (m *model) reverse(o *modelJournal, r Reversal) verdict {
	if o.kind == KindReverse {
		return verdict{err: ErrMove}
	}
	made := &modelJournal{kind: KindReverse, year: o.year, yearTo: o.yearTo}
	for _, l := range o.legs {
		made.legs = append(made.legs, modelLeg{l.line, l.stage, -l.amount})
	}
	corrected := slices.ContainsFunc(m.journals, func(c *modelJournal) bool { return c.adjusts == o && !c.reversed })
	switch {
	case m.years[o.year] == YearClosed || m.years[o.yearTo] == YearClosed:
		return verdict{err: ErrYearClosed}
	case r.Reason == "":
		return verdict{err: ErrReason}
	case r.Approver == r.Actor:
		return verdict{err: ErrSamePerson}
	case r.Approver == uuid.Nil:
		return verdict{err: ErrSecondPerson}
	case o.reversed:
		return verdict{err: ErrReversed}
	case corrected:
		return verdict{err: ErrTooMuch}
	}
	v := m.pour(made)
	if v.err == nil {
		o.reversed = true
	}
	return v
}

// keep remembers a journal that was accepted.
func (m *model) keep(made *modelJournal, key, no string) {
	made.no = no
	m.journals = append(m.journals, made)
	m.keys[key] = made
}

// moveYear says what becomes of a change of state of a year.
func (m *model) moveYear(year int, to YearState, c Change) error {
	order := []YearState{YearOpen, YearAdjusting, YearClosed}
	step := slices.Index(order, to) - slices.Index(order, m.years[year])
	if step != 1 && step != -1 {
		return ErrOrder
	}
	for y, state := range m.years {
		if to == YearClosed && y < year && state != YearClosed || m.years[year] == YearClosed && y > year && state == YearClosed {
			return ErrOrder
		}
	}
	for _, l := range m.lines {
		if h := l.holds; to == YearClosed && l.year == year && h[Available]+h[Reserved]+h[Committed]+h[Requested]+h[Advanced] != 0 {
			return ErrYearHeld
		}
	}
	switch {
	case step < 0 && c.Reason == "":
		return ErrReason
	case c.Approver == c.Actor:
		return ErrSamePerson
	case step < 0 && c.Approver == uuid.Nil:
		return ErrSecondPerson
	}
	m.years[year] = to
	return nil
}
