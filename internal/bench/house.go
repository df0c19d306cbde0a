package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"
	"github.com/uptrace/bun"
	"github.com/valyala/fasthttp"

	"kinhbac/internal/access"
	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/identity"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/pgserver"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// house is an empty private cluster with lines and people, and the server as a process of its own.
type house struct {
	cluster *pgserver.Server
	db      *bun.DB // as the server's role
	owner   *bun.DB
	app     *app.App
	data    string
	server  *exec.Cmd
	client  *client
	actor   uuid.UUID // first officer, who acts in pgbench
	lines   []uuid.UUID
	first   int64 // control line of lines[0]; the others follow it without a gap

	imported []time.Duration // that each batch of all lines took
	close    []func() error
}

// officers share the load, one for each connection of the widest case.
const officers = 32

// open makes everything in the empty folder data and starts program on it.
func open(ctx context.Context, data, program string, say func(string)) (h *house, err error) {
	h = &house{data: data}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()
	if h.cluster, err = pgserver.Open(ctx, pgserver.Options{Data: data, Serve: true, Say: say}); err != nil {
		return h, err
	}
	h.close = append(h.close, h.cluster.Close)
	base, err := app.OpenBase(ctx, app.Options{Data: data, Say: say})
	if err != nil {
		return h, err
	}
	h.close = append(h.close, base.Close)
	if !base.Fresh {
		return h, fmt.Errorf("%s holds a database already: the bench starts on an empty folder", data)
	}
	h.db = base.DB
	if h.app, err = app.Build(ctx, app.Parts{DB: base.DB, Data: data}); err != nil {
		return h, err
	}
	say("people and lines")
	people, err := h.people(ctx)
	if err != nil {
		return h, err
	}
	if h.owner, err = base.Owner(); err != nil {
		return h, err
	}
	h.close = append(h.close, h.owner.Close)
	if err := h.plan(ctx, h.owner); err != nil {
		return h, err
	}
	if err := h.serve(ctx, program); err != nil {
		return h, err
	}
	return h, h.signIn(people)
}

// Close ends the server, then the cluster.
func (h *house) Close() error {
	var err error
	for i := len(h.close) - 1; i >= 0; i-- {
		err = errors.Join(err, h.close[i]())
	}
	return err
}

// person is an account with what it signs in with.
type person struct {
	login, password, secret string
}

// people makes the finance officers and the chief accountant who signs the source documents.
func (h *house) people(ctx context.Context) ([]person, error) {
	ctx = access.With(ctx, access.System())
	make := func(login string, role access.Role) (person, uuid.UUID, error) {
		p := person{login: login, password: rand.Text()}
		u, uri, err := h.app.Identity.AddUser(ctx, identity.NewUser{Login: login, Name: login, Password: p.password,
			Unit: access.UnitFinance, Factor: true})
		if err != nil {
			return p, uuid.Nil, err
		}
		address, err := url.Parse(uri)
		if err != nil {
			return p, uuid.Nil, err
		}
		p.secret = address.Query().Get("secret")
		_, err = h.app.Identity.Grant(ctx, login, identity.NewGrant{Role: role, Unit: access.UnitFinance})
		return p, u.ID, err
	}
	_, signer, err := make("bench.accountant", access.ChiefAccountant)
	if err != nil {
		return nil, err
	}
	h.client = &client{approver: signer}
	var all []person
	for n := range officers {
		p, id, err := make(fmt.Sprintf("bench.officer.%d", n), access.FinanceOfficer)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			h.actor = id
		}
		all = append(all, p)
	}
	return all, nil
}

// plan opens the lines the load is spread over, each with more money than the run can commit.
func (h *house) plan(ctx context.Context, owner *bun.DB) error {
	err := owner.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, sql := range []string{
			`CREATE TEMPORARY TABLE made ON COMMIT DROP AS SELECT n, gen_random_uuid() AS id FROM generate_series(1, ?0) n`,
			`CREATE TEMPORARY TABLE held ON COMMIT DROP AS SELECT m.id, m.n, ledger.open_line('BUDGET', 'budget',
				ledger.dim(extract(year FROM kb.now())::int, NULL, NULL, NULL, NULL, NULL, NULL, 'NS', NULL, NULL, NULL, NULL, NULL), m.id) AS line
				FROM (SELECT * FROM made ORDER BY n) m`,
			`INSERT INTO budget_lines (id, year, code, name_vi, name_en, control_line, source_code, programme_code, chapter,
				managing_unit_id, finance_unit_id, planned, status, planned_by, approved_by, decision_no, decided_on)
			 SELECT id, extract(year FROM kb.now())::int, 'B' || n, 'Dòng ' || n, 'Line ' || n, line, 'NS', '', '', ?1, ?2, ?5,
				'open', ?3, ?4, 'bench', kb.now()::date FROM held`,
		} {
			if _, err := tx.NewRaw(sql, spread, access.UnitScience, access.UnitFinance, h.actor, h.client.approver, imports*plenty).Exec(ctx); err != nil {
				return err
			}
		}
		act := audit.Event{Act: "budget_line.plan", Actor: h.actor, Role: string(access.FinanceOfficer), Kind: "unit", Object: access.UnitFinance, Label: "bench"}
		if err := audit.Record(ctx, tx, act); err != nil {
			return err
		}
		return tx.NewRaw("SELECT min(line) FROM held").Scan(ctx, &h.first)
	})
	if err != nil {
		return fmt.Errorf("make the lines: %w", err)
	}
	if err := owner.NewRaw("SELECT id FROM budget_lines ORDER BY control_line").Scan(ctx, &h.lines); err != nil {
		return fmt.Errorf("read the lines: %w", err)
	}
	for n := range imports {
		start := time.Now()
		if err := h.fill(ctx, n); err != nil {
			return fmt.Errorf("import the money of %d lines: %w", spread, err)
		}
		h.imported = append(h.imported, time.Since(start))
	}
	_, err = owner.NewRaw("ANALYZE").Exec(ctx)
	return err
}

// imports is how often every line gets money: the first finds a kernel that has not run yet, as pgbench's warm-up does.
const imports = 4

// fill gives every line money in one atomic batch: the import that is measured.
func (h *house) fill(ctx context.Context, n int) error {
	all := make([]ledger.Journal, len(h.lines))
	for i, id := range h.lines {
		all[i] = ledger.Journal{Book: "BUDGET", Kind: "appropriate", Document: ledger.Ref{Kind: "bench", ID: id, No: "bench"},
			Key: fmt.Sprintf("bench/%d/%s", n, id), Actor: h.actor, Approver: h.client.approver, Reason: "bench",
			Moves: []ledger.Move{{Line: h.first + int64(i), From: ledger.Source, To: ledger.Available, Amount: money.VND(plenty)}}}
	}
	return storage.InTx(ctx, h.db, func(ctx context.Context, tx bun.Tx) error {
		_, err := ledger.PostAll(ctx, tx, all)
		return err
	})
}

// plenty is what each import gives a line, in đồng: more than the run can commit.
const plenty = 1_000_000_000_000

// serve starts the program on the cluster and waits until it answers.
func (h *house) serve(ctx context.Context, program string) error {
	cmd := exec.CommandContext(ctx, program, "serve", "--addr", "127.0.0.1:0", "--data", h.data)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+h.cluster.URL(storage.App, pgserver.Database),
		"KINHBAC_KEY_FILE="+filepath.Join(h.data, "keys", "ed25519"), "KINHBAC_LOG=error")
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	h.server = cmd
	h.close = append(h.close, func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		_ = cmd.Wait() // interrupted on purpose
		return nil
	})
	words := bufio.NewScanner(out)
	for words.Scan() {
		if _, address, ok := strings.Cut(words.Text(), "http://"); ok {
			go io.Copy(io.Discard, out) //nolint:errcheck // only keeps the pipe empty
			h.client.host = strings.TrimSpace(address)
			h.client.http = &fasthttp.HostClient{Addr: h.client.host, MaxConns: 64, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
			return nil
		}
	}
	return fmt.Errorf("the server ended before it answered: %w", errors.Join(words.Err(), cmd.Wait()))
}

// signIn opens a session for each officer over HTTP.
func (h *house) signIn(people []person) error {
	for _, p := range people {
		code, err := totp.GenerateCode(p.secret, time.Now())
		if err != nil {
			return err
		}
		body, err := json.Marshal(struct {
			Username string `json:"username"`
			Password string `json:"password"`
			Code     string `json:"code"`
		}{p.login, p.password, code})
		if err != nil {
			return err
		}
		req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.SetRequestURI("http://" + h.client.host + "/api/v1/login")
		req.Header.SetMethod(fasthttp.MethodPost)
		req.Header.SetContentType("application/json")
		req.SetBody(body)
		if err := h.client.http.Do(req, res); err != nil {
			return fmt.Errorf("sign in %s: %w", p.login, err)
		}
		var cookie fasthttp.Cookie
		cookie.SetKey("kb")
		if res.StatusCode() != fasthttp.StatusOK || !res.Header.Cookie(&cookie) {
			return fmt.Errorf("sign in %s: %d %.300s", p.login, res.StatusCode(), res.Body())
		}
		value := string(cookie.Value())
		h.client.officers = append(h.client.officers, session{value, web.CSRFToken(value)})
		fasthttp.ReleaseRequest(req)
		fasthttp.ReleaseResponse(res)
	}
	return nil
}
