package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/app"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/demo"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

// example is the house with the content of the example.
type example struct {
	t    *testing.T
	db   *bun.DB
	app  *app.App
	read *reads // what is asked of the database
}

// TestExample fills a house once and looks at all of it.
func TestExample(t *testing.T) {
	e := &example{t: t, read: &reads{}}
	e.db = dbtest.New(t).WithQueryHook(e.read)
	c := demo.Clock()
	var err error
	if e.app, err = app.Build(t.Context(), app.Parts{DB: e.db, Data: t.TempDir(), Clock: c, Demo: true}); err != nil {
		t.Fatal(err)
	}
	if err := e.app.Access.Check(t.Context(), e.db); err != nil {
		t.Fatal(err)
	}
	if err := demo.Fill(t.Context(), e.app, dbtest.Owner(t, e.db), c, func(string) {}); err != nil {
		t.Fatal(err)
	}
	t.Run("what public pages read", e.publicPages)
	t.Run("who creates", e.creationPages)
}

// site is a new process: it has kept no page.
func (e *example) site(t *testing.T) (w *webtest.Web, router *web.Router) {
	home, rooms := e.app.Site()
	w = webtest.With(t, web.Options{DB: e.db, Access: e.app.Access, Home: home}, func(rt *web.Router) { rooms(rt); router = rt })
	return w, router
}

// forms are creation pages whose address names something that is there, by the query that finds it.
var forms = map[string][]string{
	"/proposals/new":                          {"SELECT '/proposals/new?call=' || code FROM calls WHERE status = 'open'", "SELECT '/proposals/new?call=' || code FROM calls WHERE status <> 'open'"},
	"/awards/:award/agreement":                {"SELECT '/awards/' || id || '/agreement' FROM awards"},
	"/calls/:code/form/sections/:section/new": {"SELECT '/calls/' || c.code || '/form/sections/s1/new' FROM calls c JOIN call_forms f ON f.call_id = c.id"},
	"/budgets/:year/acts/new":                 {"SELECT '/budgets/2026/acts/new'"},
	"/budgets/:year/lines/new":                {"SELECT '/budgets/2026/lines/new'"},
	"/estimates/:year/:round/rows/new": {"SELECT '/estimates/' || year || '/' || round || '/rows/new' FROM budget_estimates WHERE status = 'draft'",
		"SELECT '/estimates/' || year || '/' || round || '/rows/new' FROM budget_estimates WHERE status <> 'draft'"},
	"/budgets/:year/cancellations/new":  {"SELECT '/budgets/2026/cancellations/new'", "SELECT '/budgets/2025/cancellations/new'"},
	"/budgets/:year/lines/:id/acts/new": {"SELECT '/budgets/2026/lines/' || id || '/acts/new?kind=' || k FROM budget_lines CROSS JOIN unnest('{allocate,transfer,cut,release}'::text[]) k WHERE year = 2026 AND status = 'open'"},
}

// creationPages opens every page with an empty form in every role: who may not is refused by a judgement, never because
// a condition of the policies does not fit what is asked.
func (e *example) creationPages(t *testing.T) {
	w, router := e.site(t)
	var paths []string
	for _, path := range router.Pages() {
		queries := forms[path]
		switch {
		case queries == nil && !strings.HasSuffix(path, "/new"):
			continue
		case queries == nil && strings.Contains(path, ":"):
			t.Fatalf("no example of %s", path)
		case queries == nil:
			paths = append(paths, path)
		}
		for _, q := range queries {
			var found []string
			if err := e.db.NewRaw(q).Scan(t.Context(), &found); err != nil || len(found) == 0 {
				t.Fatalf("the example has none of %s: %v", q, err)
			}
			paths = append(paths, found[:min(len(found), 4)]...)
		}
	}
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})))
	defer slog.SetDefault(old)
	for role, ctx := range e.everybody(t) {
		for _, path := range paths {
			log.Reset()
			if a := w.Get(ctx, path); a.Code >= 500 {
				t.Errorf("%s as %s: %d", path, role, a.Code)
			}
			if log.Len() > 0 {
				t.Errorf("%s as %s: %s", path, role, log.String())
			}
		}
	}
}

// everybody is a guest and somebody in each role, for the first organisation and the fund of the example.
func (e *example) everybody(t *testing.T) map[access.Role]context.Context {
	var org, fund uuid.UUID
	if err := e.db.NewRaw("SELECT (SELECT organisation_id FROM agreements ORDER BY no LIMIT 1), (SELECT id FROM funds LIMIT 1)").Scan(t.Context(), &org, &fund); err != nil {
		t.Fatal(err)
	}
	all := map[access.Role]context.Context{access.Guest: context.Background()}
	for _, role := range []access.Role{access.Applicant, access.OrgSignatory, access.Reviewer, access.CouncilMember, access.CouncilChair,
		access.CouncilSecretary, access.ProgrammeOfficer, access.DepartmentHead, access.ProvinceLeader, access.FinanceOfficer, access.ChiefAccountant,
		access.AccountHolder, access.FundAnalyst, access.FundManager, access.InvestmentBoard, access.Auditor, access.DPO, access.SystemAdmin, access.SecurityOfficer} {
		p := accesstest.Person{Roles: []access.Role{role}}
		switch role {
		case access.Applicant, access.OrgSignatory:
			p.Organisation = org
		case access.FundAnalyst, access.FundManager, access.InvestmentBoard:
			p.Fund = fund
		}
		all[role] = accesstest.As(t, context.Background(), e.db, p)
	}
	return all
}

// publicPages reads every page that is kept for guests and holds the tables it asks for against those whose changes
// make it anew.
func (e *example) publicPages(t *testing.T) {
	w, router := e.site(t)
	kept := e.visit(t, w, router.PublicPages())
	w, _ = e.site(t)
	before := e.scans(t)
	e.read.from = map[string]bool{}
	for _, path := range kept {
		w.Get(context.Background(), path).Status(200)
	}
	asked := e.read.from
	e.read.from = nil
	for table, n := range e.scans(t) {
		if n > before[table] {
			asked[table] = true
		}
	}
	var watched []string
	if err := e.db.NewRaw("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'public_changed'::regproc").Scan(t.Context(), &watched); err != nil {
		t.Fatal(err)
	}
	for _, table := range watched {
		delete(asked, table)
	}
	for table := range unwatched {
		delete(asked, table)
	}
	for table := range asked {
		if _, is := before[table]; is { // else a name inside a query
			t.Errorf("public pages read %s, whose changes make no page anew", table)
		}
	}
}

// unwatched are tables that public pages read and that need no mark of a change.
var unwatched = map[string]string{
	"public_changes": "the marks themselves",
	"kb.clock_shift": "the clock goes on by itself",
}

var (
	link  = regexp.MustCompile(`href="(/[^"#]*)"`)
	names = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+(?:ONLY\s+)?"?([a-z_]+(?:"?\."?[a-z_]+)?)`)
)

// visit opens the pages without a parameter as a guest, follows their links and gives the pages that are kept, some of
// every kind.
func (e *example) visit(t *testing.T, w *webtest.Web, patterns []string) (kept []string) {
	guest := context.Background()
	kinds := map[string]*regexp.Regexp{}
	for _, p := range patterns {
		kinds[p] = regexp.MustCompile("^" + regexp.MustCompile(`:[a-z]+`).ReplaceAllString(p, "[^/?]+") + `(\?.*)?$`)
	}
	queue := []string{"/confirm?token=1"}
	for _, p := range patterns {
		if !strings.Contains(p, ":") {
			queue = append(queue, p)
		}
	}
	met, seen := map[string]bool{}, map[string]bool{}
	for _, path := range queue {
		seen[path] = true
	}
	for ; len(queue) > 0 && len(seen) < 600; queue = queue[1:] {
		path := queue[0]
		a := w.Raw(guest, "GET", path, nil, nil)
		if a.Code != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for kind, re := range kinds {
			if re.MatchString(path) {
				met[kind] = true
				if !strings.Contains(a.Body, `name="_csrf"`) {
					kept = append(kept, path)
				}
				break
			}
		}
		for _, m := range link.FindAllStringSubmatch(a.Body, -1) {
			to := strings.ReplaceAll(m[1], "&amp;", "&")
			if !seen[to] && !strings.HasPrefix(to, "/static/") && !strings.HasPrefix(to, "/en") {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	for kind := range kinds {
		if !met[kind] {
			t.Errorf("no link leads a guest to a page like %s", kind)
		}
	}
	return kept
}

// reads keeps the names after FROM and JOIN of every query while from is set.
type reads struct{ from map[string]bool }

func (r *reads) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (r *reads) AfterQuery(_ context.Context, q *bun.QueryEvent) {
	if r.from == nil {
		return
	}
	for _, m := range names.FindAllStringSubmatch(q.Query, -1) {
		r.from[strings.ReplaceAll(m[1], `"`, "")] = true
	}
}

// scans is how often each table was read so far, also by functions of the database. A connection tells when it ends.
func (e *example) scans(t *testing.T) map[string]int64 {
	e.db.SetMaxIdleConns(0)
	owner := dbtest.Owner(t, e.db)
	for left := 1; left > 0; {
		if err := owner.NewRaw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = 'kinhbac_app'").Scan(t.Context(), &left); err != nil {
			t.Fatal(err)
		}
	}
	var rows []struct {
		Name string
		N    int64
	}
	if err := owner.NewRaw("SELECT relid::regclass::text AS name, seq_scan + COALESCE(idx_scan, 0) AS n FROM pg_stat_user_tables").Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	e.db.SetMaxIdleConns(40)
	all := map[string]int64{}
	for _, r := range rows {
		all[r.Name] = r.N
	}
	return all
}
