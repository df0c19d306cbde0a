package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kinhbac/internal/storage"
	"kinhbac/migrations"
)

// schemas hold what the program made; elsewhere are extensions.
const schemas = "'{ledger,audit,kb,public}'::pg_catalog.name[]"

// functions holds every function against the text of the migrations in this program. They are read whole and compared
// here, because a comparison in the database is one that its owner could replace.
func functions() Probe {
	return Probe{Name: "audit.check.functions", Run: func(ctx context.Context, l Look) ([]Check, error) {
		c := Check{Code: "audit.check.functions"}
		wanted, err := migrations.Functions()
		if err != nil {
			return nil, err
		}
		stands, err := standing(ctx, l)
		if err != nil {
			return nil, err
		}
		c.Count = int64(len(wanted))
		for _, w := range wanted {
			s, row := stands[w.Name], w.Name+"()"
			if len(s) == 0 {
				c.differs(row, "none", "a function")
				continue
			}
			c.Same(row, "functions", len(s), 1)
			c.Same(row, "owner", s[0].Owner, storage.Owner)
			c.Same(row, "arguments", migrations.Args(s[0].Args), w.Args)
			head, err := s[0].head()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.Name, err)
			}
			c.Same(row, "runs", head, w.Head)
			if n, is, want := unlikeLine(s[0].Body, w.Body); n > 0 {
				c.Same(row, fmt.Sprintf("line %d", n), is, want)
			}
			delete(stands, w.Name)
		}
		for _, name := range slices.Sorted(maps.Keys(stands)) { // beside those of the migrations
			if !stands[name][0].Foreign {
				c.differs(name+"()", "a function", "none")
			}
		}
		l.Step(c.Count)
		return []Check{c}, nil
	}}
}

// function is one as PostgreSQL keeps it.
type function struct {
	Name, Owner, Args, Result, Language, Body string
	Volatile, Parallel                        string // first letters of the words
	Strict, Definer                           bool
	Settings                                  []string `bun:",array"`
	Foreign                                   bool     // of an extension, in public
}

func standing(ctx context.Context, l Look) (map[string][]function, error) {
	var all []function
	err := l.Tx.NewRaw(`SELECT n.nspname || '.' || p.proname AS name, pg_catalog.pg_get_userbyid(p.proowner) AS owner,
			pg_catalog.pg_get_function_arguments(p.oid) AS args, pg_catalog.pg_get_function_result(p.oid) AS result, g.lanname AS language,
			CASE WHEN p.prosqlbody IS NULL AND p.prokind = 'f' THEN p.prosrc ELSE 'another kind of body' END AS body,
			p.provolatile::pg_catalog.text AS volatile, p.proparallel::pg_catalog.text AS parallel, p.proisstrict AS strict, p.prosecdef AS definer,
			coalesce(p.proconfig, '{}') AS settings,
			n.nspname = 'public' AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') AS foreign
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language g ON g.oid = p.prolang
		WHERE n.nspname = ANY (`+schemas+`)`).Scan(ctx, &all)
	out := map[string][]function{}
	for _, f := range all {
		out[f.Name] = append(out[f.Name], f)
	}
	return out, err
}

// head writes how the function is run as a migration would say it.
func (f function) head() (string, error) {
	words := []string{f.Result, "LANGUAGE", f.Language, map[string]string{"i": "IMMUTABLE", "s": "STABLE", "v": "VOLATILE"}[f.Volatile]}
	if f.Strict {
		words = append(words, "STRICT")
	}
	if f.Definer {
		words = append(words, "SECURITY DEFINER")
	}
	if f.Parallel != "u" {
		words = append(words, "PARALLEL "+map[string]string{"s": "SAFE", "r": "RESTRICTED"}[f.Parallel])
	}
	for _, s := range f.Settings {
		name, value, _ := strings.Cut(s, "=")
		words = append(words, migrations.Setting(name, value))
	}
	return migrations.Head(strings.Join(words, " "))
}

// unlikeLine is the first line in which two texts differ, from 1; 0 when none does.
func unlikeLine(stands, wanted string) (n int, is, want string) {
	if stands == wanted {
		return 0, "", ""
	}
	a, b := strings.Split(stands, "\n"), strings.Split(wanted, "\n")
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	if n < len(a) {
		is = short(a[n])
	}
	if n < len(b) {
		want = short(b[n])
	}
	return n + 1, is, want
}

func short(line string) string {
	r := []rune(strings.TrimSpace(line))
	if len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return string(r)
}

// triggers holds every trigger against the text of the migrations: each stands, is on, and runs what and when it should,
// and none is beside them. Those of kept tables are made in a loop, their own check is with the tables (Kept).
func triggers() Probe {
	return Probe{Name: "audit.check.triggers", Run: func(ctx context.Context, l Look) ([]Check, error) {
		c := Check{Code: "audit.check.triggers"}
		wanted, inLoops, err := migrations.Triggers()
		if err != nil {
			return nil, err
		}
		var all []struct{ Made, Calls, Enabled string }
		err = l.Tx.NewRaw(`SELECT pg_catalog.pg_get_triggerdef(t.oid) AS made, f.pronamespace::pg_catalog.regnamespace || '.' || f.proname AS calls,
				t.tgenabled::pg_catalog.text AS enabled
			FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class r ON r.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
			JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid WHERE NOT t.tgisinternal AND n.nspname = ANY (`+schemas+`) ORDER BY r.oid, t.tgname`).Scan(ctx, &all)
		if err != nil {
			return nil, err
		}
		stands := map[string]string{}
		for _, t := range all {
			if inLoops[t.Calls] {
				continue
			}
			made, err := migrations.ReadTrigger(t.Made)
			if err != nil {
				made = migrations.Trigger{Table: t.Made, Does: "in unknown words"}
			}
			if t.Enabled != "O" {
				made.Does += " (off)"
			}
			stands[made.Table+" "+made.Name] = made.Does
		}
		c.Count = int64(len(wanted))
		for _, w := range wanted {
			row := w.Table + " " + w.Name
			does, ok := stands[row]
			if !ok {
				does = "none"
			}
			c.differs(row, does, w.Does)
			delete(stands, row)
		}
		for _, row := range slices.Sorted(maps.Keys(stands)) {
			c.differs(row, stands[row], "none")
		}
		l.Step(c.Count)
		return []Check{c}, nil
	}}
}

// differs keeps the first row in which what stands is not what should.
func (c *Check) differs(row, stands, wanted string) {
	if c.Break == "" && stands != wanted {
		c.Break, c.Stands, c.Wanted = row, stands, wanted
	}
}
