package budget

import (
	"testing"

	"kinhbac/internal/web/webtest"
)

func TestRevise(t *testing.T) {
	o := open(t)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	root := o.root(t, "NS", 48_500_000_000)
	child := o.child(t, root, "NS-1", 12_000_000_000)
	w.Get(o.officer, "/budgets/2026").Status(200).Has("/budgets/2026/acts/new").Has("/budgets/2026/lines.xlsx")
	w.Get(o.officer, "/budgets/2026/acts/new").Status(200).Has(child.ID.String())
	w.Get(o.officer, "/budgets/2026/acts/new?line="+child.ID.String()).Status(200).Has(href(child) + "/acts/new?kind=transfer")
	w.Get(o.officer, "/budgets/2026/acts/new?q=khong-co").Status(200).Has("Không có dòng nào phù hợp")
	w.Get(o.officer, "/budgets/2026/acts/new?line=khong-co").Status(200).Lacks("kind=transfer")
	w.Get(o.chief, "/budgets/2026").Status(200).Lacks("/budgets/2026/acts/new")
	w.Get(o.chief, "/budgets/2026/acts/new").Status(404)
}
