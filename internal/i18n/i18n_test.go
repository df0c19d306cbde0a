package i18n_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kinhbac/internal/i18n"
)

// Codes as they stand in Go and in templates. A code put together from parts ends with a dot or an underscore and is
// looked for by the tests of the pages that use it.
var (
	errsNew   = regexp.MustCompile(`errs\.New\([^,()]+,\s*"([a-z0-9_.]+)"\)`)
	fieldErr  = regexp.MustCompile(`errs\.FieldError\([^,]+,\s*"([a-z0-9_.]+)"`)
	goText    = regexp.MustCompile(`i18n\.T(?:ext)?\([^,"]+,\s*"([a-z0-9_]+\.[a-z0-9_.]+)"`)
	notice    = regexp.MustCompile(`Notice:\s*"([a-z0-9_.]+)"`)
	templates = regexp.MustCompile(`\bt\s+"([a-z0-9_.]+)"|\.T\s+"([a-z0-9_.]+)"|\b(?:field|choose)\s+\S+\s+"[^"]*"\s+"([a-z0-9_.]+)"`)
)

// TestEveryCodeHasBothLanguages reads the sources of the house for codes of the catalogue.
func TestEveryCodeHasBothLanguages(t *testing.T) {
	seen := 0
	walk := func(root, ext string, patterns ...*regexp.Regexp) {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ext || strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, p := range patterns {
				for _, m := range p.FindAllStringSubmatch(string(b), -1) {
					code := strings.Join(m[1:], "")
					if strings.HasSuffix(code, ".") || strings.HasSuffix(code, "_") {
						continue
					}
					if seen++; !i18n.Has(code) {
						t.Errorf("%s: %s has no words in both languages", path, code)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	walk("..", ".go", errsNew, fieldErr, goText, notice)
	walk("../../templates", ".html", templates)
	if seen < 100 {
		t.Errorf("only %d codes found: the patterns no longer fit the sources", seen)
	}
}

// TestWordsOfTheHouse looks for what DESIGN §9 does not want.
func TestWordsOfTheHouse(t *testing.T) {
	files, err := filepath.Glob("catalogue/*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			low := strings.ToLower(line)
			for _, bad := range []string{"vui lòng", "thành công!", "!", " bạn ", "please"} {
				if strings.Contains(low, bad) {
					t.Errorf("%s:%d says %q", f, i+1, bad)
				}
			}
		}
	}
}

func TestText(t *testing.T) {
	if got := i18n.Text(i18n.EN, "web.mend", 3); got != "Fix 3 items to continue" {
		t.Errorf("got %q", got)
	}
	if got := i18n.Text(i18n.VI, "no.such_code"); got != "⟦no.such_code⟧" {
		t.Errorf("got %q", got)
	}
}
