package council

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/call"
	"kinhbac/internal/errs"
)

// Choices of an approval ballot.
const (
	For     = "for"
	Against = "against"
	Abstain = "abstain"
)

// Ballot is one seat's vote on one matter (phiếu đánh giá): cast once, never changed. Number and Valid come
// with the count.
type Ballot struct {
	bun.BaseModel `bun:"table:ballots,alias:b"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	MatterID      uuid.UUID
	SeatID        uuid.UUID
	Number        *int
	Choice        string `bun:",nullzero"`
	Total         *int
	Valid         *bool
	Remark        string
	CastAt        time.Time
	Lines         []BallotLine `bun:"rel:has-many,join:id=ballot_id"`
}

// BallotLine is the points for a criterion, or pass or fail of a content item with its reason.
type BallotLine struct {
	bun.BaseModel `bun:"table:ballot_lines,alias:bl"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	BallotID      uuid.UUID
	CriterionID   *uuid.UUID
	ItemID        *uuid.UUID
	Points        *int
	Passed        *bool
	Comment       string
}

// Item is one content of a pass or fail matter (nội dung đề nghị hỗ trợ).
type Item struct {
	bun.BaseModel `bun:"table:council_items,alias:ci"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	MatterID      uuid.UUID
	Position      int
	NameVI        string `bun:"name_vi"`
	NameEN        string `bun:"name_en"`
	PassCount     *int
	Passed        *bool
}

// Passes is how many ballots said "Đạt", 0 before the count.
func (i Item) Passes() int {
	if i.PassCount == nil {
		return 0
	}
	return *i.PassCount
}

// Refusals of ballots.
var (
	ErrPoints      = errs.New(errs.Invalid, "council.points_range") // Args: the criterion's most points
	ErrBallot      = errs.New(errs.Invalid, "council.ballot_incomplete")
	ErrReason      = errs.New(errs.Invalid, "council.reason_missing")
	ErrChoice      = errs.New(errs.Invalid, "council.choice_missing")
	ErrCastAlready = errs.New(errs.Conflict, "council.ballot_cast")
	ErrNotTaking   = errs.New(errs.Forbidden, "council.not_taking_part")
	ErrNoVote      = errs.New(errs.Forbidden, "council.seat_without_vote")
)

// check keeps the invariants of a ballot for its kind, over the criteria or items of the matter, and sets Total.
func (b *Ballot) check(kind BallotKind, criteria []call.Criterion, items []Item) error {
	switch kind {
	case Points:
		return b.checkPoints(criteria)
	case PassFail:
		return b.checkItems(items)
	}
	if b.Choice != For && b.Choice != Against && b.Choice != Abstain || len(b.Lines) > 0 {
		return ErrChoice.At(errs.Field{Name: "choice", Code: "council.choice_missing"})
	}
	return nil
}

func (b *Ballot) checkPoints(criteria []call.Criterion) error {
	given := map[uuid.UUID]BallotLine{}
	for _, l := range b.Lines {
		if l.CriterionID != nil {
			given[*l.CriterionID] = l
		}
	}
	if b.Choice != "" || len(given) != len(b.Lines) || len(given) > len(criteria) {
		return ErrBallot
	}
	total := 0
	for i, c := range criteria {
		l, ok := given[c.ID]
		name := fmt.Sprintf("lines[%d].points", i)
		if !ok || l.Points == nil {
			return ErrBallot.At(errs.Field{Name: name, Code: "council.points_missing"})
		}
		if *l.Points < 0 || *l.Points > c.MaxPoints {
			return ErrPoints.With(c.MaxPoints).At(errs.Field{Name: name, Code: "council.points_range", Args: []any{c.MaxPoints}})
		}
		total += *l.Points
	}
	b.Total = &total
	return nil
}

func (b *Ballot) checkItems(items []Item) error {
	given := map[uuid.UUID]BallotLine{}
	for _, l := range b.Lines {
		if l.ItemID != nil {
			given[*l.ItemID] = l
		}
	}
	if b.Choice != "" || len(given) != len(b.Lines) || len(given) != len(items) {
		return ErrBallot
	}
	for i, it := range items {
		l, ok := given[it.ID]
		if !ok || l.Passed == nil {
			return ErrBallot.At(errs.Field{Name: fmt.Sprintf("lines[%d].passed", i), Code: "council.ballot_incomplete"})
		}
		if !*l.Passed && strings.TrimSpace(l.Comment) == "" {
			return ErrReason.At(errs.Field{Name: fmt.Sprintf("lines[%d].comment", i), Code: "council.reason_missing"})
		}
	}
	return nil
}
