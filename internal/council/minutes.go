package council

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// DraftMinutes writes the minutes of an ended session, or writes them again while nobody has signed. The digest
// covers the text and the results, and both signatures are over it.
func (s *Service) DraftMinutes(ctx context.Context, session uuid.UUID, version int, body string) error {
	return s.onMinutes(ctx, session, "draft", func(ctx context.Context, tx bun.Tx, ses *Session, actor access.Actor) error {
		if version != ses.Version {
			return errs.ErrStale
		}
		body = strings.TrimSpace(body)
		switch {
		case body == "":
			return errs.FieldError("body", "council.minutes_empty")
		case ses.Status == Drafted && ses.SecretarySigned == nil:
		default:
			if err := ses.move(Drafted); err != nil {
				return err
			}
		}
		ms, err := mattersOf(ctx, tx, ses.ID)
		if err != nil {
			return err
		}
		now := storage.Now(ctx)
		ses.MinutesBody, ses.MinutesDigest, ses.DraftedBy, ses.DraftedAt = body, seal(body, ms), &actor.ID, &now
		return access.Step(ctx, tx, ses, "draft", actor)
	})
}

// SignSecretary is the scientific secretary's signature under the minutes with the digest that was read.
func (s *Service) SignSecretary(ctx context.Context, session uuid.UUID, digest string) error {
	return s.onMinutes(ctx, session, "sign_secretary", func(ctx context.Context, tx bun.Tx, ses *Session, actor access.Actor) error {
		if ses.Status != Drafted || ses.SecretarySigned != nil {
			return ErrState
		}
		if err := ses.sameText(ctx, tx, digest); err != nil {
			return err
		}
		now := storage.Now(ctx)
		ses.SecretarySigned, ses.SecretarySignedAt = &actor.ID, &now
		return access.Step(ctx, tx, ses, "sign_secretary", actor)
	})
}

// SignChair is the signature of the chair, or of whoever presided, under the same digest; it closes the minutes.
func (s *Service) SignChair(ctx context.Context, session uuid.UUID, digest string) error {
	return s.onMinutes(ctx, session, "sign", func(ctx context.Context, tx bun.Tx, ses *Session, actor access.Actor) error {
		if ses.Status == Drafted && ses.SecretarySigned == nil {
			return ErrUnsigned
		}
		if err := ses.sameText(ctx, tx, digest); err != nil {
			return err
		}
		if err := ses.move(Signed); err != nil {
			return err
		}
		now := storage.Now(ctx)
		ses.ChairSigned, ses.ChairSignedAt = &actor.ID, &now
		return access.ClearSteps(ctx, tx, ses)
	})
}

// sameText refuses a signature over another text than the one stored, or over results that changed since.
func (s *Session) sameText(ctx context.Context, tx bun.IDB, digest string) error {
	ms, err := mattersOf(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	if digest != s.MinutesDigest || seal(s.MinutesBody, ms) != s.MinutesDigest {
		return ErrDigest
	}
	return nil
}

func (s *Service) onMinutes(ctx context.Context, id uuid.UUID, action string,
	fn func(context.Context, bun.Tx, *Session, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		ses, err := lockSession(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "minutes", action, minutes{ses})
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, ses, actor); err != nil {
			return err
		}
		if err := saveSession(ctx, tx, ses); err != nil {
			return err
		}
		return record(ctx, tx, "minutes."+action, actor, ses, fmt.Sprint(ses.Number), minutesSeen{ses.Status, ses.MinutesDigest})
	})
}

// minutes are the minutes of a session as a row of their own: whoever signs them answers for every matter in them.
type minutes struct{ *Session }

// AccessKind names the noun.
func (minutes) AccessKind() string { return "minutes" }

// minutesNoun judges the acts on minutes. A chair in conflict with a matter of them leaves the signature to whoever
// presided and is in no conflict with any; while there is nobody, the session was the chair's and so is the signature.
func minutesNoun(managing, fund string) access.Noun {
	const barred = "EXISTS (SELECT 1 FROM council_matters m WHERE m.session_id = cs.id AND m.status <> 'waiting' AND council_barred(m.id, kb_s.person_id))"
	const seat = "EXISTS (SELECT 1 FROM council_seats kb_s WHERE kb_s.council_id = cs.council_id AND council_takes_part(cs.id, kb_s.id, NULL) AND "
	const instead = "(kb_s.kind = 'vice' OR kb_s.id = cs.presiding_seat_id) AND NOT " + barred
	return access.Noun{Kind: "minutes", Table: "council_sessions", Alias: "cs", Managing: managing, Fund: fund,
		Seat:    []access.Link{{Kind: "council", ID: "cs.council_id"}},
		Steps:   []access.Link{{Kind: "council_session", ID: "cs.id"}},
		Reading: []access.Right{{Resource: "minutes", Action: "read"}},
		Acts: map[string]string{"no_coi": "(NOT EXISTS (SELECT 1 FROM council_seats kb_s WHERE kb_s.council_id = cs.council_id AND kb_s.kind = 'chair' AND kb_s.person_id = {user} AND " +
			barred + ") OR NOT " + seat + instead + "))"},
		When: map[string]string{
			"presiding":      seat + "kb_s.person_id = {user} AND " + instead + ") AND NOT " + seat + "kb_s.kind = 'chair' AND NOT " + barred + ")",
			"seat_secretary": "EXISTS (SELECT 1 FROM council_seats x WHERE x.council_id = cs.council_id AND x.kind = 'scientific_secretary' AND x.person_id = {user} AND x.ended_at IS NULL)",
			"state:proposed": "EXISTS (SELECT 1 FROM council_matters x WHERE x.session_id = cs.id AND x.put_forward_at IS NOT NULL)",
		},
	}
}

type minutesSeen struct {
	Status SessionStatus `json:"status"`
	Digest string        `json:"digest"`
}

// seal is the digest both signatures stand for: the text, then the result of every matter, length-prefixed.
func seal(body string, ms []Matter) string {
	h := sha256.New()
	put := func(s string) { fmt.Fprintf(h, "%d:%s\n", len(s), s) }
	put(body)
	for _, m := range ms {
		put(m.Code)
		put(string(m.Status))
		put(m.meanText())
		put(fmt.Sprint(m.For, m.Against, m.Cast, m.Valid))
		put(string(m.Conclusion))
		if m.Proposed != nil {
			put(m.Proposed.String())
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// meanText is the official mean with its two decimals, "" before the count.
func (m *Matter) meanText() string {
	if m.Mean == nil {
		return ""
	}
	return m.Mean.StringFixed(2)
}
