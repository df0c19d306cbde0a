package journey

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/net/html"

	"kinhbac/internal/access"
	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/clock"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/demo"
	"kinhbac/internal/identity"
	"kinhbac/internal/job"
	"kinhbac/internal/storage"
)

// The people of the flow, by account.
const (
	officer    = "nguyen.thi.hanh"
	secretary  = "pham.thu.trang"
	head       = "le.minh.khoi"
	leader     = "vu.dinh.thang"
	finance    = "hoang.thi.mai"
	colleague  = "do.van.lam" // a finance officer who later becomes chief accountant
	accountant = "bui.thi.ngoc"
	holder     = "dang.huu.phuc"
	reader     = "ho.thanh.binh"
	analyst    = "chu.hai.yen"
	manager    = "quach.thanh.nam"
	boardChair = "luu.thi.minh.chau"
)

// world is a whole house that answers on a port of this machine, and the people who use it.
type world struct {
	t      *testing.T
	app    *app.App
	db     *bun.DB
	owner  *bun.DB
	clock  *clock.Fake
	jobs   *job.Runner
	base   string
	people map[string]*visitor
	seen   map[string]time.Time // when somebody's session was last used

	programme, line, fundLine string // ids
	code                      string // of the call
	council, session          string
	dossiers                  map[string]string // firm → id of its proposal
	set, agreement            string
	tables                    string    // the query of facts
	term                      time.Time // when the colleague stops being a finance officer; zero = never
}

// newWorld builds the house on an empty database and lets it answer. Deciding time starts at start, yyyy-MM-dd HH:mm.
func newWorld(t *testing.T, start string) *world {
	t.Helper()
	ctx := t.Context()
	db := dbtest.New(t)
	w := &world{t: t, db: db, owner: dbtest.Owner(t, db), clock: clock.NewFake(time.Now()), people: map[string]*visitor{},
		seen: map[string]time.Time{}, dossiers: map[string]string{}}
	w.setClock(start)
	a, err := app.Build(ctx, app.Parts{DB: db, Data: t.TempDir(), Clock: w.clock, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Access.Check(ctx, db); err != nil {
		t.Fatal(err)
	}
	w.app, w.jobs = a, a.Jobs(slog.New(slog.DiscardHandler), nil)
	server, err := a.Web(app.Listen{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Listener(ln) }()
	t.Cleanup(func() {
		for _, v := range w.people {
			v.http.CloseIdleConnections()
		}
		if err := server.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	w.base = "http://" + ln.Addr().String()
	return w
}

// staff makes the accounts and roles of everyone who does not sign up by themselves.
func (w *world) staff(fund uuid.UUID) {
	w.t.Helper()
	root := access.With(w.t.Context(), access.System())
	units := map[string]uuid.UUID{"Sở KH&CN": access.UnitScience, "Sở Tài chính": access.UnitFinance, "UBND tỉnh": access.UnitProvince}
	for _, p := range demo.Cast {
		of := fund == uuid.Nil
		switch p.Roles[0] {
		case access.Applicant, access.OrgSignatory, access.Auditor, access.SecurityOfficer, access.SystemAdmin, access.DPO:
			continue
		case access.FundAnalyst, access.FundManager, access.InvestmentBoard:
			of = fund != uuid.Nil
		}
		if !of {
			continue
		}
		if _, _, err := w.app.Identity.AddUser(root, identity.NewUser{Login: demo.Login(p.Name), Name: p.Name, Password: demo.Password, Unit: units[p.Unit], Factor: true}); err != nil {
			w.t.Fatal(err)
		}
		for _, r := range p.Roles {
			g := identity.NewGrant{Role: r, Unit: units[p.Unit], Fund: fund}
			if demo.Login(p.Name) == colleague {
				g.To = w.term
			}
			w.grant(demo.Login(p.Name), g)
		}
	}
}

func (w *world) grant(login string, g identity.NewGrant) {
	w.t.Helper()
	granted, err := w.app.Identity.Grant(access.With(w.t.Context(), access.System()), login, g)
	if err != nil || !granted {
		w.t.Fatalf("grant %s to %s: %v %v", g.Role, login, granted, err)
	}
}

// as gives a person at their browser, signed in by the form with password and one-time code; whoever was away for
// long signs in again. Everybody has an address of their own.
func (w *world) as(login string) *visitor {
	w.t.Helper()
	v := w.people[login]
	if v == nil {
		v = w.guest(login)
	}
	if last, in := w.seen[login]; !in || w.clock.Now().Sub(last) > 25*time.Minute {
		v.get("/login").ok()
		code := v.codeOf(login)
		v.submit("/login", form("username", login, "password", demo.Password, "code", code)).ok()
		if v.page.path != "/inbox" {
			w.t.Fatalf("%s is not signed in but at %s:\n%s", login, v.page.path, v.text())
		}
		w.clock.Advance(30 * time.Second) // that code is spent
	}
	w.seen[login] = w.clock.Now()
	return v
}

// guest opens a browser at an address of its own.
func (w *world) guest(name string) *visitor {
	w.t.Helper()
	v := newVisitor(w.t, w.base, func() { w.clock.Advance(30 * time.Second) })
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 2, byte(len(w.people)+1))}}
	v.http.Transport = &http.Transport{DialContext: d.DialContext}
	w.people[name] = v
	return v
}

// codeOf reads a person's one-time code from the table of the sign-in page; "" for people without one.
func (v *visitor) codeOf(login string) (code string) {
	walk(v.page.doc, func(n *html.Node) {
		if n.Data == "tr" && strings.Contains(inner(n), " "+login+" ") {
			code = sixDigits.FindString(inner(n))
		}
	})
	return code
}

// at lets deciding time pass to an instant: jobs, sealer and the opening and closing of calls have their turn.
func (w *world) at(when string) {
	w.t.Helper()
	w.settle()
	w.setClock(when)
	if err := w.app.Calls.Tick(access.With(w.t.Context(), access.System())); err != nil {
		w.t.Fatal(err)
	}
}

// setClock moves deciding time alone.
func (w *world) setClock(when string) {
	w.t.Helper()
	if err := storage.SetShift(w.t.Context(), w.owner, -time.Since(instant(when))); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) settle() {
	w.t.Helper()
	if err := w.jobs.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for n := int64(1); n > 0; {
		var err error
		if n, err = audit.Seal(w.t.Context(), w.db, w.app.Signer); err != nil {
			w.t.Fatal(err)
		}
	}
}

// instant is a time of a day, yyyy-MM-dd HH:mm or with seconds, in Asia/Ho_Chi_Minh.
func instant(s string) time.Time {
	layout := "2006-01-02 15:04"
	if len(s) > len(layout) {
		layout += ":05"
	}
	t, err := time.ParseInLocation(layout, s, calendar.Zone)
	if err != nil {
		panic(err)
	}
	return t
}

// option is the value of the choice a person would take by its words: in a select, or among radios and checkboxes.
func (v *visitor) option(action, name, words string) string {
	v.t.Helper()
	f := v.form(action)
	if f == nil {
		v.t.Fatalf("no form for %s on %s:\n%s", action, v.page.path, v.text())
	}
	found, exact := "", false
	take := func(text, value string) {
		is := strings.TrimSpace(text) == words
		if found == "" && strings.Contains(text, words) || is && !exact {
			found, exact = value, is
		}
	}
	walk(f, func(n *html.Node) {
		if n.Data == "select" && attr(n, "name") == name {
			walk(n, func(o *html.Node) {
				if o.Data == "option" {
					take(inner(o), attr(o, "value"))
				}
			})
		}
		if n.Data == "label" {
			walk(n, func(i *html.Node) {
				if i.Data == "input" && attr(i, "name") == name {
					take(inner(n), attr(i, "value"))
				}
			})
		}
	})
	if found == "" {
		v.t.Fatalf("%s has no choice %q for %s:\n%s", v.page.path, words, name, inner(f))
	}
	return found
}

// linkIn gives the first link like pattern in the row of a table or list that has these words.
func (v *visitor) linkIn(words, pattern string) string {
	v.t.Helper()
	re, found := regexp.MustCompile(pattern), ""
	walk(v.page.doc, func(n *html.Node) {
		if (n.Data == "tr" || n.Data == "li") && strings.Contains(inner(n), words) {
			walk(n, func(a *html.Node) {
				if found == "" && a.Data == "a" && re.MatchString(attr(a, "href")) {
					found = attr(a, "href")
				}
			})
		}
	})
	if found == "" {
		v.t.Fatalf("%s has no row of %q with a link like %s:\n%s", v.page.path, words, pattern, v.text())
	}
	return found
}

// facts is a digest of everything the database holds but sessions, limits, one-time codes and the log of who came,
// went and was turned away: equal before and after means that nothing changed.
func (w *world) facts() string {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	if w.tables == "" {
		err := w.owner.NewRaw(`SELECT string_agg(format('SELECT %L AS t, count(*) || '':'' || COALESCE(sum((''x'' || substr(md5(x::text), 1, 15))::bit(60)::bigint), 0) AS s FROM %I.%I AS x',
			tablename, schemaname, tablename) || CASE tablename WHEN 'audit_log' THEN ' WHERE act NOT LIKE ''session.%'' AND act NOT LIKE ''%_refused''' ELSE '' END, ' UNION ALL ' ORDER BY schemaname, tablename)
			FROM pg_tables WHERE schemaname IN ('public', 'ledger') AND tablename NOT IN (?)`,
			bun.List([]string{"sessions", "attempts", "step_ups", "used_codes", "user_factors", "jobs", "job_ticks", "seal_trees", "seal_leaves", "seal_hashes", "seal_heads",
				"communes", "holidays", "rules", "rule_values", "rule_versions"})).Scan(ctx, &w.tables)
		if err != nil {
			w.t.Fatal(err)
		}
	}
	var facts string
	if err := w.owner.NewRaw("SELECT string_agg(t || ' ' || s, E'\n' ORDER BY t) FROM ("+w.tables+") AS x").Scan(ctx, &facts); err != nil {
		w.t.Fatal(err)
	}
	return facts
}

// unchanged runs an act that must be refused and fails when anything in the database differs afterwards.
func (w *world) unchanged(act func()) {
	w.t.Helper()
	before := w.facts()
	act()
	after := w.facts()
	if before == after {
		return
	}
	was := strings.Split(before, "\n")
	for i, line := range strings.Split(after, "\n") {
		if i >= len(was) || was[i] != line {
			var act string
			if err := w.owner.NewRaw("SELECT act || ' ' || object_kind || ' ' || label FROM audit_log ORDER BY id DESC LIMIT 1").Scan(w.t.Context(), &act); err != nil {
				w.t.Fatal(err)
			}
			w.t.Errorf("a refused act left something: %s → %s; the last act is %s", was[min(i, len(was)-1)], line, act)
		}
	}
}

// answer is what the API gave.
type answer struct {
	status int
	body   string
}

// api sends JSON with the visitor's session; an act that asks for the second factor is sent again with the code the
// demonstration shows.
func (w *world) api(login, path, key string, in any) answer {
	w.t.Helper()
	v := w.as(login)
	a := w.exchange(v, path, key, in, "")
	if a.status == http.StatusForbidden && strings.Contains(a.body, "step_up") {
		w.clock.Advance(30 * time.Second)
		code, err := w.app.Identity.Code(w.t.Context(), login)
		if err != nil {
			w.t.Fatal(err)
		}
		a = w.exchange(v, path, key, in, code)
	}
	return a
}

func (w *world) exchange(v *visitor, path, key string, in any, code string) answer {
	w.t.Helper()
	token := ""
	v.get("/profile").ok()
	walk(v.page.doc, func(n *html.Node) {
		if attr(n, "name") == "_csrf" {
			token = attr(n, "value")
		}
	})
	raw, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", w.base+"/api/v1"+path, strings.NewReader(string(raw)))
	if err != nil {
		w.t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json", "Origin": w.base,
		"X-CSRF-Token": token, "Idempotency-Key": key, "X-Step-Up-Code": code} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	res, err := v.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{res.StatusCode, string(b)}
}
