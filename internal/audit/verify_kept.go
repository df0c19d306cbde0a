package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"kinhbac/internal/storage"
)

// Kept is a table whose every change leaves a version of the row in row_versions (SQL: audit.keep).
type Kept struct {
	Table string   // with its schema when that is not public
	Leave []string // columns not kept: secrets, and sums that another check recomputes
	Fixed bool     // only what is inserted is kept, nothing kept ever changes
	Free  []string // roles that may write it outside an act
}

// Tables are kept tables that only acts write.
func Tables(names ...string) []Kept { return kept(nil, names) }

// Loaded are kept tables that migrations and the loader of reference data write as well.
func Loaded(names ...string) []Kept { return kept([]string{storage.Mover}, names) }

// Guarded are kept tables that the program cannot write but through functions of the database, which judge what they do.
func Guarded(names ...string) []Kept { return kept([]string{storage.Mover, storage.App}, names) }

func kept(free, names []string) []Kept {
	ks := make([]Kept, len(names))
	for i, n := range names {
		ks[i] = Kept{Table: n, Free: free}
	}
	return ks
}

// Rows is the probe of kept tables: each row is in every column what the last act on it left, none was added or removed
// behind the program's back, every version was written in the transaction of an act, and the triggers stand. The first
// break of each table is one check.
func Rows(code string, tables ...[]Kept) Probe {
	all := slices.Concat(tables...)
	names := make([]string, len(all))
	for i, k := range all {
		names[i] = k.Table
	}
	return Probe{Name: code, Kept: names, Run: func(ctx context.Context, l Look) ([]Check, error) {
		whole, broken := Check{Code: code}, []Check(nil)
		for _, k := range all {
			c := Check{Code: code}
			if err := k.prove(ctx, l.Tx, &c); err != nil {
				return nil, fmt.Errorf("%s: %w", k.Table, err)
			}
			l.Step(c.Count)
			if whole.Count += c.Count; c.Break != "" {
				broken = append(broken, c)
			}
		}
		if broken != nil {
			return broken, nil
		}
		return []Check{whole}, nil
	}}
}

func (k Kept) prove(ctx context.Context, tx bun.Tx, c *Check) error {
	keys, err := k.keys(ctx, tx)
	if err != nil {
		return err
	}
	if err := tx.NewRaw("SELECT count(*) FROM "+k.Table).Scan(ctx, &c.Count); err != nil {
		return err
	}
	leave := pgdialect.Array(append([]string{}, k.Leave...))
	for _, step := range []func() error{
		func() error { return c.first(ctx, tx, k.unlike(keys), k.Table, leave) },
		func() error {
			return c.first(ctx, tx, actless, k.Table, pgdialect.Array(append([]string{}, k.Free...)))
		},
		func() error { return k.watched(ctx, tx, keys, c) },
	} {
		if err := step(); err != nil || c.Break != "" {
			return err
		}
	}
	return nil
}

// keys are the columns of the primary key in their order.
func (k Kept) keys(ctx context.Context, tx bun.Tx) (keys []string, err error) {
	err = tx.NewRaw(`SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY k (attnum, n)
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE i.indrelid = ?::regclass AND i.indisprimary ORDER BY k.n`, k.Table).Scan(ctx, &keys)
	return keys, err
}

// differ writes the columns in which the JSON objects x.stands and x.wanted differ, of those both have: a column that
// came with a later migration is proved from the next version on.
const differ = `SELECT string_agg(d.key || ' ' || coalesce(left(d.stands, 60), '–'), ', ' ORDER BY d.key) AS stands,
	       string_agg(d.key || ' ' || coalesce(left(d.wanted, 60), '–'), ', ' ORDER BY d.key) AS wanted
	  FROM (SELECT key, x.stands ->> key AS stands, x.wanted ->> key AS wanted FROM jsonb_object_keys(x.stands) key
	         WHERE x.wanted ? key AND x.stands -> key IS DISTINCT FROM x.wanted -> key) d`

// unlike finds the first row that is not what its last version says. ?0 is the table, ?1 the columns left out.
func (k Kept) unlike(keys []string) string {
	parts := make([]string, len(keys))
	for i, key := range keys {
		parts[i] = "(y.content ->> '" + key + "')"
	}
	return `SELECT ?0 || ' ' || x.row_key, CASE WHEN x.stands IS NULL THEN 'no row' WHEN x.wanted IS NULL THEN 'a row' ELSE d.stands END,
	       CASE WHEN x.stands IS NULL THEN 'the row' WHEN x.wanted IS NULL THEN 'no row' ELSE d.wanted END
	  FROM (SELECT coalesce(v.row_key, r.row_key) AS row_key, r.content AS stands, CASE WHEN NOT v.gone THEN v.content END AS wanted
	          FROM (SELECT ` + strings.Join(parts, " || '/' || ") + ` AS row_key, y.content FROM (SELECT to_jsonb(t) - ?1::text[] AS content FROM ` + k.Table + ` t) y) r
	          FULL JOIN (SELECT DISTINCT ON (w.row_key) w.row_key, w.gone, w.content FROM row_versions w WHERE w.relation = ?0 ORDER BY w.row_key, w.id DESC) v
	            ON v.row_key = r.row_key) x
	 CROSS JOIN LATERAL (` + strings.ReplaceAll(differ, "wanted ? key", `wanted \? key`) + `) d
	 WHERE x.stands IS DISTINCT FROM x.wanted AND (x.stands IS NULL OR x.wanted IS NULL OR d.stands IS NOT NULL) ORDER BY x.row_key LIMIT 1`
}

// actless finds the first version that was written outside every act. ?0 is the table, ?1 the roles
// that may.
var actless = `SELECT ?0 || ' ' || x.row_key, CASE WHEN x.gone THEN 'deleted' WHEN x.wanted IS NULL THEN 'inserted' ELSE coalesce(d.stands, 'written') END
	       || ' by ' || x.written_by || ' without an act', CASE WHEN x.gone THEN 'the row' WHEN x.wanted IS NULL THEN 'no row' ELSE coalesce(d.wanted, 'an act') END
	  FROM (SELECT v.id, v.row_key, v.gone, v.written_by, v.content AS stands,
	               (SELECT w.content FROM row_versions w WHERE w.relation = ?0 AND w.row_key = v.row_key AND w.id < v.id ORDER BY w.id DESC LIMIT 1) AS wanted
	          FROM row_versions v WHERE v.relation = ?0 AND v.written_by <> ALL (?1::text[])
	           AND NOT EXISTS (SELECT FROM audit_log a WHERE a.recorded_xid = v.recorded_xid AND a.at = v.at) ORDER BY v.id LIMIT 1) x
	 CROSS JOIN LATERAL (` + strings.ReplaceAll(differ, "wanted ? key", `wanted \? key`) + `) d`

// watched holds the triggers of the table against what audit.keep made.
func (k Kept) watched(ctx context.Context, tx bun.Tx, keys []string, c *Check) error {
	events := []string{"delete", "insert", "update"}
	if k.Fixed {
		events = events[1:2]
	}
	var stand []string
	err := tx.NewRaw(`SELECT substr(t.tgname, 6) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' off' END
			|| CASE WHEN t.tgqual IS NULL THEN '' ELSE ' at times' END || CASE t.tgfoid::regproc::text WHEN 'audit.keep_rows' THEN '' ELSE ' by ' || t.tgfoid::regproc END
			|| CASE WHEN t.tgargs = convert_to(?1, 'UTF8') || '\x00' || convert_to(?2::text[]::text, 'UTF8') || '\x00' || convert_to(?3::text[]::text, 'UTF8') || '\x00' THEN '' ELSE ' of less' END
		FROM pg_trigger t WHERE t.tgrelid = ?0::regclass AND t.tgname LIKE 'keep@_%' ESCAPE '@' ORDER BY 1`,
		k.Table, k.Table, pgdialect.Array(keys), pgdialect.Array(append([]string{}, k.Leave...))).Scan(ctx, &stand)
	if err == nil {
		c.Same(k.Table, "triggers", strings.Join(stand, " "), strings.Join(events, " "))
	}
	return err
}

// versionDigest rebuilds in SQL what audit.stamp_row made of a version v, by built-in functions only.
const versionDigest = `sha256(array_send(ARRAY['row.1', 'i' || v.id, 'T' || (extract(epoch FROM v.at) * 1000000)::bigint, 'T' || extract(epoch FROM v.recorded_at),
	'i' || v.recorded_xid, 't' || v.relation, 't' || v.row_key, 'b' || v.gone, 'j' || v.content::text, 't' || v.written_by]))`

// versions recomputes the digest of every version of a row.
func versions() Probe {
	return Chunks("rows.check.digests", "row_versions", `SELECT 'row_versions ' || x.id, encode(x.digest, 'hex'), encode(x.wanted, 'hex')
		FROM (SELECT v.id, v.digest, `+versionDigest+` AS wanted FROM row_versions v WHERE v.id >= ?0 AND v.id < ?1) x
		WHERE x.digest <> x.wanted ORDER BY x.id LIMIT 1`)
}
