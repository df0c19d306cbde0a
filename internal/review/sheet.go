package review

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/call"
	"kinhbac/internal/errs"
)

// Sheet is the scored opinion of a reader (phiếu nhận xét). Total is the sum of the points once it is complete.
type Sheet struct {
	bun.BaseModel  `bun:"table:review_sheets,alias:rs"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	AssignmentID   uuid.UUID `bun:"type:uuid"`
	ProposalID     uuid.UUID `bun:"type:uuid"`
	ReviewerID     uuid.UUID `bun:"type:uuid"`
	Total          *int
	Recommendation string `bun:",nullzero"` // support, support_adjusted or not_support
	Comment        string
	SavedAt        *time.Time
	SubmittedAt    *time.Time
	Digest         string     `bun:",nullzero"` // sha256 over what was signed, hex
	DiscussedAt    *time.Time // its matter was presented
	ClosedAt       *time.Time // its matter was counted
	Version        int
	Scores         []Score `bun:"rel:has-many,join:id=sheet_id"`
}

// Score is the points for one criterion; nil while the reader has not said.
type Score struct {
	bun.BaseModel `bun:"table:review_scores,alias:rc"`
	SheetID       uuid.UUID `bun:",pk,type:uuid"`
	CriterionID   uuid.UUID `bun:",pk,type:uuid"`
	Points        *int
	Comment       string
}

// Refusals of sheets.
var (
	ErrPoints     = errs.New(errs.Invalid, "review.points_range") // Args: the highest points of the criterion
	ErrIncomplete = errs.New(errs.Invalid, "review.sheet_incomplete")
	ErrSent       = errs.New(errs.Conflict, "review.sheet_sent")
)

// Sum is the total of the points given so far.
func (s *Sheet) Sum() int {
	if s.Total != nil {
		return *s.Total
	}
	sum := 0
	for _, c := range s.Scores {
		if c.Points != nil {
			sum += *c.Points
		}
	}
	return sum
}

// AccessKind names the noun; the policies call a sheet a review.
func (s *Sheet) AccessKind() string { return "review" }

// AccessID is the sheet's id.
func (s *Sheet) AccessID() uuid.UUID { return s.ID }

// Fill takes the reader's points over the criteria of the call: whole numbers from 0 to the criterion's most.
// Criteria not named stay unscored; a criterion of another call is refused. On error s is unchanged.
func (s *Sheet) Fill(criteria []call.Criterion, given []Score, recommendation, comment string) error {
	if s.SubmittedAt != nil {
		return ErrSent
	}
	by := map[uuid.UUID]Score{}
	for _, g := range given {
		by[g.CriterionID] = g
	}
	var scores []Score
	total, complete := 0, true
	for i, c := range criteria {
		g := by[c.ID]
		delete(by, c.ID)
		if g.Points == nil {
			complete = false
		} else if *g.Points < 0 || *g.Points > c.MaxPoints {
			return ErrPoints.With(c.MaxPoints).At(errs.Field{Name: fmt.Sprintf("scores[%d].points", i), Code: "review.points_range", Args: []any{c.MaxPoints}})
		} else {
			total += *g.Points
		}
		scores = append(scores, Score{SheetID: s.ID, CriterionID: c.ID, Points: g.Points, Comment: g.Comment})
	}
	if len(by) > 0 {
		return ErrSubject
	}
	switch recommendation {
	case "", "support", "support_adjusted", "not_support":
	default:
		return ErrIncomplete.At(errs.Field{Name: "recommendation", Code: "review.recommendation_missing"})
	}
	s.Scores, s.Recommendation, s.Comment, s.Total = scores, recommendation, comment, nil
	if complete {
		s.Total = &total
	}
	return nil
}

// Submit signs a complete sheet: every criterion scored and a recommendation given.
func (s *Sheet) Submit(at time.Time) error {
	if s.SubmittedAt != nil {
		return ErrSent
	}
	var missing []errs.Field
	for i, c := range s.Scores {
		if c.Points == nil {
			missing = append(missing, errs.Field{Name: fmt.Sprintf("scores[%d].points", i), Code: "review.points_missing"})
		}
	}
	if s.Recommendation == "" {
		missing = append(missing, errs.Field{Name: "recommendation", Code: "review.recommendation_missing"})
	}
	if len(missing) > 0 || s.Total == nil {
		return ErrIncomplete.At(missing...)
	}
	s.SubmittedAt, s.Digest = &at, s.seal()
	return nil
}

func (s *Sheet) seal() string {
	h := sha256.New()
	put := func(t string) { fmt.Fprintf(h, "%d:%s\n", len(t), t) }
	put(s.ProposalID.String())
	put(s.ReviewerID.String())
	for _, c := range s.Scores {
		put(c.CriterionID.String())
		put(fmt.Sprint(*c.Points))
		put(c.Comment)
	}
	put(s.Recommendation)
	put(s.Comment)
	return hex.EncodeToString(h.Sum(nil))
}
