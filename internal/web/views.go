package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"kinhbac/internal/i18n"
)

// views holds every page parsed at start, one clone of the layout and partials per page and language: a define of
// one page never shows on another, and functions know the language.
type views struct {
	pages  map[i18n.Lang]map[string]*template.Template
	assets assets
}

func parseViews(files fs.FS) (*views, error) {
	a, err := loadAssets(files)
	if err != nil {
		return nil, err
	}
	v := &views{pages: map[i18n.Lang]map[string]*template.Template{}, assets: a}
	names, err := fs.Glob(files, "pages/*/*.html")
	if err != nil {
		return nil, err
	}
	for _, lang := range []i18n.Lang{i18n.VI, i18n.EN} {
		root, err := template.New("root").Option("missingkey=error").Funcs(a.functions(lang)).ParseFS(files, "layouts/*.html", "partials/*.html")
		if err != nil {
			return nil, fmt.Errorf("web: layouts and partials: %w", err)
		}
		v.pages[lang] = map[string]*template.Template{}
		for _, name := range names {
			set, err := root.Clone()
			if err != nil {
				return nil, err
			}
			if set, err = set.ParseFS(files, name); err != nil {
				return nil, fmt.Errorf("web: page %s: %w", name, err)
			}
			for _, need := range []string{"title", "body"} {
				if set.Lookup(need) == nil {
					return nil, fmt.Errorf("web: page %s does not define %q", name, need)
				}
			}
			key := strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), path.Ext(name))
			v.pages[lang][key] = set
		}
	}
	return v, nil
}

// must stops the start when a route names a page that is not there.
func (v *views) must(name string) {
	if v.pages[i18n.VI][name] == nil {
		panic(fmt.Sprintf("web: templates/pages/%s.html is missing", name))
	}
}

// block is the define to send to htmx: the one named like its target, else fragment, else the body.
func (v *views) block(name, target string) string {
	set := v.pages[i18n.VI][name]
	for _, b := range []string{target, "fragment"} {
		if b != "" && b != "title" && set.Lookup(b) != nil {
			return b
		}
	}
	return "body"
}

func (v *views) render(lang i18n.Lang, name, block string, data any) ([]byte, error) {
	set := v.pages[lang][name]
	if set == nil {
		return nil, fmt.Errorf("web: no page %s", name)
	}
	if block == "" {
		block = "layout"
	}
	var b bytes.Buffer
	b.Grow(24 << 10)
	if err := set.ExecuteTemplate(&b, block, data); err != nil {
		return nil, fmt.Errorf("render %s of %s: %w", block, name, err)
	}
	return b.Bytes(), nil
}
