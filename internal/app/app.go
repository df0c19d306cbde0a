// Package app is the one place that builds things: it opens the database, makes every room's service with what it
// needs, joins the rooms that only know each other's interfaces, and runs the server with its jobs.
package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/allocation"
	"kinhbac/internal/audit/trail"

	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/clock"
	"kinhbac/internal/council"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/document"
	"kinhbac/internal/file"
	"kinhbac/internal/fund"
	"kinhbac/internal/identity"
	"kinhbac/internal/indicator"
	"kinhbac/internal/investment"
	"kinhbac/internal/party"
	"kinhbac/internal/pgserver"
	"kinhbac/internal/proposal"
	"kinhbac/internal/report"
	"kinhbac/internal/review"
	"kinhbac/internal/rulebook/revision"
	"kinhbac/internal/storage"
	"kinhbac/policies"
)

// App is the built house: one field per room.
type App struct {
	DB       *bun.DB
	Clock    clock.Clock
	Access   *access.Access
	Signer   *document.Signer
	Identity *identity.Service
	Rules    *revision.Service
	Party    *party.Service
	Budget   *budget.Service
	Calls    *call.Service
	Proposal *proposal.Service
	Review   *review.Service
	Council  *council.Service
	Awards   *allocation.Service
	Agree    *agreement.Service
	Pay      *disbursement.Service
	Fund     *fund.Service
	Invest   *investment.Service
	Indicate *indicator.Service
	Report   *report.Service
	Trail    *trail.Service
	Demo     bool // the database carries the mark of a shifted clock
}

// Parts is what Build cannot make itself.
type Parts struct {
	DB    *bun.DB     // as kinhbac_app
	Data  string      // folder of uploads and, without KeyFile, of the signing key
	Key   string      // file of the Ed25519 key; "" = <Data>/keys/ed25519
	Clock clock.Clock // nil = the machine's
	Demo  bool        // forces what a demo database has before its clock was ever shifted
}

// Build makes every service over an open database.
func Build(ctx context.Context, p Parts) (*App, error) {
	if p.Clock == nil {
		p.Clock = clock.Real{}
	}
	if p.Key == "" {
		p.Key = filepath.Join(p.Data, "keys", "ed25519")
	}
	signer, err := document.NewSigner(p.Key)
	if err != nil {
		return nil, err
	}
	acc, err := access.New(policies.FS)
	if err != nil {
		return nil, fmt.Errorf("compile the policies: %w", err)
	}
	acc.SetClock(p.Clock)
	hol, err := calendar.Load(ctx, p.DB)
	if err != nil {
		return nil, err
	}
	shifted, err := storage.Shifted(ctx, p.DB)
	if err != nil {
		return nil, err
	}
	files := file.NewStore(filepath.Join(p.Data, "files"))
	a := &App{DB: p.DB, Clock: p.Clock, Access: acc, Signer: signer, Demo: p.Demo || shifted}
	a.Identity = identity.New(p.DB, acc, identity.Options{Clock: p.Clock, Key: factorKey(signer), Demo: a.Demo})
	a.Rules = revision.New(p.DB, acc)
	a.Party = party.New(p.DB, acc, identity.Grants{})
	a.Budget = budget.New(p.DB, acc)
	a.Budget.KeepFiles(files)
	a.Budget.NameGroups(call.Groups{})
	a.Calls = call.New(p.DB, acc, proposal.Submissions{})
	a.Proposal = proposal.New(p.DB, acc, files, signer, hol)
	a.Review = review.New(p.DB, acc)
	a.Council = council.New(p.DB, acc, a.Review)
	a.Awards = allocation.New(p.DB, acc, a.Council)
	a.Agree = agreement.New(p.DB, acc)
	a.Pay = disbursement.New(p.DB, acc)
	a.Pay.KeepFiles(files)
	a.Agree.ShowPayments(disbursement.Payments{})
	a.Fund = fund.New(p.DB, acc, hol, investment.Portfolio{Access: acc})
	a.Invest = investment.New(p.DB, acc, a.Fund)
	a.Council.Serve("deal", investment.Matters{})
	a.Awards.Follow(disbursement.Payments{})
	a.Budget.Follow(agreement.Awards{}, disbursement.Agreements{}, fund.Commitments{})
	a.Budget.Foresee(a.Awards)
	a.Indicate = indicator.New(p.DB, acc, published{})
	a.Report = report.New(p.DB)
	a.Trail = trail.New(p.DB, acc, signer.Public(), Probes())
	return a, nil
}

// factorKey derives the key that seals second factors from the signing key; Ed25519 signatures are deterministic.
func factorKey(s *document.Signer) []byte {
	sum := sha256.Sum256(s.Sign([]byte("kinhbac: key of second factors")))
	return sum[:]
}

// published counts awards for indicator 8.
type published struct{}

func (published) PublishedAwards(ctx context.Context, db bun.IDB, year int) (int, error) {
	return allocation.PublishedCount(ctx, db, year)
}

// Options say which database to open and how.
type Options struct {
	Data        string // data folder; "" = pgserver.DefaultData
	DatabaseURL string // "" = the private cluster of the data folder
	MigrateURL  string // role that may migrate; needed with DatabaseURL when migrations are pending
	KeyFile     string
	Serve       bool // demo and serve hold the folder; other commands join
	Say         func(string)
	Demo        bool          // a demonstration database may be served
	Statement   time.Duration // longest statement; 0 = what suits a server
}

// ErrPending says that the schema is older than the program and nobody was named who may change it.
var ErrPending = errors.New("migrations are pending: set MIGRATE_DATABASE_URL, or run kinhbac migrate up with it")

// ErrNoKey says that a server on a shared database needs the key that signs its receipts.
var ErrNoKey = errors.New("with DATABASE_URL the signing key must be named: set KINHBAC_KEY_FILE")

// Base is an open database with its schema in place, before any service is built.
type Base struct {
	DB    *bun.DB // kinhbac_app
	Owner func() (*bun.DB, error)
	Play  func() (*bun.DB, error) // kinhbac_app, and no commit waits for the disk: to fill a database that nobody relies on yet
	Data  string
	Fresh bool            // no migration had ever run
	Died  <-chan struct{} // closed when the private cluster ended by itself; nil with DATABASE_URL
	close []func() error
}

// Close ends pools first, then the cluster if this process started it.
func (b *Base) Close() error {
	var err error
	for i := len(b.close) - 1; i >= 0; i-- {
		err = errors.Join(err, b.close[i]())
	}
	return err
}

// OpenBase opens the database of o and brings the schema up.
func OpenBase(ctx context.Context, o Options) (*Base, error) {
	b := &Base{Data: o.Data}
	if err := b.open(ctx, o); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Base) open(ctx context.Context, o Options) (err error) {
	appURL, migrateURL := o.DatabaseURL, o.MigrateURL
	if appURL == "" {
		s, err := pgserver.Open(ctx, pgserver.Options{Data: o.Data, Serve: o.Serve, Say: o.Say})
		if err != nil {
			return err
		}
		b.close = append(b.close, s.Close)
		b.Data, b.Died = s.Data, s.Done()
		appURL, migrateURL = s.URL(storage.App, pgserver.Database), s.URL(storage.Mover, pgserver.Database)
	} else if b.Data == "" {
		if b.Data, err = pgserver.DefaultData(); err != nil {
			return err
		}
	}
	if b.DB, err = storage.Open(appURL, storage.Options{MaxConns: 24, Statement: o.Statement}); err != nil {
		return err
	}
	b.close = append(b.close, b.DB.Close)
	b.Play = func() (*bun.DB, error) {
		return storage.Open(appURL, storage.Options{MaxConns: 24, Statement: o.Statement, Lazy: true})
	}
	b.Owner = func() (*bun.DB, error) {
		if migrateURL == "" {
			return nil, ErrPending
		}
		return storage.Open(migrateURL, storage.Options{Role: storage.Owner, MaxConns: 4})
	}
	return b.migrate(ctx)
}

func (b *Base) migrate(ctx context.Context) error {
	owner, err := b.Owner()
	if errors.Is(err, ErrPending) {
		n, err := storage.Pending(ctx, b.DB)
		if err != nil {
			return err
		}
		if n > 0 {
			return ErrPending
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer owner.Close()
	steps, err := storage.Status(ctx, owner)
	if err != nil {
		return err
	}
	b.Fresh = true
	for _, s := range steps {
		if s.Applied {
			b.Fresh = false
		}
	}
	return storage.Migrate(ctx, owner)
}
