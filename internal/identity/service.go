package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/clock"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Options of the service. Key seals second factors, 16, 24 or 32 bytes, derived from the server's key. Demo says that
// the database is a demonstration: passwords hash cheaply, codes are shown, and one click signs in.
type Options struct {
	Clock clock.Clock // nil = the machine's
	Key   []byte
	Demo  bool
}

// Service signs people in and keeps their accounts, sessions and grants.
type Service struct {
	db     *bun.DB
	access *access.Access
	clock  clock.Clock
	opts   Options
	cost   cost
	dummy  string // hash of a password nobody knows

	sessions *storage.Together[string, *sessionRow] // by the hash of the cookie
}

// Refusals. Those of sign-in tell nothing of what was wrong.
var (
	ErrSignIn     = errs.New(errs.Invalid, "identity.sign_in_failed")
	ErrTooMany    = errs.New(errs.TooMany, "identity.too_many_attempts") // argument: minutes to wait
	ErrCode       = errs.New(errs.Invalid, "identity.code_wrong")
	ErrCodeUsed   = errs.New(errs.Invalid, "identity.code_used") // right, but it has confirmed something else
	ErrConfirm    = errs.New(errs.Invalid, "identity.unconfirmed")
	ErrLink       = errs.New(errs.Conflict, "identity.link_expired")
	ErrLoginTaken = errs.New(errs.Conflict, "identity.login_taken")
	ErrToxicPair  = errs.New(errs.Conflict, "identity.toxic_pair")
	ErrGrantTwice = errs.New(errs.Conflict, "identity.granted_already")
	ErrNoLastDay  = errs.New(errs.Invalid, "identity.last_day_needed")
	ErrDecided    = errs.New(errs.Conflict, "identity.proposal_decided")
	ErrPassword   = errs.New(errs.Invalid, "identity.password_wrong")
	ErrNotHeld    = errs.New(errs.Forbidden, "identity.role_not_held")
	ErrNoUnit     = errs.New(errs.Invalid, "identity.unit_unknown")
	ErrRole       = errs.New(errs.Invalid, "identity.role_unknown")
	ErrNotDemo    = errs.New(errs.Forbidden, "identity.demo_only")
)

// New makes the service and registers the rows it judges: grants and proposals of grants.
func New(db *bun.DB, acc *access.Access, o Options) *Service {
	s := &Service{db: db, access: acc, clock: o.Clock, opts: o, cost: real}
	if s.clock == nil {
		s.clock = clock.Real{}
	}
	if o.Demo {
		s.cost = cheap
	}
	s.dummy = hash(random(), s.cost)
	s.sessions = storage.NewTogether(2, 200, s.load)
	acc.Register(access.Noun{Kind: "role_grant_proposal", Table: "role_grant_proposals", Alias: "gp",
		Managing: "(SELECT kb_u.unit_id FROM users kb_u WHERE kb_u.id = gp.user_id)",
		When:     map[string]string{"not_self": "gp.user_id <> {user}"}})
	acc.Register(access.Noun{Kind: "role_grant", Table: "role_grants", Alias: "rg",
		Managing: "(SELECT kb_u.unit_id FROM users kb_u WHERE kb_u.id = rg.user_id)",
		When:     map[string]string{"not_self": "rg.user_id <> {user}"}})
	return s
}

// random is 256 bits as text.
func random() string {
	b := make([]byte, 32)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// digest is the SHA-256 of a secret, in hex.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// minutes rounds a wait up.
func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }
