package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// assets are the static files under one address that changes when any of them does.
type assets struct {
	version string
	files   map[string]asset
}

type asset struct {
	kind         string
	plain, small []byte // small is gzip, nil when it does not help
}

func loadAssets(files fs.FS) (assets, error) {
	a := assets{files: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum.Write([]byte(name))
		sum.Write(b)
		kind := mime.TypeByExtension(path.Ext(name))
		if path.Ext(name) == ".woff2" {
			kind = "font/woff2"
		}
		f := asset{kind: kind, plain: b}
		if strings.HasPrefix(kind, "text/") || strings.Contains(kind, "svg") || strings.Contains(kind, "javascript") {
			var z bytes.Buffer
			w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
			if _, err := w.Write(b); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
			f.small = z.Bytes()
		}
		a.files[strings.TrimPrefix(name, "static/")] = f
		return nil
	})
	a.version = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, err
}

func (a assets) href(name string) string {
	if _, ok := a.files[name]; !ok {
		panic("web: no static file " + name)
	}
	return "/static/" + a.version + "/" + name
}

// serve answers /static/<version>/<name>; another version is not found, so that a cache never mixes two.
func (a assets) serve(c *fiber.Ctx) error {
	version, name, _ := strings.Cut(strings.TrimPrefix(c.Path(), "/static/"), "/")
	f, ok := a.files[name]
	if !ok || version != a.version {
		return errNoRoute
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderContentType, f.kind)
	if f.small != nil {
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
			c.Set(fiber.HeaderContentEncoding, "gzip")
			return c.Send(f.small)
		}
	}
	return c.Send(f.plain)
}
