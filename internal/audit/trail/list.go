package trail

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// Service reads the log.
type Service struct {
	db     *bun.DB
	access *access.Access
	probes []audit.Probe
	key    ed25519.PublicKey
}

// New builds the service. Proof runs the probes; heads must be signed with key, nil believes the one kept beside each.
func New(db *bun.DB, acc *access.Access, key ed25519.PublicKey, probes []audit.Probe) *Service {
	return &Service{db, acc, probes, key}
}

// Record is one row of the log as the page shows it.
type Record struct {
	bun.BaseModel           `bun:"table:audit_log,alias:al"`
	At, RecordedAt          time.Time
	Act, Role               string
	ObjectKind              string
	ObjectID                *uuid.UUID
	Label                   string
	StateBefore, StateAfter *string
	Reason, RuleID          string
	Digest                  []byte
	ActorName               string `bun:",scanonly"`
	Sealed                  bool   `bun:",scanonly"`
}

// Name is how links call the record.
func (r *Record) Name() string { return r.place().String() }

// Short is the start of the digest.
func (r *Record) Short() string { return hex.EncodeToString(r.Digest[:8]) }

// Hex is the whole digest in groups of four.
func (r *Record) Hex() string {
	s := hex.EncodeToString(r.Digest)
	var b strings.Builder
	for i := 0; i < len(s); i += 4 {
		b.WriteString(s[i:i+4] + " ")
	}
	return strings.TrimSpace(b.String())
}

// Words says the act in the reader's language: the verb and what it was done to; without words, its code.
func (r *Record) Words(language string) string {
	lang := i18n.Lang(language)
	noun, verb, _ := strings.Cut(r.Act, ".")
	refused := strings.HasSuffix(verb, "_refused")
	verb = strings.TrimSuffix(verb, "_refused")
	if !i18n.Has("audit.noun." + noun) {
		return r.Act
	}
	if !i18n.Has("audit.verb." + verb) {
		for _, state := range []string{noun + ".status." + verb, "tag." + noun + "." + verb, "tag." + verb} {
			if i18n.Has(state) {
				return i18n.Text(lang, "audit.moved", i18n.Text(lang, "audit.noun."+noun), i18n.Text(lang, state))
			}
		}
		return r.Act
	}
	words := i18n.Text(lang, "audit.verb."+verb) + " " + i18n.Text(lang, "audit.noun."+noun)
	if refused {
		return i18n.Text(lang, "audit.refused", words)
	}
	return words
}

// RoleWords names the role the act was done in; empty when the system did it.
func (r *Record) RoleWords(language string) string {
	if code := "web.role." + r.Role; i18n.Has(code) {
		return i18n.Text(i18n.Lang(language), code)
	}
	return r.Role
}

// Why is the reason as typed; a refusal's code and the ground of a purpose, given or read under, are put in words.
func (r *Record) Why(language string) string {
	lang := i18n.Lang(language)
	if strings.Contains(r.Reason, ".") && !strings.Contains(r.Reason, " ") && i18n.Has(r.Reason) {
		return i18n.Text(lang, r.Reason)
	}
	if ground, rest, ok := strings.Cut(r.Reason, " "); ok && i18n.Has("identity.reason."+ground) {
		return i18n.Text(lang, "identity.reason."+ground) + " " + rest
	}
	return r.Reason
}

// Tone is that of the act's tag.
func (r *Record) Tone() string {
	switch {
	case strings.HasSuffix(r.Act, "_refused"), strings.HasSuffix(r.Act, ".disable"):
		return "bad"
	case strings.Contains(r.Act, "return"), strings.Contains(r.Act, "reject"), strings.Contains(r.Act, "decline"), strings.Contains(r.Act, "withdraw"):
		return "warn"
	}
	return "ok"
}

// Change is one field of the object before and after the act.
type Change struct{ Field, Before, After string }

// Changes are the fields kept with the act, by name.
func (r *Record) Changes() []Change {
	before, after := fields(r.StateBefore), fields(r.StateAfter)
	names := map[string]bool{}
	for n := range before {
		names[n] = true
	}
	for n := range after {
		names[n] = true
	}
	var out []Change
	for n := range names {
		out = append(out, Change{n, before[n], after[n]})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Field < out[j].Field })
	return out
}

// fields reads kept state: the members of an object, or one value under "value".
func fields(state *string) map[string]string {
	if state == nil {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(*state), &members) != nil {
		members = map[string]json.RawMessage{"value": json.RawMessage(*state)}
	}
	out := map[string]string{}
	for n, raw := range members {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		out[n] = s
	}
	return out
}

func (s *Service) query() *bun.SelectQuery {
	return s.db.NewSelect().Model((*Record)(nil)).ColumnExpr("al.at, al.recorded_at, al.act, al.role, al.object_kind, al.object_id, al.label").
		ColumnExpr("al.reason, al.rule_id, al.digest, COALESCE(u.name, '') AS actor_name").
		Join("LEFT JOIN users u ON u.id = al.actor_id")
}

// Filter narrows the log. Zero fields do not.
type Filter struct {
	Object   uuid.UUID
	Resource string
	From, To calendar.Date // inclusive
	Text     string        // code of an object or name of a person
}

func (s *Service) list(ctx context.Context, f Filter, l *web.List) ([]Record, error) {
	var rows []Record
	q := s.query().Model(&rows)
	if f.Object != uuid.Nil {
		q = q.Where("al.object_id = ?", f.Object)
	}
	if f.Resource != "" {
		q = q.Where("al.act LIKE ?", text.Literal(f.Resource)+".%")
	}
	if !f.From.IsZero() {
		q = q.Where("al.at >= ?", f.From.Start())
	}
	if !f.To.IsZero() {
		q = q.Where("al.at < ?", f.To.AddDays(1).Start())
	}
	if f.Text != "" {
		q = q.Where("(kb.fold(al.label) LIKE kb.fold(?0) OR kb.fold(u.name) LIKE kb.fold(?0))", text.Pattern(f.Text))
	}
	q, err := s.access.FreeRows(ctx, s.db, q, "al.object_kind", "al.object_id")
	if err != nil {
		return nil, err
	}
	err = fetch(ctx, l, q, &rows)
	return rows, err
}

// record reads one record by its name.
func (s *Service) record(ctx context.Context, name string) (*Record, error) {
	p, err := parsePlace(name)
	if err != nil {
		return nil, err
	}
	r := new(Record)
	q, err := s.access.FreeRows(ctx, s.db, s.query().Model(r), "al.object_kind", "al.object_id")
	if err != nil {
		return nil, err
	}
	err = q.ColumnExpr("al.state_before::text, al.state_after::text").
		ColumnExpr("EXISTS (SELECT FROM seal_leaves sl WHERE sl.tree = 'audit' AND sl.row_id = al.id) AS sealed").
		Where("al.at = ?", p.At).Where("substr(al.digest, 1, 8) = ?", p.Digest).Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read audit record: %w", err)
	}
	return r, nil
}

// resources are the nouns that acts in the log were done to.
func (s *Service) resources(ctx context.Context) (names []string, err error) {
	err = s.db.NewRaw("SELECT DISTINCT split_part(act, '.', 1) FROM audit_log ORDER BY 1").Scan(ctx, &names)
	return names, err
}

// waiting counts the records the sealer has not reached, running transactions aside, up to 10 000.
func (s *Service) waiting(ctx context.Context) (n int64, err error) {
	err = s.db.NewRaw("SELECT count(*) FROM audit.waiting('audit', '18446744073709551615'::xid8, 10000)").Scan(ctx, &n)
	return n, err
}

// Proof recomputes all that the house can prove, each check on its own line.
func (s *Service) Proof(ctx context.Context) ([]audit.Check, error) {
	if _, err := s.access.RequireRole(ctx, "audit_log", "verify"); err != nil {
		return nil, err
	}
	return audit.Prove(ctx, s.db, s.probes, audit.Options{Key: s.key, Workers: 2})
}
