package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"
)

// Options change how Open connects. The zero value suits the server: ten connections, 30 seconds a statement.
type Options struct {
	Role      string        // SET ROLE after connecting; "" keeps the user of the URL
	MaxConns  int           // 0 = 10
	Statement time.Duration // longest statement; 0 = 30 s
	Name      string        // application_name; "" = kinhbac
	Lazy      bool          // a commit does not wait for the disk: a crash may lose the last ones, never their order
}

// Refusals of a database URL, for the person at the command line.
var (
	ErrURL       = errors.New("a database URL looks like postgres://user:password@host:5432/kinhbac?sslmode=verify-full&sslrootcert=/path/ca.pem")
	ErrSSLMode   = errors.New("the database URL must say sslmode: verify-full (with sslrootcert) over a network, disable only on the same machine")
	ErrMultiHost = errors.New("the database URL names several hosts; give one (a proxy or HAProxy decides which server is the primary)")
)

// Open prepares a pool for a database URL and connects nothing yet. A unix socket is named by host=/folder and needs
// no sslmode. Every session has UTC, the timeouts of Options, lock_timeout 5 s, a closed idle transaction after 60 s and
// the search path public; a pooled connection that died is noticed before it is used.
func Open(dsn string, o Options) (*bun.DB, error) {
	u, err := parseURL(dsn)
	if err != nil {
		return nil, err
	}
	statement := o.Statement
	if statement == 0 {
		statement = 30 * time.Second
	}
	params := map[string]any{
		"timezone":                            "UTC",
		"search_path":                         "public",
		"statement_timeout":                   statement.Milliseconds(),
		"lock_timeout":                        int64(5_000),
		"idle_in_transaction_session_timeout": int64(60_000),
		"client_connection_check_interval":    int64(2_000),
	}
	if o.Lazy {
		params["synchronous_commit"] = "off"
	}
	if o.Role != "" {
		params["role"] = o.Role
	}
	name := o.Name
	if name == "" {
		name = "kinhbac"
	}
	pool := sql.OpenDB(pgdriver.NewConnector(
		pgdriver.WithDSN(u),
		pgdriver.WithDialTimeout(5*time.Second),
		pgdriver.WithReadTimeout(statement+10*time.Second), // above statement_timeout: the server speaks first
		pgdriver.WithWriteTimeout(10*time.Second),
		pgdriver.WithApplicationName(name),
		pgdriver.WithConnParams(params),
		pgdriver.WithResetSessionFunc(alive),
		pgdriver.WithTracing(false),
	))
	conns := o.MaxConns
	if conns == 0 {
		conns = 10
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return bun.NewDB(pool, pgdialect.New()), nil
}

// parseURL checks what pgdriver would panic on or quietly get wrong, and gives the URL that it understands.
func parseURL(dsn string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || len(u.Path) < 2 {
		return "", ErrURL // err would repeat the password
	}
	q := u.Query()
	if strings.Contains(u.Host, ",") || strings.Contains(q.Get("host"), ",") || q.Has("target_session_attrs") {
		return "", ErrMultiHost
	}
	if host := q.Get("host"); strings.HasPrefix(host, "/") {
		if st, err := os.Stat(host); err == nil && st.IsDir() {
			q.Set("host", strings.TrimSuffix(host, "/")+"/.s.PGSQL.5432")
		}
		q.Set("sslmode", "disable")
		u.RawQuery = q.Encode()
		return u.String(), nil
	}
	switch q.Get("sslmode") {
	case "disable", "require":
	case "verify-full", "verify-ca":
		if ca := q.Get("sslrootcert"); ca != "" {
			if _, err := os.Stat(ca); err != nil {
				return "", fmt.Errorf("sslrootcert of the database URL: %w", err)
			}
		}
	default:
		return "", ErrSSLMode
	}
	return u.String(), nil
}

// Wait connects until the server answers or ctx ends; a server that is starting or recovering is waited for.
func Wait(ctx context.Context, db *bun.DB) error {
	for {
		err := db.PingContext(ctx)
		if err == nil || !Starting(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// Starting says that err is what a server gives that does not listen yet, starts or recovers (SQLSTATE 57P03).
func Starting(err error) bool {
	var op *net.OpError
	return Code(err) == "57P03" || errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded)
}
