package rulebook

import (
	"testing"

	"kinhbac/internal/i18n"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ kind, unit, text, vi, en string }{
		{"number", "y", "5", "5 năm", "5 years"},
		{"number", "%", "6.5", "6,5%", "6,5%"},
		{"number", "", "7", "7", "7"},
		{"number", "đồng", "5000000000", "5.000.000.000\u00a0đ", "5.000.000.000\u00a0đ"},
		{"threshold", "", ">= 2/3 cast", "≥ 2/3 số phiếu đã bỏ", "≥ 2/3 ballots cast"},
		{"threshold", "", "> 15 points", "> 15 điểm", "> 15 points"},
		{"word", "", "yes", "có", "yes"},
		{"word", "", "12-31", "31/12", "31/12"},
		{"word", "", "this-12-31", "31/12 của năm ngân sách", "31/12 of the budget year"},
		{"word", "", "next-01-31", "31/01 năm sau", "31/01 of the year after"},
		{"list", "", "same_branch:transfer other_branch:transfer_across", "cùng nhánh: kế toán trưởng, khác nhánh: UBND tỉnh",
			"same branch: chief accountant, another branch: People's Committee"},
		{"list", "", "requested criterion:1 submitted", "đề nghị ít hơn, điểm tiêu chí 1, nộp trước", "smaller request, points of criterion 1, earlier submission"},
		{"list", "%", "30 40 50", "30 40 50", "30 40 50"},
	} {
		if vi, en := Words(i18n.VI, c.kind, c.unit, c.text), Words(i18n.EN, c.kind, c.unit, c.text); vi != c.vi || en != c.en {
			t.Errorf("%s %s: %q, %q", c.kind, c.text, vi, en)
		}
	}
}
