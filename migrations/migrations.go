// Package migrations embeds the schema and the reference data it is filled with.
//
// A migration is <stamp>_<name>.tx.up.sql with its .tx.down.sql; a file data/<order>_<table>.csv is loaded into
// <table>, its header names the columns, an empty cell is NULL.
//
// # Decisions
//
// 2026-11-24: reference data is CSV beside the schema, not SQL: an office reads and mends it. A file is loaded once
// per content (kb.loaded_files), rows are added or replaced by primary key and never removed.
package migrations

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
)

// Files holds every migration and data/*.csv.
//
//go:embed *.sql data/*.csv
var Files embed.FS

// Digest is a SHA-256, in hex, over the names and contents of Files.
func Digest() string {
	h := sha256.New()
	err := fs.WalkDir(Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := Files.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		h.Write([]byte(path + "\x00"))
		h.Write(sum[:])
		return nil
	})
	if err != nil {
		panic("migrations: read embedded files: " + err.Error()) // the files are in the binary
	}
	return hex.EncodeToString(h.Sum(nil))
}
