package council

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// Tasks lists what waits for the subject of ctx: councils to establish, sessions to hold, ballots to cast and to
// count, minutes to write and to sign.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	db := storage.Joined(ctx, s.db)
	var tasks []web.Task
	if err := s.establishTasks(ctx, db, &tasks); err != nil {
		return nil, err
	}
	if err := s.replacementTasks(ctx, &tasks); err != nil {
		return nil, err
	}
	if err := s.sessionTasks(ctx, db, &tasks); err != nil {
		return nil, err
	}
	return tasks, nil
}

func (s *Service) establishTasks(ctx context.Context, db bun.IDB, tasks *[]web.Task) error {
	if _, err := s.access.RequireRole(ctx, "council", "approve"); err != nil {
		return nil // not a role that establishes councils
	}
	var cs []Council
	q := db.NewSelect().Model(&cs).Where("co.status = ?", Proposed)
	if err := s.access.Scope(ctx, q, "council", "read", "council").Scan(ctx); err != nil {
		return err
	}
	for i := range cs {
		if s.access.Can(ctx, db, "council", "approve", &cs[i]) {
			*tasks = append(*tasks, web.Task{Title: i18n.T(ctx, "council.task_establish", cs[i].NameVI), Href: "/councils/" + cs[i].ID.String(),
				Action: i18n.T(ctx, "council.establish")})
		}
	}
	return nil
}

type seatTask struct {
	CouncilID uuid.UUID
	Number    int
	NameVI    string `bun:"name_vi"`
	Status    SessionStatus
	StartsAt  time.Time
	MatterID  *uuid.UUID
	Code      string
	Matter    MatterStatus
	Seat      string
	Cast      bool
	All       bool
	Secretary bool // the scientific secretary has signed
	SessionID uuid.UUID
	Signs     bool `bun:"-"` // the seat closes the minutes now
}

func (s *Service) sessionTasks(ctx context.Context, db bun.IDB, tasks *[]web.Task) error {
	me := access.From(ctx).ID
	var rows []seatTask
	err := db.NewRaw(`
		SELECT ses.id AS session_id, ses.council_id, ses.number, c.name_vi, ses.status, ses.starts_at, m.id AS matter_id, COALESCE(m.code, '') AS code,
			COALESCE(m.status, '') AS matter, COALESCE(st.kind, 'secretary') AS seat,
			EXISTS (SELECT 1 FROM ballots b WHERE b.matter_id = m.id AND b.seat_id = st.id) AS cast,
			COALESCE(m.status = 'balloting' AND council_all_ballots(m.id), false) AS all, ses.secretary_signed IS NOT NULL AS secretary
		FROM council_sessions ses JOIN councils c ON c.id = ses.council_id
		LEFT JOIN council_seats st ON st.council_id = c.id AND st.person_id = ? AND st.ended_at IS NULL
		LEFT JOIN council_matters m ON m.session_id = ses.id AND m.status IN ('presented', 'balloting', 'counted') AND NOT council_barred(m.id, ?)
		WHERE ses.status <> 'signed' AND (st.id IS NOT NULL OR c.secretary_id = ?) ORDER BY ses.starts_at`, me, me, me).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		r.Signs = r.Status == Drafted && r.Secretary && s.access.Can(ctx, db, "minutes", "sign", minutes{&Session{ID: r.SessionID}})
		if t, ok := r.task(ctx); ok {
			*tasks = append(*tasks, t)
		}
	}
	return nil
}

// task is the one thing the seat has to do in the session now.
func (r seatTask) task(ctx context.Context) (web.Task, bool) {
	meeting := "/councils/" + r.CouncilID.String() + "/meetings/" + strconv.Itoa(r.Number)
	t := web.Task{Detail: r.NameVI, Href: meeting}
	say := func(code string, args ...any) {
		t.Title, t.Action = i18n.T(ctx, "council.task_"+code, args...), i18n.T(ctx, "council.action_"+code)
	}
	switch {
	case r.Status == Scheduled:
		say("meeting", r.Number)
		t.Due = r.StartsAt
	case r.Status == Opened && r.Matter == Balloting && r.Seat != "secretary" && !r.Cast:
		say("ballot", r.Code)
		t.Href = "/matters/" + r.MatterID.String() + "/ballot"
	case r.Status == Opened && r.Matter == Balloting && r.Seat == "secretary" && r.All:
		say("count", r.Code)
	case r.Status == Opened && r.Matter == Counted && r.Seat == string(Chair):
		say("conclude", r.Code)
	case r.Status == Ended && r.Seat == string(ScientificSecretary):
		say("minutes", r.Number)
		t.Href += "/minutes"
	case r.Status == Drafted && !r.Secretary && r.Seat == string(ScientificSecretary),
		r.Signs:
		say("sign", r.Number)
		t.Href += "/minutes"
	default:
		return t, false
	}
	return t, true
}
