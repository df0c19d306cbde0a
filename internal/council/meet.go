package council

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Agenda is a session to schedule. Subjects are put on the agenda in this order.
type Agenda struct {
	StartsAt time.Time
	Place    string
	Online   bool
	Subjects []uuid.UUID
}

// Schedule calls a session of an established council with its matters. Every subject must be waiting for this
// council. The seats are told by their inbox.
func (s *Service) Schedule(ctx context.Context, council uuid.UUID, a Agenda) (*Session, error) {
	var ses *Session
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := lock(ctx, tx, council)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "council_session", "schedule", c)
		if err != nil {
			return err
		}
		switch {
		case c.Status != Established:
			return ErrState
		case len(a.Subjects) == 0:
			return ErrNoMatters.At(errs.Field{Name: "subjects", Code: "council.no_matters"})
		}
		n, err := tx.NewSelect().Model((*Session)(nil)).Where("cs.council_id = ?", council).Count(ctx)
		if err != nil {
			return err
		}
		ses = &Session{ID: uuid.New(), CouncilID: council, Number: int(n) + 1, StartsAt: a.StartsAt, Place: a.Place, Online: a.Online,
			Status: Scheduled, Version: 1}
		if _, err := tx.NewInsert().Model(ses).Exec(ctx); err != nil {
			return fmt.Errorf("save session: %w", err)
		}
		if err := s.putMatters(ctx, tx, c, ses, a.Subjects, actor); err != nil {
			return err
		}
		return record(ctx, tx, "council_session.schedule", actor, ses, c.NameVI, sessionSeen{ses.Status, ses.Number, len(a.Subjects)})
	})
	return ses, err
}

type sessionSeen struct {
	Status  SessionStatus `json:"status"`
	Number  int           `json:"number"`
	Matters int           `json:"matters"`
}

func (s *Service) putMatters(ctx context.Context, tx bun.Tx, c *Council, ses *Session, ids []uuid.UUID, actor access.Actor) error {
	src := s.sources[c.kindOf()]
	waiting, err := s.schedulable(ctx, tx, c)
	if err != nil {
		return err
	}
	kind, err := src.Ballot(ctx, tx, c.SubjectID)
	if err != nil {
		return err
	}
	by := map[uuid.UUID]Subject{}
	for _, w := range waiting {
		by[w.ID] = w
	}
	for i, id := range ids {
		w, ok := by[id]
		if !ok {
			return ErrNoMatters.At(errs.Field{Name: "subjects", Code: "council.matter_not_waiting"})
		}
		delete(by, id)
		m := &Matter{ID: uuid.New(), CouncilID: c.ID, SessionID: ses.ID, Position: i + 1, Kind: c.kindOf(), SubjectID: id,
			OrganisationID: w.OrganisationID, Code: w.Code, TitleVI: w.TitleVI, TitleEN: w.TitleEN, OrgName: w.OrgName,
			Requested: w.Requested, BallotKind: kind, Status: Waiting, Version: 1}
		if _, err := tx.NewInsert().Model(m).Exec(ctx); err != nil {
			return fmt.Errorf("save matter %s: %w", w.Code, err)
		}
		for j := range w.Items {
			w.Items[j].ID, w.Items[j].MatterID, w.Items[j].Position = uuid.New(), m.ID, j+1
		}
		if kind == PassFail && len(w.Items) > 0 {
			if _, err := tx.NewInsert().Model(&w.Items).Exec(ctx); err != nil {
				return fmt.Errorf("save items of matter %s: %w", w.Code, err)
			}
		}
		if err := src.Scheduled(ctx, tx, id, actor); err != nil {
			return err
		}
	}
	return nil
}

// Mark says whether a seat takes part. Note is the reason of an absence, or the written remarks read out.
type Mark struct {
	Seat     uuid.UUID
	Presence string // present, online or absent
	Note     string
}

// Stand names an ordinary member who presides in place of the chair, by the chair's written authorisation. The
// zero Stand names nobody: the vice chair presides by seat.
type Stand struct {
	Seat            uuid.UUID
	AuthorisationNo string
}

// MarkAttendance writes who is in the room; the newest mark of a seat counts. An absence marked during a ballot
// ends the wait for that seat.
func (s *Service) MarkAttendance(ctx context.Context, session uuid.UUID, marks []Mark, stand Stand) error {
	return s.inSession(ctx, session, "mark_attendance", func(ctx context.Context, tx bun.Tx, ses *Session, actor access.Actor) error {
		if ses.Status != Scheduled && ses.Status != Opened {
			return ErrState
		}
		c, err := Get(ctx, tx, ses.CouncilID)
		if err != nil {
			return err
		}
		seats := map[uuid.UUID]bool{}
		for _, st := range c.Seats {
			seats[st.ID] = st.EndedAt == nil
		}
		for i, m := range marks {
			if !seats[m.Seat] || m.Presence != "present" && m.Presence != "online" && m.Presence != "absent" {
				return errs.FieldError(fmt.Sprintf("marks[%d].presence", i), "council.presence_unknown")
			}
			a := &Attendance{SessionID: session, SeatID: m.Seat, Presence: m.Presence, Note: m.Note, MarkedBy: actor.ID, MarkedAt: storage.Now(ctx)}
			_, err := tx.NewInsert().Model(a).On("CONFLICT (session_id, seat_id) DO UPDATE").Set("presence = EXCLUDED.presence").
				Set("note = EXCLUDED.note").Set("marked_by = EXCLUDED.marked_by").Set("marked_at = EXCLUDED.marked_at").Exec(ctx)
			if err != nil {
				return fmt.Errorf("mark attendance: %w", err)
			}
		}
		if stand.Seat == uuid.Nil {
			return nil
		}
		if !seats[stand.Seat] || stand.AuthorisationNo == "" {
			return errs.FieldError("authorisation_no", "council.authorisation_missing")
		}
		ses.PresidingSeatID, ses.AuthorisationNo = &stand.Seat, stand.AuthorisationNo
		return saveSession(ctx, tx, ses)
	})
}

// Open starts the session when the quorum is met; by the chair, or whoever presides instead.
func (s *Service) Open(ctx context.Context, session uuid.UUID) error {
	return s.inSession(ctx, session, "open", func(ctx context.Context, tx bun.Tx, ses *Session, actor access.Actor) error {
		if err := ses.move(Opened); err != nil {
			return err
		}
		if err := mustTakePart(ctx, tx, ses.ID, nil, actor.ID); err != nil {
			return err
		}
		now := storage.Now(ctx)
		ses.OpenedAt, ses.OpenedBy = &now, &actor.ID
		return saveSession(ctx, tx, ses)
	})
}

// Close ends the session once every matter that was presented is concluded. What is still waiting may be put
// before a later session.
func (s *Service) Close(ctx context.Context, session uuid.UUID) error {
	return s.inSession(ctx, session, "close", func(ctx context.Context, tx bun.Tx, ses *Session, actor access.Actor) error {
		if err := ses.move(Ended); err != nil {
			return err
		}
		now := storage.Now(ctx)
		ses.EndedAt = &now
		return saveSession(ctx, tx, ses)
	})
}

// inSession locks the session, asks for (council_session, action) and records the act.
func (s *Service) inSession(ctx context.Context, id uuid.UUID, action string,
	fn func(context.Context, bun.Tx, *Session, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		ses, err := lockSession(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "council_session", action, ses)
		if err != nil {
			return s.explain(ctx, tx, err, ses.ID, nil, action)
		}
		if err := fn(ctx, tx, ses, actor); err != nil {
			return err
		}
		return record(ctx, tx, "council_session."+action, actor, ses, fmt.Sprint(ses.Number), sessionSeen{Status: ses.Status, Number: ses.Number})
	})
}

// explain turns the policies' refusal for want of a quorum into one with its numbers and rule, and a ballot's
// refusal on a matter the person may see into what is missing: a ballot itself cannot be read before the count,
// so the policies answer as if there were none.
func (s *Service) explain(ctx context.Context, tx bun.Tx, err error, session uuid.UUID, m *Matter, action string) error {
	switch e := errs.From(err); {
	case e.Is(access.ErrQuorum):
		var id *uuid.UUID
		if m != nil {
			id = &m.ID
		}
		q, qerr := quorumOf(ctx, tx, session, id)
		if qerr != nil {
			return qerr
		}
		return ErrNoQuorum.With(q.Present, q.Seats, q.Needed).Because(q.Rule)
	case e.Is(access.ErrBallots) && action == "close":
		return ErrUnfinished
	case e.Is(access.ErrBallots):
		return ErrNotAll
	case !e.Is(errs.ErrNotFound) || m == nil || !s.access.Can(ctx, tx, "council_session", "read", m):
		return err
	}
	if m.Status != Balloting {
		return ErrState
	}
	var declared, all bool
	qerr := tx.NewRaw(`SELECT EXISTS (SELECT 1 FROM coi_declarations d WHERE d.person_id = ? AND d.subject_id = ? AND NOT d.conflict),
		council_all_ballots(?)`, access.From(ctx).ID, m.SubjectID, m.ID).Scan(ctx, &declared, &all)
	switch {
	case qerr != nil:
		return qerr
	case action == "cast" && !declared:
		return access.ErrDeclareFirst
	case action == "tally" && !all:
		return ErrNotAll
	}
	return access.ErrForbidden
}

func mustTakePart(ctx context.Context, tx bun.IDB, session uuid.UUID, matter *uuid.UUID, person uuid.UUID) error {
	var ok bool
	err := tx.NewRaw(`SELECT EXISTS (SELECT 1 FROM council_sessions x JOIN council_seats s ON s.council_id = x.council_id
		WHERE x.id = ? AND s.person_id = ? AND council_takes_part(x.id, s.id, ?))`, session, person, matter).Scan(ctx, &ok)
	if err == nil && !ok {
		return ErrNotTaking
	}
	return err
}
