package journey

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"
)

// public reads what everybody may: calls, results, the fifteen indicators with the eighth counted from the awards.
func (w *world) public() {
	v := w.people["somebody"]
	v.get("/").ok()
	v.get("/calls").ok(w.code)
	v.get("/results").ok(w.code)
	v.get("/results/"+w.code).ok(firms[0].name, "980.000.000", "766/QĐ-UBND")
	v.get("/en/results/" + w.code).ok(firms[0].name)
	v.get("/indicators").ok()
	rows := 0
	walk(v.page.doc, func(n *html.Node) {
		if n.Data != "tr" || !strings.Contains(inner(n), ". ") {
			return
		}
		for i := 1; i <= 15; i++ {
			if strings.HasPrefix(strings.TrimSpace(inner(n)), fmt.Sprintf("%d. ", i)) {
				rows++
				if i == 8 && !strings.Contains(" "+strings.Join(strings.Fields(inner(n)), " ")+" ", " 1 ") {
					w.t.Errorf("indicator 8 is not counted as 1: %s", inner(n))
				}
			}
		}
	})
	if rows != 15 {
		w.t.Errorf("the page of indicators shows %d of 15", rows)
	}
}
