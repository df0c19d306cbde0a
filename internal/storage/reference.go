package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/uptrace/bun"

	"kinhbac/migrations"
)

// loadAll loads every file of migrations/data that changed since it was last loaded. partial passes over tables that
// do not exist yet.
func loadAll(ctx context.Context, db *bun.DB, partial bool) error {
	files, err := fs.Glob(migrations.Files, "data/*.csv") // sorted: the number in front gives the order
	if err != nil {
		return err
	}
	for _, f := range files {
		err := InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error { return load(ctx, tx, f, partial) })
		if err != nil {
			return fmt.Errorf("load migrations/%s: %w", f, err)
		}
	}
	return nil
}

func load(ctx context.Context, tx bun.Tx, file string, partial bool) error {
	b, err := migrations.Files.ReadFile(file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	digest := hex.EncodeToString(sum[:])
	name := path.Base(file)
	var known bool
	err = tx.NewRaw("SELECT EXISTS (SELECT FROM kb.loaded_files WHERE name = ? AND sha256 = ?)", name, digest).Scan(ctx, &known)
	if err != nil || known {
		return err
	}
	_, table, _ := strings.Cut(strings.TrimSuffix(name, ".csv"), "_")
	var keys []string
	err = tx.NewRaw(`SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
		WHERE i.indrelid = to_regclass(?) AND i.indisprimary`, "public."+table).Scan(ctx, &keys)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		if partial {
			return nil
		}
		return fmt.Errorf("table %s does not exist or has no primary key", table)
	}
	columns, rows, err := readCSV(b)
	if err != nil {
		return err
	}
	if err := upsert(ctx, tx, table, keys, columns, rows); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO kb.loaded_files (name, sha256) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, loaded_at = clock_timestamp()`, name, digest)
	return err
}

// readCSV gives the header and the rows as one JSON array of objects of text, an empty cell as null.
func readCSV(b []byte) (columns []string, rows []byte, err error) {
	records, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		return nil, nil, err
	}
	if len(records) == 0 {
		return nil, nil, fmt.Errorf("no header")
	}
	columns = records[0]
	list := make([]map[string]*string, 0, len(records)-1)
	for _, r := range records[1:] {
		row := make(map[string]*string, len(columns))
		for i, c := range columns {
			if r[i] != "" {
				row[c] = &r[i]
			}
		}
		list = append(list, row)
	}
	rows, err = json.Marshal(list)
	return columns, rows, err
}

// upsert adds or replaces rows by primary key; a column the file does not name keeps its value or default.
func upsert(ctx context.Context, tx bun.Tx, table string, keys, columns []string, rows []byte) error {
	isKey := map[string]bool{}
	for _, k := range keys {
		isKey[k] = true
	}
	var set []string
	for _, c := range columns {
		if !isKey[c] {
			set = append(set, ident(c)+" = excluded."+ident(c))
		}
	}
	do := "NOTHING"
	if len(set) > 0 {
		do = "UPDATE SET " + strings.Join(set, ", ")
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(
		`INSERT INTO %[1]s (%[2]s) SELECT %[2]s FROM jsonb_populate_recordset(NULL::%[1]s, ?::jsonb) ON CONFLICT (%[3]s) DO %[4]s`,
		ident(table), idents(columns), idents(keys), do), string(rows))
	return err
}

func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func idents(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = ident(s)
	}
	return strings.Join(quoted, ", ")
}
