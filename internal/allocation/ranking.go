package allocation

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// States of a ranking.
const (
	Computed  = "computed"
	Finalised = "finalised"
)

// Ranking orders the judged proposals of a call (bảng xếp hạng). It is computed by the program whenever a matter is
// concluded, and finalised once by whoever presides. Ceiling is the call's, in đồng.
type Ranking struct {
	bun.BaseModel  `bun:"table:rankings,alias:rk"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	CallID         uuid.UUID
	CouncilID      uuid.UUID
	SessionID      uuid.UUID // the last session: its quorum finalises
	Status         string
	TieOrder       string
	Ceiling        money.Amount    `bun:"type:numeric"`
	PassMark       decimal.Decimal `bun:"type:numeric"`
	ManagingUnitID uuid.UUID
	ComputedAt     time.Time
	FinalisedAt    *time.Time
	FinalisedBy    *uuid.UUID
	Digest         string     `bun:",nullzero"` // sha256 over the lines as finalised, hex
	PutForwardAt   *time.Time // its award set was proposed
	Version        int
	Lines          []Line `bun:"rel:has-many,join:id=ranking_id"`
}

// Line is one proposal of a ranking. Rank is 0 for a proposal that did not pass. Cumulative is the sum of Proposed
// down to this line, in đồng, 0 for a proposal that did not pass.
type Line struct {
	bun.BaseModel  `bun:"table:ranking_lines,alias:rl"`
	RankingID      uuid.UUID `bun:",pk,type:uuid"`
	ProposalID     uuid.UUID `bun:",pk,type:uuid"`
	OrganisationID uuid.UUID
	MatterID       uuid.UUID
	Position       int
	Rank           int
	Score          *decimal.Decimal `bun:"type:numeric"`
	Lowest         *int
	Highest        *int
	Requested      money.Amount `bun:"type:numeric"`
	Proposed       money.Amount `bun:"type:numeric"`
	Cumulative     money.Amount `bun:"type:numeric"`
	Outcome        Outcome
	Tie            string // rule of the tie order that put it behind the line above
}

// Refusals of rankings.
var (
	ErrFinalised = errs.New(errs.Conflict, "allocation.finalised")
	ErrUnjudged  = errs.New(errs.Conflict, "allocation.unjudged") // without their number: some may be hidden from who presides
	ErrEmpty     = errs.New(errs.Conflict, "allocation.empty")
)

// AccessKind names the noun.
func (r *Ranking) AccessKind() string { return "ranking" }

// AccessID is the ranking's id.
func (r *Ranking) AccessID() uuid.UUID { return r.ID }

// candidate is a judged proposal before it has a rank.
type candidate struct {
	Line
	code      string
	submitted time.Time
	passed    bool
	criteria  map[int]share // by position
}

// share is an exact mean: sum of points over number of valid ballots.
type share struct{ sum, n int64 }

func (a share) cmp(b share) int { return cmp.Compare(a.sum*b.n, b.sum*a.n) }

// rank orders candidates by the printed score, then by the rules of order, then by code, and walks them under the
// ceiling: funded while the sum fits; the first that does not fit closes the line and all after it are reserve.
func rank(cs []candidate, order []string, ceiling money.Amount) []Line {
	slices.SortFunc(cs, func(a, b candidate) int { c, _ := compare(a, b, order); return c })
	lines := make([]Line, len(cs))
	var sum money.Amount
	closed, n := false, 0
	for i, c := range cs {
		l := c.Line
		l.Position, l.Rank, l.Outcome, l.Cumulative, l.Tie = i+1, 0, Rejected, money.Amount{}, ""
		if c.passed {
			n++
			sum = sum.Add(l.Proposed)
			closed = closed || sum.Cmp(ceiling) > 0
			l.Rank, l.Cumulative, l.Outcome = n, sum, Funded
			if closed {
				l.Outcome = Reserve
			}
			if i > 0 {
				_, l.Tie = compare(cs[i-1], c, order)
			}
		} else {
			l.Proposed = money.Amount{}
		}
		lines[i] = l
	}
	return lines
}

// compare says which of two candidates goes first, and the rule of the tie order that decided, "" for the score.
func compare(a, b candidate, order []string) (int, string) {
	switch {
	case a.passed && !b.passed:
		return -1, ""
	case b.passed && !a.passed:
		return 1, ""
	}
	if c := compareScore(a.Score, b.Score); c != 0 {
		return c, ""
	}
	for _, rule := range order {
		c := 0
		switch name, arg, _ := strings.Cut(rule, ":"); name {
		case "requested":
			c = a.Requested.Cmp(b.Requested)
		case "criterion":
			n, _ := strconv.Atoi(arg)
			c = b.criteria[n].cmp(a.criteria[n])
		case "submitted":
			c = a.submitted.Compare(b.submitted)
		}
		if c != 0 {
			return c, rule
		}
	}
	return strings.Compare(a.code, b.code), "code"
}

// compareScore puts the higher score first and no score last.
func compareScore(a, b *decimal.Decimal) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return b.Cmp(*a)
}

// Finalise closes the ranking; from then on its lines do not change.
func (r *Ranking) Finalise(by uuid.UUID, at time.Time) error {
	switch {
	case r.Status != Computed:
		return ErrFinalised
	case len(r.Lines) == 0:
		return ErrEmpty
	}
	r.Status, r.FinalisedBy, r.FinalisedAt, r.Digest = Finalised, &by, &at, r.seal()
	return nil
}

func (r *Ranking) seal() string {
	h := sha256.New()
	put := func(ss ...string) {
		for _, s := range ss {
			fmt.Fprintf(h, "%d:%s\n", len(s), s)
		}
	}
	put(r.CallID.String(), r.TieOrder, r.Ceiling.String(), r.PassMark.StringFixed(2))
	for _, l := range r.Lines {
		put(l.ProposalID.String(), strconv.Itoa(l.Rank), score(l.Score), l.Requested.String(), l.Proposed.String(), string(l.Outcome), l.Tie)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func score(d *decimal.Decimal) string {
	if d == nil {
		return ""
	}
	return d.StringFixed(2)
}

// Printed is a score with its two decimals and a comma, "–" when there is none.
func Printed(d *decimal.Decimal) string {
	if d == nil {
		return "–"
	}
	return strings.Replace(d.StringFixed(2), ".", ",", 1)
}

// Points is the line's score as printed.
func (l Line) Points() string { return Printed(l.Score) }

// Funding is the sum of the funded lines, in đồng.
func (r *Ranking) Funding() (sum money.Amount) {
	for _, l := range r.Lines {
		if l.Outcome == Funded {
			sum = sum.Add(l.Proposed)
		}
	}
	return sum
}

// Left is what remains of the ceiling, in đồng.
func (r *Ranking) Left() money.Amount { return r.Ceiling.Sub(r.Funding()) }

// Passed is how many proposals have a rank.
func (r *Ranking) Passed() (n int) {
	for _, l := range r.Lines {
		if l.Rank > 0 {
			n++
		}
	}
	return n
}

// shown is what of a ranking's lines a reader sees who is in conflict with the others, numbered and summed as if there
// were no others: a gap in ranks, a jump in the running sum or a tie with nothing above it would tell of them. What was
// concluded on a line stays.
func shown(lines []Line, visible func(Line) bool) []Line {
	var out []Line
	var sum money.Amount
	n := 0
	for i, l := range lines {
		if !visible(l) {
			continue
		}
		l.Position = len(out) + 1
		if i > 0 && !visible(lines[i-1]) {
			l.Tie = ""
		}
		if l.Rank > 0 {
			n++
			sum = sum.Add(l.Proposed)
			l.Rank, l.Cumulative = n, sum
		}
		out = append(out, l)
	}
	return out
}
