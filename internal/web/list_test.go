package web_test

import (
	"context"
	"html"
	"regexp"
	"strings"
	"testing"
)

var (
	rowText  = regexp.MustCompile(`<td class="row">([^<]*)</td>`)
	nextLink = regexp.MustCompile(`rel="next" href="([^"]*)"`)
	prevLink = regexp.MustCompile(`rel="prev" href="([^"]*)"`)
)

// TestPagingSeesEveryRowOnce walks forward and back through sorts with ties.
func TestPagingSeesEveryRowOnce(t *testing.T) {
	w, room := sample(t)
	room.fill(t, 103)
	for _, sort := range []string{"", "?sort=-title", "?sort=amount", "?sort=-amount", "?sort=nonsense%27--"} {
		path, seen, pages := "/samples"+sort, map[string]int{}, 0
		var first, last string
		for path != "" && pages < 10 {
			a := w.Raw(context.Background(), "GET", path, nil, nil).Status(200)
			rows := rowText.FindAllStringSubmatch(a.Body, -1)
			for _, m := range rows {
				seen[m[1]]++
			}
			if pages == 0 {
				first = rows[0][1]
			}
			last, pages = path, pages+1
			path = ""
			if m := nextLink.FindStringSubmatch(a.Body); m != nil {
				path = html.UnescapeString(m[1])
			}
		}
		if len(seen) != 103 || pages != 5 {
			t.Errorf("%q: %d rows on %d pages", sort, len(seen), pages)
		}
		for r, n := range seen {
			if n != 1 {
				t.Errorf("%q: %s seen %d times", sort, r, n)
			}
		}
		for path, pages = last, 0; path != "" && pages < 10; pages++ {
			a := w.Raw(context.Background(), "GET", path, nil, nil).Status(200)
			m := prevLink.FindStringSubmatch(a.Body)
			if m == nil {
				if got := rowText.FindStringSubmatch(a.Body)[1]; got != first {
					t.Errorf("%q: back at %s, not %s", sort, got, first)
				}
				break
			}
			path = html.UnescapeString(m[1])
		}
		if pages != 4 {
			t.Errorf("%q: %d steps back", sort, pages)
		}
	}
	w.Raw(context.Background(), "GET", "/samples?after=garbage", nil, nil).Status(422)
	w.Raw(context.Background(), "GET", "/samples?sort=amount&after=eyJhIjoxfQ", nil, nil).Status(422) // well formed, without a value
}

func TestExportGuardsFormulas(t *testing.T) {
	w, _ := sample(t)
	a := w.Raw(context.Background(), "GET", "/samples.csv?q=x", nil, nil).Status(200).Has("'=1+1", "'@x", `"an, toàn"`, "q=x")
	if !strings.Contains(a.Body, "\r\n-5\r\n") {
		t.Error("a plain number was changed")
	}
	if d := a.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") {
		t.Errorf("sent as %q", d)
	}
}
