package council

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// Row is a council on a list.
type Row struct {
	bun.BaseModel `bun:"table:councils,alias:co" json:"-"`
	ID            uuid.UUID  `json:"id"`
	NameVI        string     `bun:"name_vi" json:"name_vi"`
	NameEN        string     `bun:"name_en" json:"name_en"`
	Status        Status     `json:"status"`
	DecisionNo    string     `json:"decision_no"`
	SubjectCode   string     `json:"call"`
	Seats         int        `json:"seats"`
	Matters       int        `json:"matters"`
	Concluded     int        `json:"concluded"`
	NextID        *uuid.UUID `json:"last_meeting_id"`
	NextNumber    *int       `json:"last_meeting"`
	NextAt        *time.Time `json:"last_meeting_at"`
}

var sorts = web.Sorts{"created_at": "co.created_at", "name": "co.name_vi", "meeting": "COALESCE(n.starts_at, '-infinity')", "status": "co.status"}

// list gives the councils the subject of ctx may see, one page or, with Size 0, all of the filter.
func (s *Service) list(ctx context.Context, l *web.List) ([]Row, error) {
	rows := []Row{}
	matters := func() *bun.SelectQuery {
		return s.access.Free(ctx, s.db.NewSelect().TableExpr("council_matters AS cm").ColumnExpr("count(*)").Where("cm.council_id = co.id"), "matter")
	}
	q := s.db.NewSelect().Model(&rows).
		ColumnExpr("co.id, co.name_vi, co.name_en, co.status, COALESCE(co.decision_no, '') AS decision_no").
		ColumnExpr("COALESCE((SELECT c.code FROM calls c WHERE c.id = co.subject_id), '') AS subject_code").
		ColumnExpr("(SELECT count(*) FROM council_seats x WHERE x.council_id = co.id) AS seats").
		ColumnExpr("(?) AS matters", matters()).ColumnExpr("(?) AS concluded", matters().Where("cm.status = ?", Concluded)).
		ColumnExpr("n.id AS next_id, n.number AS next_number, n.starts_at AS next_at").
		Join("LEFT JOIN LATERAL (SELECT x.id, x.number, x.starts_at FROM council_sessions x WHERE x.council_id = co.id ORDER BY x.number DESC LIMIT 1) AS n ON true")
	if v := l.Filter["status"]; v != "" {
		q = q.Where("co.status = ?", v)
	}
	if l.Q != "" {
		q = q.Where("kb.fold(co.name_vi || ' ' || co.name_en || ' ' || COALESCE(co.decision_no, '')) LIKE kb.fold(?)", text.Pattern(l.Q))
	}
	q = s.access.Scope(ctx, q, "council", "read", "council")
	return rows, web.Fetch(ctx, l, q, sorts, "co.id")
}

// show reads a council for a page, if the subject of ctx may see it.
func (s *Service) show(ctx context.Context, id uuid.UUID) (*Council, error) {
	db := storage.Joined(ctx, s.db)
	if _, err := s.access.Require(ctx, db, "council", "read", access.Ref{Kind: "council", ID: id}); err != nil {
		return nil, err
	}
	return Get(ctx, db, id)
}

func (s *Service) sessions(ctx context.Context, council uuid.UUID) ([]Session, error) {
	var ss []Session
	err := storage.Joined(ctx, s.db).NewSelect().Model(&ss).Where("cs.council_id = ?", council).OrderExpr("cs.number").Scan(ctx)
	return ss, err
}

// sessionOf reads a session by its number in the council, if the subject of ctx may see it.
func (s *Service) sessionOf(ctx context.Context, council uuid.UUID, number int) (*Session, error) {
	db := storage.Joined(ctx, s.db)
	ses := new(Session)
	q := db.NewSelect().Model(ses).Where("cs.council_id = ?", council).Where("cs.number = ?", number)
	return ses, found(s.access.Scope(ctx, q, "council_session", "read", "council_session").Scan(ctx), "session", council)
}

// minutesOf reads a session by its number for its minutes, if the subject of ctx may read those.
func (s *Service) minutesOf(ctx context.Context, council uuid.UUID, number int) (*Session, error) {
	ses := new(Session)
	q := storage.Joined(ctx, s.db).NewSelect().Model(ses).Where("cs.council_id = ?", council).Where("cs.number = ?", number)
	return ses, found(s.access.Scope(ctx, q, "minutes", "read", "council_session").Scan(ctx), "session", council)
}

// visible gives the matters of a session the subject of ctx is not in conflict with, numbered as if there were no others.
func (s *Service) visible(ctx context.Context, session uuid.UUID) (ms []Matter, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().Model(&ms).Where("cm.session_id = ?", session).OrderExpr("cm.position")
	if err := s.access.Scope(ctx, q, "council_session", "read", "matter").Scan(ctx); err != nil {
		return nil, err
	}
	for i := range ms {
		ms[i].Position = i + 1
	}
	return ms, nil
}

// waiting lists what the subject of ctx may put on an agenda of the council: nothing they are in conflict with.
func (s *Service) waiting(ctx context.Context, db bun.IDB, c *Council) ([]Subject, error) {
	all, err := s.sources[c.kindOf()].Waiting(ctx, db, c.SubjectID)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(all))
	for i, w := range all {
		ids[i] = w.ID
	}
	free, err := s.access.FreeOf(ctx, db, c.kindOf(), ids)
	return slices.DeleteFunc(all, func(w Subject) bool { return !slices.Contains(free, w.ID) }), err
}

// matter reads one matter for a page, if the subject of ctx may see it.
func (s *Service) matter(ctx context.Context, id uuid.UUID) (*Matter, error) {
	m := new(Matter)
	q := storage.Joined(ctx, s.db).NewSelect().Model(m).Where("cm.id = ?", id)
	return m, found(s.access.Scope(ctx, q, "council_session", "read", "matter").Scan(ctx), "matter", id)
}

// Place is a seat on the board of a matter. Before the count State is all there is.
type Place struct {
	Seat
	State  string // cast, scoring, absent, barred or waiting
	Note   string
	Marked string // present, online, absent or "" before a mark
}

// board reads the seats of a session and what each does in a matter (nil = none yet). It reads no score.
func board(ctx context.Context, db bun.IDB, ses *Session, m *Matter) ([]Place, error) {
	var id *uuid.UUID
	status := Waiting
	if m != nil {
		id, status = &m.ID, m.Status
	}
	var places []Place
	err := db.NewSelect().Model((*Seat)(nil)).ColumnExpr("st.*").
		ColumnExpr("COALESCE(a.presence, '') AS marked, COALESCE(a.note, '') AS note").
		ColumnExpr(`CASE WHEN ?::uuid IS NOT NULL AND council_barred(?::uuid, st.person_id) THEN 'barred'
			WHEN COALESCE(a.presence, 'absent') = 'absent' THEN 'absent'
			WHEN EXISTS (SELECT 1 FROM ballots b WHERE b.matter_id = ?::uuid AND b.seat_id = st.id) THEN 'cast'
			WHEN ? = 'balloting' AND st.votes THEN 'scoring' ELSE 'waiting' END AS state`, id, id, id, status).
		Join("LEFT JOIN council_attendances AS a ON a.seat_id = st.id AND a.session_id = ?", ses.ID).
		Where("st.council_id = ?", ses.CouncilID).OrderExpr("st.position").Scan(ctx, &places)
	return places, err
}

// Slip is one ballot as shown after the count: by number, without a name.
type Slip struct {
	Number int
	Total  *int
	Choice string
	Valid  bool
	Passes int
	Items  int
}

// Points is the total of a ballot by points, else 0.
func (s Slip) Points() int {
	if s.Total == nil {
		return 0
	}
	return *s.Total
}

// counted gives the ballots of a counted matter by number; errs.ErrNotFound before the count or for a reader
// without (ballot, read_tally).
func (s *Service) counted(ctx context.Context, m *Matter) ([]Slip, error) {
	db := storage.Joined(ctx, s.db)
	if !s.access.Can(ctx, db, "ballot", "read_tally", m) {
		return nil, errs.ErrNotFound
	}
	var cs []Slip
	err := db.NewRaw(`SELECT b.number, b.total, COALESCE(b.choice, '') AS choice, b.valid,
			count(l.id) FILTER (WHERE l.passed) AS passes, count(l.item_id) AS items
		FROM ballots b LEFT JOIN ballot_lines l ON l.ballot_id = b.id
		WHERE b.matter_id = ? AND b.number IS NOT NULL GROUP BY b.id ORDER BY b.number`, m.ID).Scan(ctx, &cs)
	return cs, err
}

// Person is a candidate for a seat.
type Person struct {
	ID   uuid.UUID
	Name string
	Role string
}

// candidates are people who hold a role a seat needs, by name.
func candidates(ctx context.Context, db bun.IDB, roles ...access.Role) ([]Person, error) {
	var ps []Person
	err := db.NewRaw(`SELECT DISTINCT u.id, u.name, '' AS role FROM users u JOIN role_grants g ON g.user_id = u.id
		WHERE u.disabled_at IS NULL AND g.role IN (?) AND g.valid_from <= kb.now() AND (g.valid_to IS NULL OR g.valid_to > kb.now())
		ORDER BY u.name`, bun.List(roles)).Scan(ctx, &ps)
	return ps, err
}

// PutForward notes that the award set which holds these proposals was proposed: the people of the province may
// read the minutes and results from now on.
func PutForward(ctx context.Context, tx bun.Tx, proposals []uuid.UUID) error {
	_, err := tx.NewUpdate().Model((*Matter)(nil)).Set("put_forward_at = ?", storage.Now(ctx)).
		Where("cm.kind = 'proposal'").Where("cm.subject_id IN (?)", bun.List(proposals)).Where("cm.put_forward_at IS NULL").Exec(ctx)
	return err
}

// ConcludedOf gives the concluded matters on the proposals of a call, one a proposal, the latest.
func ConcludedOf(ctx context.Context, db bun.IDB, call uuid.UUID) ([]Matter, error) {
	var ms []Matter
	err := db.NewSelect().Model(&ms).DistinctOn("cm.subject_id").
		Join("JOIN councils AS co ON co.id = cm.council_id").Join("JOIN council_sessions AS cs ON cs.id = cm.session_id").
		Where("co.subject_id = ?", call).Where("cm.kind = 'proposal'").Where("cm.status = ?", Concluded).
		OrderExpr("cm.subject_id, cs.number DESC").Scan(ctx)
	return ms, err
}
