//go:build linux

package pgserver

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive writes a package with the given files and gives its path and sum.
func archive(t *testing.T, files map[string]string) (path, sum string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "p.tgz")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	h := sha512.Sum512(b.Bytes())
	return path, base64.StdEncoding.EncodeToString(h[:])
}

func TestUnpackBinaries(t *testing.T) {
	files := map[string]string{
		"package/native/bin/initdb": "i", "package/native/bin/pg_ctl": "c", "package/native/bin/postgres": "p",
		"package/native/lib/libpq.so.5.18":    "lib",
		"package/native/pg-symlinks.json":     `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`,
		"package/scripts/hydrate-symlinks.js": "not wanted",
	}
	path, sum := archive(t, files)
	dest := filepath.Join(t.TempDir(), "18")
	if err := unpackBinaries(path, sum[1:], dest); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Fatalf("another checksum: error %v", err)
	}
	if err := unpackBinaries(path, sum, dest); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dest, "lib", "libpq.so.5")); err != nil || string(b) != "lib" {
		t.Errorf("the link gives %q, error %v", b, err)
	}
	if st, err := os.Stat(filepath.Join(dest, "bin", "postgres")); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("postgres: %v, error %v", st, err)
	}

	files["package/native/../../escaped"] = "out"
	path, sum = archive(t, files)
	dest = filepath.Join(t.TempDir(), "18")
	if err := unpackBinaries(path, sum, dest); err == nil {
		t.Error("a file outside the folder was accepted")
	}
	if _, err := os.Stat(dest); err == nil {
		t.Error("a refused archive left a folder")
	}
}
