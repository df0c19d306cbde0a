package ledger

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

var long = flag.Bool("long", false, "run the long form of the model test")

// machine runs the same commands on the database and on the model. A world is two budget years of five lines.
type machine struct {
	r     *rapid.T
	db    *bun.DB
	m     *model
	ids   []int64
	first int // its earlier year
	keys  int
	old   []Journal // accepted, to be sent again

	commands, accepted, batches int
	verdicts                    map[string]int
}

// lastWorld counts the worlds of a database downwards, so that a new one never waits for the years of an older one.
const lastWorld = 2190

// Random commands of every kind run on the database and on the model; verdict, reason and every stage of every line
// must agree, after every command of a batch and after every batch. -rapid.seed replays a run.
func TestModel(t *testing.T) {
	db := dbtest.New(t)
	worlds, steps := 22, 170
	if *long {
		worlds, steps = 90, 1000
	}
	for name, value := range map[string]string{"rapid.checks": fmt.Sprint(worlds), "rapid.steps": fmt.Sprint(steps), "rapid.shrinktime": "5s", "rapid.nofailfile": "true"} {
		f := flag.Lookup(name)
		was := f.Value.String()
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Value.Set(was) }()
	}
	years := map[int]YearState{}
	world, commands, accepted, batches := 0, 0, 0, 0
	verdicts := map[string]int{}
	start := time.Now()
	rapid.Check(t, func(r *rapid.T) {
		x := &machine{r: r, db: db, first: lastWorld - 2*world, verdicts: verdicts,
			m: &model{lines: map[int64]*modelLine{}, years: years, soft: map[calendar.Date]bool{}, keys: map[string]*modelJournal{}}}
		world++
		x.open()
		for range steps {
			if x.m.years[x.first] == YearClosed && !x.rarely(4, "closed for long") {
				x.reopen()
			}
			switch rapid.IntRange(0, 21).Draw(r, "step") {
			case 0, 1:
				x.reverse()
			case 2, 3:
				x.correct()
			case 4, 5:
				x.moveYear()
			case 6:
				x.reopen()
			case 7:
				x.softClose()
			case 8:
				x.single()
			case 9:
				x.commits()
			default:
				x.batch()
			}
			x.compare()
		}
		x.late()
		x.compare()
		commands, accepted, batches = commands+x.commands, accepted+x.accepted, batches+x.batches
	})
	t.Logf("%d commands, %d accepted, in %d worlds and %d batches, %v: %v", commands, accepted, world, batches, time.Since(start).Round(time.Second), verdicts)
	if commands < 100_000 || accepted < commands/10 {
		t.Errorf("%d commands, %d accepted", commands, accepted)
	}
	for _, e := range []error{nil, ErrInsufficient, ErrMove, ErrSecondPerson, ErrSamePerson, ErrReason, ErrBasis, ErrKeyReused, ErrClosed, ErrYearClosed,
		ErrYearAdjusts, ErrReversed, ErrTooMuch, ErrOrder, ErrYearHeld} {
		if verdicts[fmt.Sprint(e)] == 0 {
			t.Errorf("no command had the verdict %v", e)
		}
	}
	noDrift(t, db)
}

func (x *machine) open() {
	for i := range 5 {
		year := x.first + i/3
		id, err := OpenLine(x.r.Context(), x.db, "BUDGET", BudgetLine, Dim{Year: year}, uuid.New())
		if err != nil {
			x.r.Fatal(err)
		}
		x.ids = append(x.ids, id)
		x.m.lines[id] = &modelLine{year: year, holds: map[Stage]int64{}}
		if x.m.years[year] == "" {
			x.m.years[year] = YearOpen
		}
	}
}

func pick[T any](x *machine, from []T, what string) T { return rapid.SampledFrom(from).Draw(x.r, what) }

// one in n.
func (x *machine) rarely(n int, what string) bool { return rapid.IntRange(1, n).Draw(x.r, what) == n }

func (x *machine) amount() money.Amount {
	if x.rarely(60, "odd amount") {
		return money.VND(rapid.Int64Range(-1, 0).Draw(x.r, "amount"))
	}
	return money.VND(rapid.Int64Range(1, 30).Draw(x.r, "amount"))
}

func (x *machine) line() int64 {
	if x.rarely(100, "no line") {
		return 1 << 40
	}
	return pick(x, x.ids, "line")
}

// people fills who acts, mostly two.
func (x *machine) people() (approver uuid.UUID, reason string) {
	approver, reason = checker, "theo văn bản"
	switch rapid.IntRange(0, 29).Draw(x.r, "people") {
	case 0:
		approver = maker
	case 1:
		approver = uuid.Nil
	case 2:
		reason = ""
	}
	return approver, reason
}

func (x *machine) day() time.Time {
	return calendar.On(x.first+rapid.IntRange(0, 1).Draw(x.r, "year"), time.Month(rapid.IntRange(1, 12).Draw(x.r, "month")), 15).Start()
}

var kindsToTry = func() (ks []string) {
	for k := range makes {
		if k != KindReclassify {
			ks = append(ks, k, k, k)
		}
	}
	slices.Sort(ks)
	return append(ks, KindAppropriate, KindAppropriate, KindAppropriate, KindCommit, KindCommit, "unheard_of")
}()

// journal draws a journal that is mostly well formed.
func (x *machine) journal() Journal {
	if len(x.old) > 0 && x.rarely(15, "again") {
		j := pick(x, x.old, "old")
		if x.rarely(3, "changed") {
			j.Document.No += "x"
		}
		return j
	}
	approver, reason := x.people()
	x.keys++
	j := Journal{Book: "BUDGET", Kind: pick(x, kindsToTry, "kind"), On: x.day(), Document: paper, Key: fmt.Sprint(x.first, "/", x.keys), Actor: maker,
		Approver: approver, Reason: reason}
	if j.Kind == KindCarryOver && !x.rarely(10, "no basis") {
		j.Basis = "L89/2025 Đ66"
	}
	j.Moves = x.moves(j.Kind)
	return j
}

func (x *machine) moves(kind string) []Move {
	a, b, n := x.line(), x.line(), x.amount()
	m := n
	if x.rarely(8, "off") {
		m = n.Add(money.VND(1))
	}
	switch {
	case makes[kind] == nil || x.rarely(30, "wild"):
		var moves []Move
		for range rapid.IntRange(1, 3).Draw(x.r, "moves") {
			moves = append(moves, Move{x.line(), pick(x, stages, "from"), pick(x, stages, "to"), x.amount()})
		}
		return moves
	case kind == KindAllocate && x.rarely(3, "back"):
		return []Move{{a, Available, Source, n}, {b, Allocated, Available, m}}
	case kind == KindAllocate:
		return []Move{{a, Available, Allocated, n}, {b, Source, Available, m}}
	case kind == KindTransfer:
		return []Move{{a, Available, Source, n}, {b, Source, Available, m}}
	case kind == KindCarryOver:
		if !x.rarely(6, "any lines") {
			a, b = x.ids[rapid.IntRange(0, 2).Draw(x.r, "out")], x.ids[rapid.IntRange(3, 4).Draw(x.r, "in")]
		}
		s := pick(x, []Stage{Available, Reserved, Committed, Advanced}, "stage")
		return []Move{{a, s, Closing, n}, {b, Source, s, m}}
	case kind == KindDisburse && x.rarely(4, "through"):
		return []Move{{a, Committed, Requested, n}, {a, Requested, Disbursed, n}}
	case kind == KindAppropriate:
		return []Move{{a, Source, Available, n.Add(money.VND(30))}}
	}
	v := pick(x, makes[kind], "move")
	return []Move{{a, v[0], v[1], n}}
}

// agree compares what came out of a command with what the model says, and takes the model on.
func (x *machine) agree(what string, v verdict, key string, p Posted, err error) {
	x.commands++
	x.verdicts[fmt.Sprint(v.err)]++
	if v.err == nil && err != nil || v.err != nil && !errors.Is(err, v.err) {
		x.r.Fatalf("%s = %v, the model says %v", what, err, v.err)
	}
	if err != nil {
		return
	}
	if p.Replay != (v.replay != nil) || v.replay != nil && v.replay.no != p.No {
		x.r.Fatalf("%s: replay %v of %s, the model says %+v", what, p.Replay, p.No, v.replay)
	}
	for _, s := range p.Lines {
		x.same(what, s)
	}
	if v.made != nil {
		x.accepted++
		x.m.keep(v.made, key, p.No)
	}
}

// same compares a line with the model.
func (x *machine) same(what string, s State) {
	h := x.m.lines[s.ID].holds
	for stage, got := range map[Stage]money.Amount{Source: s.Authorised.Neg(), Available: s.Available, Allocated: s.Allocated, Reserved: s.Reserved,
		Committed: s.Committed, Requested: s.Requested, Advanced: s.Advanced, Disbursed: s.Disbursed, Returned: s.Returned, Closing: s.Closing} {
		if !got.Equal(money.VND(h[stage])) {
			x.r.Fatalf("%s: line %d %s is %s, the model has %d", what, s.ID, stage, got, h[stage])
		}
	}
}

func (x *machine) compare() {
	lines, err := Lines(x.r.Context(), x.db, x.ids)
	if err != nil {
		x.r.Fatal(err)
	}
	for _, s := range lines {
		x.same("after the step", s)
	}
}

func (x *machine) single() {
	j := x.journal()
	p, err := Post(x.r.Context(), x.db, j)
	v := x.m.judge(j, nil)
	x.agree(fmt.Sprintf("post %+v", j), v, j.Key, p, err)
	if v.made != nil {
		x.old = append(x.old, j)
	}
}

func (x *machine) batch() {
	js := make([]Journal, rapid.IntRange(40, 140).Draw(x.r, "size"))
	for i := range js {
		js[i] = x.journal()
	}
	out, err := PostBatch(x.r.Context(), x.db, js)
	if err != nil {
		x.r.Fatal(err)
	}
	x.batches++
	for i, j := range js {
		v := x.m.judge(j, nil)
		x.agree(fmt.Sprintf("post in a batch %+v", j), v, j.Key, out[i].Posted, out[i].Err)
		if v.made != nil {
			x.old = append(x.old, j)
		}
	}
}

// commits runs plain commitments through the batch, or one through the fast path; today is far from the world's years.
func (x *machine) commits() {
	cs := make([]Commitment, rapid.IntRange(1, 20).Draw(x.r, "size"))
	for i := range cs {
		approver, reason := x.people()
		x.keys++
		cs[i] = Commitment{Line: x.line(), Budget: paper.ID, Amount: x.amount(), Document: paper, Key: fmt.Sprint(x.first, "/", x.keys), Actor: maker,
			Role: "finance_officer", Approver: approver, Reason: reason}
	}
	var out []Outcome
	var err error
	if len(cs) == 1 || x.rarely(4, "alone") {
		cs, out = cs[:1], make([]Outcome, 1)
		out[0].Posted, out[0].Err = Commit(x.r.Context(), x.db, cs[0])
	} else if out, err = CommitBatch(x.r.Context(), x.db, cs); err != nil {
		x.r.Fatal(err)
	}
	for i, c := range cs {
		j := Journal{Kind: KindCommit, On: time.Now(), Document: c.Document, Key: c.Key, Actor: c.Actor, Approver: c.Approver, Reason: c.Reason,
			Moves: []Move{{c.Line, Available, Committed, c.Amount}}}
		v := x.m.judge(j, nil)
		if errors.Is(v.err, ErrSecondPerson) && out[i].Err != nil && errors.Is(out[i].Err, ErrYearAdjusts) {
			v.err = ErrYearAdjusts // a commitment is one move: the table asks for the second person, after the year
		}
		if errors.Is(v.err, ErrSecondPerson) && out[i].Err != nil && errors.Is(out[i].Err, ErrYearClosed) {
			v.err = ErrYearClosed
		}
		x.agree(fmt.Sprintf("commit %+v", c), v, c.Key, out[i].Posted, out[i].Err)
	}
}

func (x *machine) reverse() {
	if len(x.m.journals) == 0 {
		return
	}
	o := pick(x, x.m.journals, "journal")
	approver, reason := x.people()
	x.keys++
	r := Reversal{Number: o.no, On: x.day(), Key: fmt.Sprint(x.first, "/", x.keys), Actor: maker, Approver: approver, Reason: reason}
	p, err := Reverse(x.r.Context(), x.db, r)
	v := x.m.reverse(o, r)
	x.agree(fmt.Sprintf("reverse %s %+v", o.kind, r), v, r.Key, p, err)
}

func (x *machine) correct() {
	var others []*modelJournal
	for _, j := range x.m.journals {
		if j.adjusts == nil || x.rarely(40, "a correction") {
			others = append(others, j)
		}
	}
	if len(others) == 0 {
		return
	}
	for range rapid.IntRange(1, 4).Draw(x.r, "corrections") {
		o := pick(x, others, "journal")
		approver, reason := x.people()
		x.keys++
		c := Correction{Book: "BUDGET", Number: o.no, Kind: pick(x, []string{KindCorrect, KindCorrect, KindReclassify}, "kind"), On: x.day(), Document: paper,
			Key: fmt.Sprint(x.first, "/", x.keys), Actor: maker, Approver: approver, Reason: reason}
		for i := 0; i+1 < len(o.legs); i += 2 {
			n := rapid.Int64Range(1, max(1, o.legs[i+1].amount, -o.legs[i+1].amount)).Draw(x.r, "part")
			from, to := o.legs[i+1].stage, o.legs[i].stage
			if o.legs[i+1].amount < 0 {
				from, to = to, from
			}
			if x.rarely(12, "elsewhere") {
				to = pick(x, stages, "to")
			}
			c.Moves = append(c.Moves, Move{o.legs[i].line, from, to, money.VND(n)})
			if c.Kind == KindReclassify {
				c.Moves = append(c.Moves, Move{x.line(), to, from, money.VND(n)})
				break
			}
		}
		p, err := Correct(x.r.Context(), x.db, c)
		v := x.m.judge(Journal{Kind: c.Kind, On: c.On, Document: c.Document, Key: c.Key, Actor: c.Actor, Approver: c.Approver, Reason: c.Reason, Moves: c.Moves}, o)
		x.agree(fmt.Sprintf("correct %+v by %+v", o, c), v, c.Key, p, err)
	}
}

func (x *machine) moveYear() {
	year := x.first + rapid.IntRange(0, 1).Draw(x.r, "year")
	c := Change{Actor: maker}
	c.Approver, c.Reason = x.people()
	to := pick(x, map[YearState][]YearState{YearOpen: {YearAdjusting, YearAdjusting, YearClosed}, YearAdjusting: {YearOpen, YearClosed, YearClosed},
		YearClosed: {YearAdjusting, YearAdjusting, YearAdjusting, YearOpen}}[x.m.years[year]], "to")
	if to == YearClosed && x.m.years[year] == YearAdjusting && !x.rarely(4, "leave it") {
		x.empty(year)
	}
	err := MoveYear(x.r.Context(), x.db, "BUDGET", year, to, c)
	x.agree(fmt.Sprintf("year %d to %s by %+v", year, to, c), verdict{err: x.m.moveYear(year, to, c)}, "", Posted{}, err)
}

// reopen takes the years of the world back to open, the later one first.
func (x *machine) reopen() {
	for _, year := range []int{x.first + 1, x.first} {
		for _, to := range []YearState{YearAdjusting, YearOpen} {
			err := MoveYear(x.r.Context(), x.db, "BUDGET", year, to, both)
			x.agree(fmt.Sprintf("reopen %d to %s", year, to), verdict{err: x.m.moveYear(year, to, both)}, "", Posted{}, err)
		}
	}
}

// late closes the earlier year and posts into it, so that no world ends without a year that was too late for something.
func (x *machine) late() {
	x.reopen()
	for month, soft := range x.m.soft {
		if soft {
			err := MovePeriod(x.r.Context(), x.db, "BUDGET", month, PeriodOpen, both)
			x.agree(fmt.Sprintf("month %s to open", month), verdict{}, "", Posted{}, err)
			x.m.soft[month] = false
		}
	}
	for _, to := range []YearState{YearAdjusting, YearClosed} {
		if to == YearClosed {
			x.empty(x.first)
		}
		err := MoveYear(x.r.Context(), x.db, "BUDGET", x.first, to, both)
		x.agree(fmt.Sprintf("year %d to %s at last", x.first, to), verdict{err: x.m.moveYear(x.first, to, both)}, "", Posted{}, err)
	}
	for range 3 {
		x.single()
	}
	x.keys++
	j := Journal{Book: "BUDGET", Kind: KindCancel, On: x.day(), Document: paper, Key: fmt.Sprint(x.first, "/", x.keys), Actor: maker, Approver: checker,
		Reason: "quá muộn", Moves: []Move{{x.ids[0], Available, Closing, money.VND(1)}}}
	p, err := Post(x.r.Context(), x.db, j)
	x.agree(fmt.Sprintf("too late %+v", j), x.m.judge(j, nil), j.Key, p, err)
}

// empty cancels what a year still holds, so that it can close.
func (x *machine) empty(year int) {
	for _, id := range x.ids {
		l := x.m.lines[id]
		for _, stage := range []Stage{Requested, Reserved, Committed, Advanced, Available} {
			if l.year != year || l.holds[stage] == 0 {
				continue
			}
			kind, to := KindRelease, Available
			if stage == Available {
				kind, to = KindCancel, Closing
			}
			x.keys++
			j := Journal{Book: "BUDGET", Kind: kind, On: x.day(), Document: paper, Key: fmt.Sprint(x.first, "/", x.keys), Actor: maker, Approver: checker,
				Reason: "cuối năm", Moves: []Move{{id, stage, to, money.VND(l.holds[stage])}}}
			p, err := Post(x.r.Context(), x.db, j)
			x.agree(fmt.Sprintf("empty %+v", j), x.m.judge(j, nil), j.Key, p, err)
		}
	}
}

func (x *machine) softClose() {
	month := calendar.DateOf(x.day())
	first := calendar.On(month.Year(), month.Month(), 1)
	to := PeriodSoftClosed
	var wanted error
	if x.m.soft[first] {
		to = PeriodOpen
	} else if x.rarely(3, "once more") {
		to, wanted = PeriodOpen, ErrOrder
	}
	err := MovePeriod(x.r.Context(), x.db, "BUDGET", month, to, both)
	x.agree(fmt.Sprintf("month %s to %s", month, to), verdict{err: wanted}, "", Posted{}, err)
	if wanted == nil {
		x.m.soft[first] = to == PeriodSoftClosed
	}
}
