package storage

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
)

// CopyIn runs a COPY … FROM STDIN in its own transaction and commits only when exactly want rows arrived. After any
// error the connection is closed, since it may still be in COPY mode, and nothing is stored.
func CopyIn(ctx context.Context, db *bun.DB, r io.Reader, want int64, query string, args ...any) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = copyIn(ctx, conn, r, want, query, args...)
	if err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // drops it from the pool
	}
	return err
}

func copyIn(ctx context.Context, conn bun.Conn, r io.Reader, want int64, query string, args ...any) error {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	res, err := pgdriver.CopyFrom(ctx, conn, &lateEOF{r: r}, query, args...)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	got, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("copy: %d rows arrived, %d were sent", got, want)
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

// lateEOF never gives bytes together with io.EOF: pgdriver would drop those bytes without an error.
type lateEOF struct {
	r   io.Reader
	end error
}

func (l *lateEOF) Read(p []byte) (int, error) {
	if l.end != nil {
		return 0, l.end
	}
	n, err := l.r.Read(p)
	if n > 0 && err != nil {
		l.end, err = err, nil
	}
	return n, err
}
