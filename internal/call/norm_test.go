package call

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/shopspring/decimal"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web/webtest"
)

func vnd(n int64) *money.Amount { a := money.VND(n); return &a }

// trip is a norm that has every bound: 5 million a trip, 12 million a beneficiary and year, 60 % of the cost.
func trip() NormTyped {
	return NormTyped{Content: "6.2", Kind: PartFunding, UnitVI: "chuyến", UnitEN: "trip", CapUnit: vnd(5_000_000), CapYear: vnd(12_000_000), Beneficiaries: 1,
		MaxShare: decimal.NewFromInt(60), Source: "Số minh họa", Verified: true, ValidFrom: calendar.On(2026, 1, 1)}
}

func TestNormOver(t *testing.T) {
	n := &Norm{}
	if err := n.Describe(trip()); err != nil {
		t.Fatal(err)
	}
	line := func(quantity string, grant, total int64) []Line {
		return []Line{{"Hội chợ", decimal.RequireFromString(quantity), money.VND(grant), money.VND(total)}}
	}
	for _, x := range []struct {
		name   string
		lines  []Line
		months int
		want   []string
		limit  int64
	}{
		{"all that two trips allow", line("2", 10_000_000, 20_000_000), 12, nil, 0},
		{"one đồng more", line("2", 10_000_001, 20_000_000), 12, []string{ByUnit}, 10_000_000},
		{"no quantity", line("0", 1, 20_000_000), 12, []string{ByUnit}, 0},
		{"nothing asked", line("0", 0, 20_000_000), 12, nil, 0},
		{"all of the share", line("1", 3_000_000, 5_000_000), 12, nil, 0},
		{"a đồng above the share", line("1", 3_000_001, 5_000_000), 12, []string{ByShare}, 3_000_000},
		{"the share rounds down", line("1", 2, 3), 12, []string{ByShare}, 1},
		{"all of the year", line("9", 12_000_000, 40_000_000), 12, nil, 0},
		{"above the year", line("9", 12_000_001, 40_000_000), 12, []string{ByYear}, 12_000_000},
		{"a thirteenth month is a second year", line("9", 24_000_000, 40_000_000), 13, nil, 0},
		{"part of a unit", line("0.5", 2_500_000, 5_000_000), 12, nil, 0},
	} {
		over := n.Over(x.lines, x.months)
		if len(over) != len(x.want) || len(over) > 0 && (over[0].Bound != x.want[0] || !over[0].Allowed.Equal(money.VND(x.limit))) {
			t.Errorf("%s: %+v", x.name, over)
		}
	}
	n.Beneficiaries = 3
	if over := n.Over(line("9", 36_000_000, 90_000_000), 12); len(over) != 0 {
		t.Errorf("three beneficiaries: %+v", over)
	}
}

func TestNormDescribe(t *testing.T) {
	for name, x := range map[string]struct {
		edit  func(*NormTyped)
		field string
	}{
		"another kind":               {func(n *NormTyped) { n.Kind = "loan" }, "kind"},
		"no đồng":                    {func(n *NormTyped) { n.CapUnit = vnd(0) }, "cap_unit"},
		"no unit":                    {func(n *NormTyped) { n.UnitEN = "" }, "unit_en"},
		"more than all":              {func(n *NormTyped) { n.MaxShare = decimal.RequireFromString("100.01") }, "max_share"},
		"part-funding without share": {func(n *NormTyped) { n.MaxShare = decimal.Zero }, "max_share"},
		"no cap at all":              {func(n *NormTyped) { n.Kind, n.CapUnit, n.CapYear, n.MaxShare = "grant", nil, nil, decimal.Zero }, "cap_unit"},
		"ends before it begins":      {func(n *NormTyped) { n.ValidTo = calendar.On(2025, 12, 31) }, "valid_to"},
		"too many beneficiaries":     {func(n *NormTyped) { n.Beneficiaries = 10_001 }, "beneficiaries"},
	} {
		in, n := trip(), Norm{}
		x.edit(&in)
		err := n.Describe(in)
		if e := errs.From(err); err == nil || len(e.Fields) != 1 || e.Fields[0].Name != x.field || n.Content != "" {
			t.Errorf("%s: %v %+v", name, err, e)
		}
	}
	n, in := Norm{}, trip()
	in.MaxShare, in.ValidTo, in.Beneficiaries = decimal.NewFromInt(100), in.ValidFrom, 0
	if err := n.Describe(in); err != nil || n.Beneficiaries != 1 {
		t.Errorf("%v %+v", err, n)
	}
}

// norm proposes and approves a norm.
func (w *world) norm(edit func(*NormTyped)) *Norm {
	w.t.Helper()
	in := trip()
	edit(&in)
	n, err := w.s.ProposeNorm(w.officer, in)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.s.DecideNorm(w.head, n.ID, true, ""); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestNormIsProposedByOneAndDecidedByAnother(t *testing.T) {
	w := newWorld(t)
	for name, ctx := range map[string]context.Context{"the head": w.head, "an applicant": w.person(access.Applicant), "a finance officer": w.person(access.FinanceOfficer)} {
		if _, err := w.s.ProposeNorm(ctx, trip()); err == nil {
			t.Errorf("%s proposes", name)
		}
	}
	in := trip()
	in.Content = "9.9"
	if _, err := w.s.ProposeNorm(w.officer, in); err == nil || errs.From(err).Fields[0].Name != "content" {
		t.Errorf("no such content: %v", err)
	}
	n, err := w.s.ProposeNorm(w.officer, trip())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.s.DecideNorm(w.officer, n.ID, true, ""); err == nil {
		t.Error("the officer decides")
	}
	maker := access.From(w.officer)
	maker.Grants = append(maker.Grants, access.Grant{Role: access.DepartmentHead, Unit: access.UnitScience})
	if err := w.s.DecideNorm(access.With(context.Background(), maker), n.ID, true, ""); !errors.Is(err, access.ErrNotMaker) {
		t.Errorf("the maker decides in another role: %v", err)
	}
	if err := w.s.DecideNorm(w.head, n.ID, false, ""); err == nil {
		t.Error("refused without a reason")
	}
	if err := w.s.DecideNorm(w.head, n.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if err := w.s.DecideNorm(w.head, n.ID, false, "thôi"); err == nil {
		t.Error("decided twice")
	}
	for _, sql := range []string{"UPDATE cost_norms SET cap_unit = 1", "UPDATE cost_norms SET status = 'proposed', decided_by = NULL, decided_at = NULL", "DELETE FROM cost_norms"} {
		if _, err := w.db.NewRaw(sql).Exec(t.Context()); storage.Code(err) != "23001" {
			t.Errorf("%s of a decided norm: %v", sql, err)
		}
	}
}

func TestCallIsBoundToItsNorms(t *testing.T) {
	w := newWorld(t)
	opening := calendar.DateOf(w.details().OpensAt)
	old := w.norm(func(n *NormTyped) { n.ValidFrom = opening.AddDays(-10) })
	fresh := w.norm(func(n *NormTyped) { n.ValidFrom = opening })
	w.norm(func(n *NormTyped) { n.ValidFrom = opening.AddDays(1) })
	w.norm(func(n *NormTyped) {
		n.Content, n.ValidFrom, n.ValidTo = "6.5", opening.AddDays(-9), opening.AddDays(-1)
	})
	if _, err := w.s.ProposeNorm(w.officer, trip()); err != nil {
		t.Fatal(err)
	}
	d := w.details()
	d.Contents = []string{"6.5", "6.7"}
	if _, err := w.s.Create(w.officer, d); err == nil || errs.From(err).Fields[0].Name != "contents[1]" {
		t.Errorf("no such content: %v", err)
	}
	d.Contents = []string{"6.5", "6.2"}
	c, err := w.s.Create(w.officer, d)
	if err != nil {
		t.Fatal(err)
	}
	offered := func() []Offer {
		t.Helper()
		got, err := Get(w.officer, w.db, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		offers, err := Offers(w.officer, w.db, got)
		if err != nil || len(offers) != 2 || offers[0].Code != "6.2" || offers[0].Norm == nil || offers[1].Norm != nil {
			t.Fatalf("%+v, %v", offers, err)
		}
		return offers
	}
	if n := offered()[0].Norm; n.ID != fresh.ID || n.ID == old.ID {
		t.Errorf("a draft shows the norm from %s", n.ValidFrom)
	}
	if err := w.s.Approve(w.head, c.ID); err != nil {
		t.Fatal(err)
	}
	w.norm(func(n *NormTyped) { n.ValidFrom = opening })
	if n := offered()[0].Norm; n.ID != fresh.ID {
		t.Errorf("an approved call moved to the norm %s", n.ID)
	}
	for _, sql := range []string{"DELETE FROM call_norms", "UPDATE call_norms SET norm_id = '" + old.ID.String() + "'",
		"INSERT INTO call_norms SELECT call_id, '" + old.ID.String() + "' FROM call_norms"} {
		if _, err := w.db.NewRaw(sql).Exec(t.Context()); storage.Code(err) != "23001" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestNormPages(t *testing.T) {
	w := newWorld(t)
	site := webtest.New(t, w.db, w.acc, w.s.Routes)
	applicant := w.person(access.Applicant)
	site.Get(context.Background(), "/cost-norms").Status(200).Has("Techfest").Has("Kế hoạch 151/KH-UBND, nội dung 6, gạch đầu dòng 2").Has("Chưa có định mức").Lacks("Đề xuất định mức")
	in := url.Values{"content": {"6.2"}, "kind": {PartFunding}, "unit_vi": {"chuyến"}, "unit_en": {"trip"}, "cap_unit": {"5.000.000"}, "cap_year": {"12.000.000"},
		"beneficiaries": {"2"}, "max_share": {""}, "source": {"Số minh họa, không phải quy định"}, "valid_from": {"01/01/2026"}, "valid_to": {"31/12/2026"}}
	site.Post(applicant, "/cost-norms", in).Status(403)
	site.Post(w.officer, "/cost-norms", in).Status(422).Has("Ghi tỷ lệ hỗ trợ tối đa")
	in.Set("max_share", "50,5")
	site.Post(w.officer, "/cost-norms", in).Location("/cost-norms")
	site.Get(applicant, "/cost-norms").Status(200).Lacks("5.000.000")
	site.Get(w.head, "/cost-norms").Status(200).Has("5.000.000").Has("50,5%").Has("Duyệt")
	var id string
	if err := w.db.NewRaw("SELECT id FROM cost_norms").Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	site.Post(w.officer, "/cost-norms/"+id+"/decide", url.Values{"answer": {"approve"}, "remark": {""}}).Status(403)
	site.Post(w.head, "/cost-norms/"+id+"/decide", url.Values{"answer": {"refuse"}, "remark": {""}}).Status(422).Has("Ghi lý do không duyệt")
	site.Post(w.head, "/cost-norms/"+id+"/decide", url.Values{"answer": {"approve"}, "remark": {""}}).Location("/cost-norms")
	site.Get(applicant, "/cost-norms").Status(200).Has("5.000.000").Has("Cần xác minh").Has("từ 01/01/2026 đến hết 31/12/2026")

	call := w.form()
	call.Set("contents[29]", "6.2")
	path := site.Post(w.officer, "/calls/draft", call).Status(303).Header.Get("Location")
	site.Get(w.officer, path).Status(200).Has("không quá 5.000.000")
	site.Get(w.officer, path+"/edit").Status(200).Has(`value="6.2" checked`)
	site.Get(w.officer, path+"/copy").Status(200).Has(`value="6.2" checked`)
}
