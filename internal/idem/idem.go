// Package idem makes a command happen once per key: the key, what was sent and the answer are kept in the
// transaction of the command itself.
//
// # Decisions
//
// A key is unique within a person (or a guest's browser). The row is inserted before the command runs, so that a
// second request with the same key waits for the first one's commit on the unique index and then reads its
// answer; a refused command rolls its key back with everything else and may be tried again.
package idem

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"kinhbac/internal/errs"
)

// ErrReused is a key sent again with another act or other content.
var ErrReused = errs.New(errs.Invalid, "web.key_reused")

// Use is one use of a key.
type Use struct {
	Scope  string // whose key it is
	Key    string
	Act    string // what is done, with its path
	Digest string // SHA-256 of what was sent
}

type useKey struct{}

// With puts the use under which a command runs into ctx.
func With(ctx context.Context, u Use) context.Context { return context.WithValue(ctx, useKey{}, u) }

// From is the use under which the command of ctx runs; the zero Use outside the web.
func From(ctx context.Context) Use { u, _ := ctx.Value(useKey{}).(Use); return u }

// Begin claims the key in the caller's transaction. It gives the kept answer when the same act was done before,
// nil when the caller is to do it now, and ErrReused for the same key with another act or content.
func Begin(ctx context.Context, tx bun.IDB, u Use) ([]byte, error) {
	res, err := tx.NewRaw(`INSERT INTO command_keys (scope, key, act, digest) VALUES (?, ?, ?, ?)
		ON CONFLICT (scope, key) DO NOTHING`, u.Scope, u.Key, u.Act, u.Digest).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("claim key: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return nil, err
	}
	answer, err := Find(ctx, tx, u)
	if err == nil && answer == nil {
		return nil, errors.New("key vanished between two statements")
	}
	return answer, err
}

// Find gives the kept answer of an act that was done before under the key, nil when the key is new, and ErrReused for
// the same key with another act or content.
func Find(ctx context.Context, db bun.IDB, u Use) ([]byte, error) {
	var act, digest string
	var answer []byte
	err := db.NewRaw(`SELECT act, digest, answer FROM command_keys WHERE scope = ? AND key = ?`, u.Scope, u.Key).
		Scan(ctx, &act, &digest, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if act != u.Act || digest != u.Digest || answer == nil {
		return nil, ErrReused
	}
	return answer, nil
}

// Finish keeps the answer, a JSON text, with the key claimed by Begin in the same transaction.
func Finish(ctx context.Context, tx bun.IDB, u Use, answer []byte) error {
	_, err := tx.NewRaw(`UPDATE command_keys SET answer = ? WHERE scope = ? AND key = ?`, string(answer), u.Scope, u.Key).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// Sweep forgets keys older than age and says how many.
func Sweep(ctx context.Context, db bun.IDB, age time.Duration) (int64, error) {
	res, err := db.NewRaw(`DELETE FROM command_keys WHERE created_at < clock_timestamp() - make_interval(secs => ?)`, int64(age.Seconds())).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("sweep keys: %w", err)
	}
	return res.RowsAffected()
}

// Answers gives the kept answers of many uses in order, nil where there is none yet; ErrReused stands in the error of
// a use whose key was sent with another act or content.
func Answers(ctx context.Context, tx bun.IDB, uses []Use) (answers [][]byte, refused []error, err error) {
	answers, refused = make([][]byte, len(uses)), make([]error, len(uses))
	if len(uses) == 0 {
		return answers, refused, nil
	}
	at := make(map[[2]string][]int, len(uses))
	scopes, keys := make([]string, len(uses)), make([]string, len(uses))
	for i, u := range uses {
		scopes[i], keys[i] = u.Scope, u.Key
		at[[2]string{u.Scope, u.Key}] = append(at[[2]string{u.Scope, u.Key}], i)
	}
	var rows []struct {
		Scope, Key, Act, Digest string
		Answer                  []byte
	}
	err = tx.NewRaw(`SELECT k.scope, k.key, k.act, k.digest, k.answer FROM unnest(?::text[], ?::text[]) a (scope, key)
		JOIN command_keys k ON k.scope = a.scope AND k.key = a.key`, pgdialect.Array(scopes), pgdialect.Array(keys)).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, fmt.Errorf("read %d keys: %w", len(uses), err)
	}
	for _, r := range rows {
		for _, i := range at[[2]string{r.Scope, r.Key}] {
			if r.Act != uses[i].Act || r.Digest != uses[i].Digest || r.Answer == nil {
				refused[i] = ErrReused
			} else {
				answers[i] = r.Answer
			}
		}
	}
	return answers, refused, nil
}

// Keep claims keys with their answers at once, for commands that another guard already makes happen once. A key that
// is there keeps the answer it has. It says how many were claimed.
func Keep(ctx context.Context, tx bun.IDB, uses []Use, answers [][]byte) (int, error) {
	if len(uses) == 0 {
		return 0, nil
	}
	scopes, keys, acts, digests, texts := make([]string, len(uses)), make([]string, len(uses)), make([]string, len(uses)), make([]string, len(uses)), make([]string, len(uses))
	for i, u := range uses {
		scopes[i], keys[i], acts[i], digests[i], texts[i] = u.Scope, u.Key, u.Act, u.Digest, string(answers[i])
	}
	res, err := tx.NewRaw(`INSERT INTO command_keys (scope, key, act, digest, answer)
		SELECT scope, key, act, digest, answer FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[]) k (scope, key, act, digest, answer)
		ORDER BY scope, key ON CONFLICT (scope, key) DO NOTHING`, pgdialect.Array(scopes), pgdialect.Array(keys), pgdialect.Array(acts),
		pgdialect.Array(digests), pgdialect.Array(texts)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("keep %d answers: %w", len(uses), err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}
