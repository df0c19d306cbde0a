package ledger

import (
	"errors"
	"flag"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

var long = flag.Bool("long", false, "run the long form of the model test")

var stages = []Stage{Source, Available, Allocated, Reserved, Committed, Requested, Advanced, Disbursed}

// allowed repeats ledger.move_allowed for budget lines, from the table of stages in the design.
var allowed = map[[2]Stage]bool{
	{Source, Available}: true, {Available, Source}: true, {Available, Allocated}: true, {Allocated, Available}: true,
	{Available, Reserved}: true, {Reserved, Available}: true, {Available, Committed}: true, {Reserved, Committed}: true,
	{Committed, Available}: true, {Committed, Requested}: true, {Requested, Committed}: true, {Committed, Advanced}: true,
	{Requested, Advanced}: true, {Requested, Disbursed}: true, {Advanced, Disbursed}: true, {Advanced, Available}: true,
	{Disbursed, Available}: true, {Committed, Disbursed}: true,
}

// kinds is under which kind a move is tried.
var kinds = map[[2]Stage]string{{Source, Available}: KindAdjust, {Available, Source}: KindCut, {Available, Allocated}: KindAllocate,
	{Allocated, Available}: KindCut, {Available, Reserved}: KindReserve, {Reserved, Available}: KindRelease, {Available, Committed}: KindCommit,
	{Reserved, Committed}: KindCommit, {Committed, Available}: KindRelease, {Committed, Requested}: KindRequest, {Requested, Committed}: KindRelease,
	{Committed, Advanced}: KindAdvance, {Requested, Advanced}: KindAdvance, {Requested, Disbursed}: KindDisburse,
	{Advanced, Disbursed}: KindClearAdvance, {Advanced, Available}: KindRelease, {Disbursed, Available}: KindRefund, {Committed, Disbursed}: KindDisburse}

// machine is a few lines in the database and the same lines in plain numbers: what each stage holds.
type machine struct {
	r        *rapid.T
	db       *bun.DB
	ids      []int64
	holds    map[int64]map[Stage]int64
	posted   []posting
	accepted int
}

type posting struct {
	no    string
	moves []Move
}

// after is what the lines would hold; an error when one would hold less than nothing.
func (m *machine) after(moves []Move) (map[int64]map[Stage]int64, error) {
	next := map[int64]map[Stage]int64{}
	for id, h := range m.holds {
		next[id] = map[Stage]int64{}
		for s, n := range h {
			next[id][s] = n
		}
	}
	for _, v := range moves {
		x := v.Amount.Decimal().IntPart()
		next[v.Line][v.From] -= x
		next[v.Line][v.To] += x
	}
	for _, h := range next {
		for s, n := range h {
			if s != Source && n < 0 {
				return nil, ErrInsufficient
			}
		}
	}
	return next, nil
}

// judge is the model's verdict on a journal.
func (m *machine) judge(moves []Move) (map[int64]map[Stage]int64, error) {
	pushed, given := int64(0), int64(0)
	for _, v := range moves {
		x := v.Amount.Decimal().IntPart()
		switch {
		case !allowed[[2]Stage{v.From, v.To}]:
			return nil, ErrMove
		case v.To == Allocated:
			pushed += x
		case v.From == Allocated:
			pushed -= x
		case v.From == Source:
			given += x
		case v.To == Source:
			given -= x
		}
	}
	if pushes := slices.ContainsFunc(moves, func(v Move) bool { return v.From == Allocated || v.To == Allocated }); pushes && pushed != given {
		return nil, ErrMove
	}
	return m.after(moves)
}

func (m *machine) post(moves ...Move) {
	next, want := m.judge(moves)
	kind := kinds[[2]Stage{moves[0].From, moves[0].To}]
	if len(moves) > 1 {
		kind = KindAllocate
	}
	p, err := Post(m.r.Context(), m.db, journal(kind, moves...))
	m.agree(moves, next, want, err)
	if err == nil {
		m.posted = append(m.posted, posting{p.No, moves})
	}
}

func (m *machine) reverse(k int) {
	p := m.posted[k]
	mirror := make([]Move, len(p.moves))
	for i, v := range p.moves {
		mirror[i] = Move{v.Line, v.To, v.From, v.Amount}
	}
	next, want := m.after(mirror)
	_, err := Reverse(m.r.Context(), m.db, Reversal{Number: p.no, Key: uuid.NewString(), Actor: maker, Approver: checker, Reason: "đảo"})
	m.agree(mirror, next, want, err)
	if err == nil {
		m.posted = slices.Delete(m.posted, k, k+1)
	}
}

// agree compares the verdicts and takes the model on.
func (m *machine) agree(moves []Move, next map[int64]map[Stage]int64, want, err error) {
	if (want == nil) != (err == nil) || want != nil && !errors.Is(err, want) {
		m.r.Fatalf("%+v = %v, the model says %v", moves, err, want)
	}
	if err == nil {
		m.holds = next
		m.accepted++
	}
}

// compare reads every line back.
func (m *machine) compare() {
	for id, h := range m.holds {
		s, err := Line(m.r.Context(), m.db, id)
		if err != nil {
			m.r.Fatal(err)
		}
		for stage, got := range map[Stage]money.Amount{Source: s.Authorised.Neg(), Available: s.Available, Allocated: s.Allocated, Reserved: s.Reserved,
			Committed: s.Committed, Requested: s.Requested, Advanced: s.Advanced, Disbursed: s.Disbursed} {
			if !got.Equal(money.VND(h[stage])) {
				m.r.Fatalf("line %d %s: %s, the model has %d", id, stage, got, h[stage])
			}
		}
	}
}

// Random commands run on the database and on the model; verdict, reason and every stage must agree.
func TestModel(t *testing.T) {
	db := dbtest.New(t)
	if checks := flag.Lookup("rapid.checks"); !*long {
		was := checks.Value.String()
		_ = checks.Value.Set("15")
		defer func() { _ = checks.Value.Set(was) }()
	}
	accepted := 0
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{r: r, db: db, holds: map[int64]map[Stage]int64{}}
		for range 3 {
			id := line(t, db, 0)
			m.ids, m.holds[id] = append(m.ids, id), map[Stage]int64{}
		}
		amount := func() money.Amount { return money.VND(rapid.Int64Range(1, 40).Draw(r, "amount")) }
		for range rapid.IntRange(10, 30).Draw(r, "commands") {
			of := rapid.SampledFrom(m.ids).Draw(r, "line")
			switch rapid.IntRange(0, 9).Draw(r, "command") {
			case 0, 1: // money comes in
				m.post(Move{of, Source, Available, amount()})
			case 2: // an allocation, sometimes off by one
				x := amount()
				m.post(Move{m.ids[0], Available, Allocated, x}, Move{of, Source, Available, x.Add(money.VND(rapid.Int64Range(0, 1).Draw(r, "off")))})
			case 3:
				if n := len(m.posted); n > 0 {
					m.reverse(rapid.IntRange(0, n-1).Draw(r, "journal"))
				}
			case 4: // several moves of any kind
				var moves []Move
				for range rapid.IntRange(1, 1).Draw(r, "moves") {
					moves = append(moves, Move{rapid.SampledFrom(m.ids).Draw(r, "line"), rapid.SampledFrom(stages).Draw(r, "from"),
						rapid.SampledFrom(stages).Draw(r, "to"), amount()})
				}
				m.post(moves...)
			default: // one step along the flow
				flow := [][2]Stage{{Available, Reserved}, {Reserved, Committed}, {Available, Committed}, {Committed, Requested}, {Requested, Disbursed}, {Committed, Advanced}, {Advanced, Disbursed}}
				f := rapid.SampledFrom(flow).Draw(r, "step")
				m.post(Move{of, f[0], f[1], amount()})
			}
		}
		m.compare()
		accepted += m.accepted
	})
	if accepted == 0 {
		t.Error("everything was refused")
	}
	t.Logf("%d commands accepted", accepted)
	noDrift(t, db)
}
