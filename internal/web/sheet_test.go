package web_test

import (
	"context"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestSheet reads an export back: numbers exact to fifteen digits, days as days, codes and formulas as text.
func TestSheet(t *testing.T) {
	w, _ := sample(t)
	a := w.Raw(context.Background(), "GET", "/samples/all.xlsx?q=x", nil, nil).Status(200)
	if kind, how := a.Header.Get("Content-Type"), a.Header.Get("Content-Disposition"); !strings.Contains(kind, "spreadsheetml") || !strings.HasPrefix(how, "attachment") || !strings.Contains(how, ".xlsx") {
		t.Errorf("sent as %q, %q", kind, how)
	}
	f, err := excelize.OpenReader(strings.NewReader(a.Body))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for at, want := range map[string]struct{ raw, shown, format string }{
		"A1": {raw: "Bảng", shown: "Bảng"}, "B2": {raw: "q=x", shown: "q=x"}, "B5": {raw: "Số tiền", shown: "Số tiền"},
		"A6": {"=1+1", "=1+1", "@"}, "A7": {"+84", "+84", "@"}, "A8": {"@sum", "@sum", "@"},
		"B6": {"999999999999999", "999,999,999,999,999", "#,##0"}, "B7": {"-1", "-1", "#,##0"}, "B8": {"0", "0", "#,##0"},
		"C6": {"46142", "30/04/2026", "dd/mm/yyyy"}, "C7": {"46024", "02/01/2026", "dd/mm/yyyy"}, "C8": {"", "", "dd/mm/yyyy"},
		"D6": {"", "30/04/2026 17:00:59", "dd/mm/yyyy hh:mm:ss"},
		"E6": {"69.5", "69.5", "#,##0.#####"}, "E7": {raw: "100", format: "#,##0.#####"},
		"F6": {"2026", "2026", "0"}, "G6": {"2401908339", "2401908339", "@"}, "G7": {"0101234567", "0101234567", "@"},
		"H6": {"12", "12", "@"}, "H8": {"9999999999999999", "9999999999999999", "@"}, "I6": {"", "", "@"},
	} {
		raw, err := f.GetCellValue("Sheet1", at, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		shown, _ := f.GetCellValue("Sheet1", at)
		if want.raw != "" && raw != want.raw || want.shown != "" && shown != want.shown {
			t.Errorf("%s is %q, shown as %q", at, raw, shown)
		}
		if formula, _ := f.GetCellFormula("Sheet1", at); formula != "" {
			t.Errorf("%s calculates %q", at, formula)
		}
		id, _ := f.GetCellStyle("Sheet1", at)
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := style.CustomNumFmt; want.format != "" && (got == nil || *got != want.format) {
			t.Errorf("%s has the style %+v, not %s", at, style, want.format)
		}
	}
	w.Raw(context.Background(), "GET", "/samples.xlsx", nil, nil).Status(200)
	w.Raw(context.Background(), "GET", "/samples", nil, nil).Status(200).Has(`href="/samples.csv"`, `href="/samples.xlsx"`)
	w.Raw(context.Background(), "GET", "/samples?sort=-amount&q=a", nil, nil).Status(200).Has(`href="/samples.xlsx?q=a&amp;sort=-amount"`)
}
