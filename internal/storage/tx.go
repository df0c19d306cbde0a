// Package storage opens PostgreSQL, runs transactions and migrations, and guards the driver.
package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
)

type txKey struct{}

type txState struct {
	tx  bun.Tx
	now time.Time
}

const tries = 5

var retried atomic.Int64

// Retries is how often this process repeated a transaction that PostgreSQL refused with 40001, 40P01 or 55P03.
func Retries() int64 { return retried.Load() }

// InTx runs fn in one read-committed transaction; all of it happens or none of it. A transaction already
// in ctx is joined instead, so that a command may call another. The outermost call is retried up to five
// times on SQLSTATE 40001, 40P01 and 55P03: fn touches nothing but tx. storage.Now(ctx) inside fn is the
// transaction's kb.now(), taken once.
func InTx(ctx context.Context, db *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) error {
	if st, ok := ctx.Value(txKey{}).(*txState); ok {
		return fn(ctx, st.tx)
	}
	for try := 1; ; try++ {
		err := db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx bun.Tx) error {
			st := &txState{tx: tx}
			if err := tx.NewRaw("SELECT kb.now()").Scan(ctx, &st.now); err != nil {
				return fmt.Errorf("take the deciding time: %w", err)
			}
			return fn(context.WithValue(ctx, txKey{}, st), tx)
		})
		if err == nil || try == tries || !retryable(err) {
			return err
		}
		retried.Add(1)
		pause := time.Duration(rand.IntN(20<<try)) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Now is the deciding time of the transaction in ctx: SQL kb.now(), one value per transaction. Outside a
// transaction it panics, because a deadline judged there would be judged by another clock.
func Now(ctx context.Context) time.Time {
	st, ok := ctx.Value(txKey{}).(*txState)
	if !ok {
		panic("storage.Now outside storage.InTx")
	}
	return st.now
}

// Joined gives the transaction in ctx, else db: reads of a command see what it wrote.
func Joined(ctx context.Context, db *bun.DB) bun.IDB {
	if st, ok := ctx.Value(txKey{}).(*txState); ok {
		return st.tx
	}
	return db
}

func retryable(err error) bool {
	switch Code(err) {
	case "40001", "40P01", "55P03":
		return true
	}
	return false
}

// Code is the SQLSTATE of a PostgreSQL error in err's chain, else "".
func Code(err error) string {
	var e pgdriver.Error
	if errors.As(err, &e) {
		return e.Field('C')
	}
	return ""
}

// Constraint is the name of the constraint a PostgreSQL error in err's chain speaks of, else "".
func Constraint(err error) string {
	var e pgdriver.Error
	if errors.As(err, &e) {
		return e.Field('n')
	}
	return ""
}
