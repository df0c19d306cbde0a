package council

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/call"
	"kinhbac/internal/money"
	"kinhbac/internal/review"
	"kinhbac/internal/storage"
)

// Present calls a matter: its sheets are locked and opened to the seats. One matter at a time.
func (s *Service) Present(ctx context.Context, matter uuid.UUID) error {
	return s.onMatter(ctx, matter, "council_session", "present", func(ctx context.Context, tx bun.Tx, m *Matter, actor access.Actor) error {
		busy, err := tx.NewSelect().Model((*Matter)(nil)).Where("cm.session_id = ?", m.SessionID).
			Where("cm.status IN (?)", bun.List([]MatterStatus{Presented, Balloting, Counted})).Exists(ctx)
		if err != nil {
			return err
		}
		if busy {
			return ErrOtherMatter
		}
		if err := m.move(Presented); err != nil {
			return err
		}
		now := storage.Now(ctx)
		m.PresentedAt = &now
		if m.Kind == "proposal" {
			return review.Discuss(ctx, tx, m.SubjectID)
		}
		return nil
	})
}

// StartBallot opens the ballot on a presented matter, when the quorum is met for it.
func (s *Service) StartBallot(ctx context.Context, matter uuid.UUID) error {
	return s.onMatter(ctx, matter, "council_session", "start_ballot", func(ctx context.Context, tx bun.Tx, m *Matter, actor access.Actor) error {
		if err := mustTakePart(ctx, tx, m.SessionID, &m.ID, actor.ID); err != nil {
			return err
		}
		if err := m.move(Balloting); err != nil {
			return err
		}
		now := storage.Now(ctx)
		m.BallotingAt = &now
		return nil
	})
}

// Cast puts the ballot of the subject's seat into the box: once, never changed. ErrCastAlready when it lies
// there; ErrNotTaking when the seat is absent or barred. The audit row carries no scores.
func (s *Service) Cast(ctx context.Context, matter uuid.UUID, b Ballot) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		m, err := lockMatter(ctx, tx, matter)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "ballot", "cast", m)
		if err != nil {
			return s.explain(ctx, tx, err, m.SessionID, m, "cast")
		}
		c, err := Get(ctx, tx, m.CouncilID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(c.Seats, func(st Seat) bool { return st.PersonID == actor.ID && st.EndedAt == nil })
		switch {
		case i < 0:
			return ErrNotTaking
		case !c.Seats[i].Votes:
			return ErrNoVote
		}
		if err := mustTakePart(ctx, tx, m.SessionID, &m.ID, actor.ID); err != nil {
			return err
		}
		criteria, err := criteriaOf(ctx, tx, c)
		if err != nil {
			return err
		}
		items, err := itemsOf(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		if err := b.check(m.BallotKind, criteria, items); err != nil {
			return err
		}
		return putBallot(ctx, tx, m, &b, c.Seats[i].ID, actor)
	})
}

// hasCast says whether a person's ballot on a matter lies in the box.
func hasCast(ctx context.Context, db bun.IDB, matter, person uuid.UUID) (yes bool, err error) {
	err = db.NewRaw("SELECT EXISTS (SELECT FROM ballots b JOIN council_seats s ON s.id = b.seat_id WHERE b.matter_id = ? AND s.person_id = ?)", matter, person).Scan(ctx, &yes)
	return yes, err
}

func putBallot(ctx context.Context, tx bun.Tx, m *Matter, b *Ballot, seat uuid.UUID, actor access.Actor) error {
	b.ID, b.MatterID, b.SeatID, b.CastAt, b.Number, b.Valid = uuid.New(), m.ID, seat, storage.Now(ctx), nil, nil
	// ON CONFLICT instead of catching the refusal: the transaction goes on and the caller reads a plain answer.
	res, err := tx.NewInsert().Model(b).On("CONFLICT ON CONSTRAINT ballots_once DO NOTHING").Exec(ctx)
	if err != nil {
		return fmt.Errorf("cast ballot on matter %s: %w", m.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrCastAlready
	}
	for i := range b.Lines {
		b.Lines[i].ID, b.Lines[i].BallotID = uuid.New(), b.ID
	}
	if len(b.Lines) > 0 {
		if _, err := tx.NewInsert().Model(&b.Lines).Exec(ctx); err != nil {
			return fmt.Errorf("cast ballot on matter %s: %w", m.ID, err)
		}
	}
	return record(ctx, tx, "ballot.cast", actor, m, m.Code, struct{}{})
}

// Tally counts the ballots once all are in. Nothing of the result existed before.
func (s *Service) Tally(ctx context.Context, matter uuid.UUID) error {
	return s.onMatter(ctx, matter, "ballot", "tally", func(ctx context.Context, tx bun.Tx, m *Matter, actor access.Actor) error {
		c, err := Get(ctx, tx, m.CouncilID)
		if err != nil {
			return err
		}
		r, err := rules(ctx, tx, c, m)
		if err != nil {
			return err
		}
		if m.BallotKind == Points {
			k, err := call.Get(ctx, tx, c.SubjectID)
			if err != nil {
				return err
			}
			r.PassMark = k.PassMark
		}
		if err := m.move(Counted); err != nil {
			return err
		}
		now := storage.Now(ctx)
		m.CountedAt = &now
		return m.count(ctx, tx, r)
	})
}

func (m *Matter) count(ctx context.Context, tx bun.Tx, r Rules) error {
	bs, err := ballotsOf(ctx, tx, m.ID)
	if err != nil {
		return err
	}
	items, err := itemsOf(ctx, tx, m.ID)
	if err != nil {
		return err
	}
	res := tally(m.BallotKind, bs, items, r)
	m.Mean, m.InitialMean, m.Lowest, m.Highest = res.Mean, res.Initial, res.Lowest, res.Highest
	m.Passed, m.FailedBy, m.For, m.Against, m.Cast = &res.Passed, res.FailedBy, res.For, res.Against, len(bs)
	slices.SortFunc(bs, func(a, b Ballot) int { return bytes.Compare(place(a), place(b)) })
	valid := map[uuid.UUID]bool{}
	for i, b := range res.order {
		valid[b] = res.Valid[i]
	}
	m.Valid = 0
	for i := range bs {
		ok, number := valid[bs[i].ID], i+1
		bs[i].Number, bs[i].Valid = &number, &ok
		if ok {
			m.Valid++
		}
		if _, err := tx.NewUpdate().Model(&bs[i]).Column("number", "valid").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("number ballots of matter %s: %w", m.ID, err)
		}
	}
	for i, it := range res.Items {
		items[i].PassCount, items[i].Passed = &it.Passes, &it.Passed
		if _, err := tx.NewUpdate().Model(&items[i]).Column("pass_count", "passed").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("count items of matter %s: %w", m.ID, err)
		}
	}
	return nil
}

// place orders ballots so that their number does not tell when they were cast.
func place(b Ballot) []byte { d := sha256.Sum256(b.ID[:]); return d[:] }

type counted struct {
	Result
	order []uuid.UUID
}

func tally(kind BallotKind, bs []Ballot, items []Item, r Rules) counted {
	var out counted
	points := make([][]int, len(bs))
	answers := make([][]bool, len(bs))
	choices := make([]string, len(bs))
	for i, b := range bs {
		out.order = append(out.order, b.ID)
		choices[i] = b.Choice
		slices.SortFunc(b.Lines, func(x, y BallotLine) int { return bytes.Compare(lineKey(x), lineKey(y)) })
		for _, l := range b.Lines {
			if l.Points != nil {
				points[i] = append(points[i], *l.Points)
			}
		}
		for _, it := range items {
			for _, l := range b.Lines {
				if l.ItemID != nil && *l.ItemID == it.ID {
					answers[i] = append(answers[i], *l.Passed)
				}
			}
		}
	}
	switch kind {
	case Points:
		out.Result = CountPoints(points, r)
	case PassFail:
		out.Result = CountItems(answers, r)
	default:
		out.Result = CountVotes(choices, r)
	}
	return out
}

func lineKey(l BallotLine) []byte {
	if l.CriterionID != nil {
		return l.CriterionID[:]
	}
	return l.ItemID[:]
}

// Conclude states what the council proposes on a counted matter, tells the room of the subject, and then those
// who asked for it.
func (s *Service) Conclude(ctx context.Context, matter uuid.UUID, c Conclusion, amount money.Amount, note string) error {
	return s.onMatter(ctx, matter, "council_session", "conclude", func(ctx context.Context, tx bun.Tx, m *Matter, actor access.Actor) error {
		if err := mustTakePart(ctx, tx, m.SessionID, &m.ID, actor.ID); err != nil {
			return err
		}
		if err := m.Conclude(c, amount, note, actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if err := saveMatter(ctx, tx, m); err != nil {
			return err
		}
		if err := s.sources[m.Kind].Concluded(ctx, tx, m, actor); err != nil {
			return err
		}
		for _, fn := range s.after {
			if err := fn(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// Recuse takes the subject's seat out of a matter: a declared conflict with its ground, which closes the dossier
// to the person as well.
func (s *Service) Recuse(ctx context.Context, matter uuid.UUID, ground string) error {
	return s.onMatter(ctx, matter, "council_session", "recuse", func(ctx context.Context, tx bun.Tx, m *Matter, actor access.Actor) error {
		if m.Status == Counted || m.Status == Concluded {
			return ErrState
		}
		return s.reviews.Declare(ctx, review.Answer{Kind: m.Kind, ID: m.SubjectID, Conflict: true, Ground: ground})
	})
}

// onMatter locks the session and the matter, asks for (resource, action), saves the matter and records the act.
func (s *Service) onMatter(ctx context.Context, id uuid.UUID, resource, action string,
	fn func(context.Context, bun.Tx, *Matter, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		ses, m, err := lockBoth(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, resource, action, m)
		if err != nil {
			return s.explain(ctx, tx, err, ses.ID, m, action)
		}
		if ses.Status != Opened && action != "recuse" {
			return ErrState
		}
		before, version := m.Status, m.Version
		if err := fn(ctx, tx, m, actor); err != nil {
			return err
		}
		if m.Status != before && m.Version == version {
			if err := saveMatter(ctx, tx, m); err != nil {
				return err
			}
		}
		return record(ctx, tx, resource+"."+action, actor, m, m.Code, matterSeen{m.Status, m.Conclusion})
	})
}

type matterSeen struct {
	Status     MatterStatus `json:"status"`
	Conclusion Conclusion   `json:"conclusion,omitempty"`
}

// lockBoth locks the session of a matter, then the matter: always in this order.
func lockBoth(ctx context.Context, tx bun.Tx, matter uuid.UUID) (*Session, *Matter, error) {
	var session uuid.UUID
	err := tx.NewSelect().Model((*Matter)(nil)).Column("session_id").Where("cm.id = ?", matter).Scan(ctx, &session)
	if err = found(err, "matter", matter); err != nil {
		return nil, nil, err
	}
	ses, err := lockSession(ctx, tx, session)
	if err != nil {
		return nil, nil, err
	}
	m, err := lockMatter(ctx, tx, matter)
	return ses, m, err
}
