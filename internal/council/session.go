package council

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// SessionStatus is where a session stands.
type SessionStatus string

// The states of a session, in order.
const (
	Scheduled SessionStatus = "scheduled"
	Opened    SessionStatus = "open"
	Ended     SessionStatus = "ended"
	Drafted   SessionStatus = "drafted" // minutes written by the scientific secretary
	Signed    SessionStatus = "signed"  // minutes signed by the scientific secretary and the chair
)

// Session is one meeting of a council (phiên họp hội đồng).
type Session struct {
	bun.BaseModel     `bun:"table:council_sessions,alias:cs"`
	ID                uuid.UUID `bun:",pk,type:uuid"`
	CouncilID         uuid.UUID
	Number            int // 1, 2, … within the council
	StartsAt          time.Time
	Place             string
	Online            bool // members may take part at a distance
	Status            SessionStatus
	PresidingSeatID   *uuid.UUID // an ordinary member, by written authorisation of the chair
	AuthorisationNo   string     `bun:",nullzero"`
	OpenedAt          *time.Time
	EndedAt           *time.Time
	OpenedBy          *uuid.UUID
	MinutesBody       string `bun:",nullzero"`
	MinutesDigest     string `bun:",nullzero"` // sha256 over the body and the results; both signatures are over it
	DraftedBy         *uuid.UUID
	DraftedAt         *time.Time
	SecretarySigned   *uuid.UUID
	SecretarySignedAt *time.Time
	ChairSigned       *uuid.UUID
	ChairSignedAt     *time.Time
	Version           int
}

// AccessKind names the noun.
func (s *Session) AccessKind() string { return "council_session" }

// AccessID is the session's id.
func (s *Session) AccessID() uuid.UUID { return s.ID }

// Attendance is the newest mark of a seat in a session.
type Attendance struct {
	bun.BaseModel `bun:"table:council_attendances,alias:at"`
	SessionID     uuid.UUID `bun:",pk,type:uuid"`
	SeatID        uuid.UUID `bun:",pk,type:uuid"`
	Presence      string    // present, online or absent
	Note          string
	MarkedBy      uuid.UUID
	MarkedAt      time.Time
}
