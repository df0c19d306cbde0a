package budget

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

// manyLines is a file of a root and n lines below it, each with 1,000 đồng.
func manyLines(n int) []string {
	rows := []string{"code,parent_code,name_vi,name_en,source_code,amount",
		fmt.Sprintf("NS,,Ngân sách tỉnh,Provincial budget,NS,%d", 1000*n)}
	for i := range n - 1 {
		rows = append(rows, fmt.Sprintf("NS.%05d,NS,Nhiệm vụ %d,Task %d,,1.000", i+1, i+1, i+1))
	}
	return rows
}

func csvOf(rows []string) *strings.Reader { return strings.NewReader(strings.Join(rows, "\n") + "\n") }

func TestTenThousandAllocations(t *testing.T) {
	o := open(t)
	m, err := o.svc.LoadLines(o.officer, 2027, "phan-bo.csv", csvOf(manyLines(MaxRows)))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := o.svc.ConfirmLines(o.chief, m.ID, m.Version, "15/QĐ-STC", decided); err != nil {
		t.Fatal(err)
	}
	t.Logf("10,000 lines opened and allocated in %s", time.Since(start).Round(time.Millisecond))
	tree, err := o.svc.Tree(o.officer, 2027)
	if err != nil || len(tree.Roots) != 1 || tree.Roots[0].Line.Lines != MaxRows-1 || !tree.Total.Authorised.Equal(money.VND(10_000_000)) ||
		!tree.Total.Allocated.Equal(money.VND(9_999_000)) {
		t.Fatalf("tree %+v, %v", tree.Total, err)
	}
	more := []string{"code,amount", "NS,9.999.000"}
	for i := range MaxRows - 1 {
		more = append(more, fmt.Sprintf("NS.%05d,1000", i+1))
	}
	m, err = o.svc.LoadLines(o.officer, 2027, "phan-bo-2.csv", csvOf(more))
	if err != nil {
		t.Fatal(err)
	}
	start = time.Now()
	if err := o.svc.ConfirmLines(o.chief, m.ID, m.Version, "16/QĐ-STC", decided); err != nil {
		t.Fatal(err)
	}
	t.Logf("10,000 allocations to lines that stand in %s", time.Since(start).Round(time.Millisecond))
	verified(t, o.db)
}

func TestOneWrongRow(t *testing.T) {
	o := open(t)
	rows := manyLines(MaxRows)
	rows[7000] = strings.Replace(rows[7000], "1.000", "mười", 1)
	_, err := o.svc.LoadLines(o.officer, 2027, "a.csv", csvOf(rows))
	if x := errs.From(err); x.Kind != errs.Invalid || len(x.Fields) == 0 || x.Fields[0].Name != "rows[7001].amount" {
		t.Fatalf("one wrong row = %v %+v", err, x.Fields)
	}
	for i := 1; i <= 300; i++ {
		rows[i] = "?" + rows[i]
	}
	_, err = o.svc.LoadLines(o.officer, 2027, "a.csv", csvOf(rows))
	if x := errs.From(err); len(x.Fields) != maxWrong {
		t.Errorf("%d of 300 mistakes are named", len(x.Fields))
	}
	if _, err := o.svc.LoadLines(o.officer, 2027, "a.csv", csvOf(manyLines(MaxRows+1))); !errors.Is(err, ErrTooManyRows) {
		t.Errorf("a row too many = %v", err)
	}
	if n, err := o.db.NewSelect().Model((*Import)(nil)).Count(t.Context()); err != nil || n != 0 {
		t.Errorf("%d imports kept, %v", n, err)
	}
	// one parent has one đồng too little by the time of the confirmation: nothing of 99 rows happens
	m, err := o.svc.LoadLines(o.officer, 2027, "a.csv", csvOf(append(manyLines(98), "NS.99999,NS,Thêm,More,,1.001")))
	if err != nil {
		t.Fatal(err)
	}
	err = o.svc.ConfirmLines(o.chief, m.ID, m.Version, "1/QĐ", decided)
	if x := errs.From(err); !errors.Is(err, ledger.ErrInsufficient) || len(x.Fields) == 0 || x.Fields[0].Name != "rows[100].amount" {
		t.Fatalf("one đồng over = %v %+v", err, x.Fields)
	}
	if n, err := o.db.NewSelect().Model((*Line)(nil)).Count(t.Context()); err != nil || n != 0 {
		t.Errorf("%d lines, %v", n, err)
	}
}

func TestWhatOfAFileMustBeMended(t *testing.T) {
	o := open(t)
	o.root(t, "A", 100)
	const head = "code,parent_code,name_vi,name_en,source_code,programme_code,chapter,category,unit_code,sub_source,amount\n"
	for _, c := range []struct{ name, row, want string }{
		{"no code", ",,Tên,Name,NS,,,,,,5", "code"},
		{"no name", "B,,,Name,NS,,,,,,5", "name_vi"},
		{"no parent", "B,Z,Tên,Name,,,,,,,5", "parent_code"},
		{"another parent", "A,Z,,,,,,,,,5", "parent_code"},
		{"source", "B,,Tên,Name,XX,,,,,,5", "source_code"},
		{"a root without money", "B,,Tên,Name,NS,,,,,,0", "amount"},
		{"negative", "B,A,Tên,Name,,,,,,,-5", "amount"},
		{"too much", "B,,Tên,Name,NS,,,,,,1000000000000000", "amount"},
		{"a chapter of no list", "B,A,Tên,Name,,,417,,,,5", "chapter"},
		{"a category of another year", "B,A,Tên,Name,,,,100,,,5", "category"},
		{"unit", "B,A,Tên,Name,,,,,XYZ,,5", "unit_code"},
		{"sub-source", "B,A,Tên,Name,,,,,,NOBODY,5", "sub_source"},
		{"an empty row", ",,,,,,,,,,", "code"},
	} {
		_, err := o.svc.LoadLines(o.officer, 2026, "a.csv", strings.NewReader(head+c.row+"\n"))
		if x := errs.From(err); x.Kind != errs.Invalid || len(x.Fields) == 0 || x.Fields[0].Name != "rows[2]."+c.want {
			t.Errorf("%s = %v %+v", c.name, err, x.Fields)
		}
	}
	_, err := o.svc.LoadLines(o.officer, 2026, "a.csv", strings.NewReader(head+"B,A,Tên,Name,,,,,,,5\nB,A,Tên,Name,,,,,,,5\n"))
	if x := errs.From(err); len(x.Fields) == 0 || x.Fields[0].Name != "rows[3].code" {
		t.Errorf("a code twice = %v", x.Fields)
	}
	for name, content := range map[string]string{"nothing": "", "a head alone": head, "another file": "%PDF-1.7", "no column of ours": "a,b\n1,2\n", "not UTF-8": "code,amount\n\xff\xfe,1\n"} {
		if _, err := o.svc.LoadLines(o.officer, 2026, "a.csv", strings.NewReader(content)); errs.From(err).Kind != errs.Invalid {
			t.Errorf("%s = %v", name, err)
		}
	}
	if _, err := o.svc.LoadLines(o.officer, 1999, "a.csv", strings.NewReader(head+"B,,Tên,Name,NS,,,,,,5\n")); errs.From(err).Kind != errs.Invalid {
		t.Errorf("a year before ours = %v", err)
	}
}

// TestNameOfAFile reads a file only when its name and its content are of one kind.
func TestNameOfAFile(t *testing.T) {
	b := openBureau(t)
	var book bytes.Buffer
	file, err := templateFile("mau", codeColumns)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := book.ReadFrom(file.Body); err != nil {
		t.Fatal(err)
	}
	e := b.draft(t)
	for _, c := range []struct {
		name, content string
		want          error
	}{
		{"ma.exe", newChapters, ErrImportName}, {"ma", newChapters, ErrImportName}, {"ma.csv.exe", newChapters, ErrImportName}, {"ma.xlsx", newChapters, ErrImportName},
		{"ma.csv", book.String(), ErrImportName}, {"ma.exe", book.String(), ErrImportName}, {"ma.XLSX", book.String(), ErrImportEmpty}, {"ma.CSV", newChapters, nil},
	} {
		if _, err := b.svc.LoadCodes(b.officer, c.name, strings.NewReader(c.content)); !errors.Is(err, c.want) {
			t.Errorf("codes of %s = %v, not %v", c.name, err, c.want)
		}
		if c.want != ErrImportName {
			continue
		}
		if _, err := b.svc.LoadLines(b.officer, 2026, c.name, strings.NewReader(c.content)); !errors.Is(err, c.want) {
			t.Errorf("lines of %s = %v", c.name, err)
		}
		if _, err := b.svc.ImportRows(b.drafter, e.ID, c.name, strings.NewReader(c.content)); !errors.Is(err, c.want) {
			t.Errorf("rows of %s = %v", c.name, err)
		}
	}
	_, err = b.svc.LoadCodes(b.officer, "a.csv", strings.NewReader("a,b\n1,2\n"))
	if got := errs.From(err); !errors.Is(err, ErrImportColumns) || len(got.Args) != 1 || !strings.Contains(fmt.Sprint(got.Args[0]), "valid_from") {
		t.Errorf("the words of missing columns = %v %v", err, got.Args)
	}
}

func TestImportNeedsTwo(t *testing.T) {
	o := open(t)
	const content = "code,parent_code,name_vi,name_en,source_code,amount\nNS,,Ngân sách,Budget,NS,999.999.999.999.999\n"
	if _, err := o.svc.LoadLines(o.chief, 2027, "a.csv", strings.NewReader(content)); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the chief accountant loads = %v", err)
	}
	m, err := o.svc.LoadLines(o.officer, 2027, "a.csv", strings.NewReader(content))
	if err != nil || !m.Total.Equal(money.VND(999_999_999_999_999)) {
		t.Fatalf("%+v, %v", m, err)
	}
	again, err := o.svc.LoadLines(o.officer2, 2027, "b.csv", strings.NewReader(content))
	if err != nil || again.ID != m.ID {
		t.Fatalf("the same content = %+v, %v", again, err)
	}
	for who, ctx := range map[string]error{"the loader": o.svc.ConfirmLines(o.officer, m.ID, m.Version, "1/QĐ", decided), "a colleague": o.svc.ConfirmLines(o.officer2, m.ID, m.Version, "1/QĐ", decided)} {
		if !errors.Is(ctx, access.ErrForbidden) && !errors.Is(ctx, access.ErrNotMaker) {
			t.Errorf("%s confirms = %v", who, ctx)
		}
	}
	if err := o.svc.ConfirmLines(o.chief, m.ID, m.Version+1, "1/QĐ", decided); !errors.Is(err, errs.ErrStale) {
		t.Errorf("another version = %v", err)
	}
	if err := o.svc.ConfirmLines(o.chief, m.ID, m.Version, "", calendar.Date{}); errs.From(err).Kind != errs.Invalid {
		t.Errorf("without a decision = %v", err)
	}
	if err := o.svc.ConfirmCodes(o.chief, m.ID, m.Version, "1/QĐ", decided); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("as a code list = %v", err)
	}
	got := make([]error, 2)
	var wait sync.WaitGroup
	for i := range got {
		wait.Add(1)
		go func() { defer wait.Done(); got[i] = o.svc.ConfirmLines(o.chief, m.ID, m.Version, "1/QĐ", decided) }()
	}
	wait.Wait()
	if (got[0] == nil) == (got[1] == nil) || !errors.Is(errors.Join(got...), ErrImportDecided) {
		t.Fatalf("two at once = %v", got)
	}
	if err := o.svc.DeclineImport(o.chief, m.ID, m.Version+1, ImportLines, "x"); !errors.Is(err, ErrImportDecided) {
		t.Errorf("declined afterwards = %v", err)
	}
	if tree, err := o.svc.Tree(o.officer, 2027); err != nil || !tree.Total.Authorised.Equal(money.VND(999_999_999_999_999)) {
		t.Errorf("tree %+v, %v", tree.Total, err)
	}
	other, err := o.svc.LoadLines(o.officer, 2028, "a.csv", strings.NewReader(content))
	if err != nil || other.ID == m.ID {
		t.Fatalf("of another year = %v", err)
	}
	if err := o.svc.DeclineImport(o.chief, other.ID, other.Version, ImportLines, "sai năm"); err != nil {
		t.Fatal(err)
	}
	if fresh, err := o.svc.LoadLines(o.officer, 2028, "a.csv", strings.NewReader(content)); err != nil || fresh.ID == other.ID {
		t.Errorf("after it was declined = %v", err)
	}
}

func TestWorkbook(t *testing.T) {
	o := open(t)
	f := excelize.NewFile()
	for i, row := range [][]any{{"Mã", "Mã cấp trên", "Tên (tiếng Việt)", "Tên (tiếng Anh)", "Nguồn", "Số tiền"}, {"NS", "", "Ngân sách", "Budget", "NS", 999999999999999},
		{"NS.1", "NS", "Một", "One", "", 500}, {"NS.2", "NS", "Hai", "Two", "", "1.000"}} {
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow("Sheet1", at, &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	m, err := o.svc.LoadLines(o.officer, 2027, "a.xlsx", bytes.NewReader(b.Bytes()))
	if x := errs.From(err); !errors.Is(err, ErrTotal) && len(x.Fields) == 0 {
		t.Fatalf("more than all in one file = %+v, %v", m, err)
	}
	if err := f.SetCellValue("Sheet1", "F2", 999999999998499); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if m, err = o.svc.LoadLines(o.officer, 2027, "a.xlsx", bytes.NewReader(b.Bytes())); err != nil || m.RowCount != 3 || !m.Total.Equal(money.Max) {
		t.Fatalf("a workbook = %+v, %v", m, err)
	}
	for s, want := range map[string]string{"9.99999999999999E+14": "999999999999999", "1.5E+0": "1.5E+0", "12": "12", "1e3": "1000"} {
		if got, whole := plainNumber(s); got != want || whole != (s != "1.5E+0") {
			t.Errorf("%s = %s, %v", s, got, whole)
		}
	}
	if d, ok := serialDay("46023"); !ok || calendar.On(1899, 12, 30).AddDays(d).String() != "2026-01-01" {
		t.Errorf("day 46023 = %v", d)
	}
}

// TestWorkbookCells reads cells as they were typed: a number is not text that looks like it, and the other way round.
func TestWorkbookCells(t *testing.T) {
	o := open(t)
	load := func(code string, amount any, formula bool) (*Import, error) {
		f := excelize.NewFile()
		for i, row := range [][]any{{"code", "name_vi", "name_en", "source_code", "amount"}, {code, "Ngân sách", "Budget", "NS", amount}} {
			at, _ := excelize.CoordinatesToCellName(1, i+1)
			if err := f.SetSheetRow("Sheet1", at, &row); err != nil {
				t.Fatal(err)
			}
		}
		if formula {
			if err := f.SetCellFormula("Sheet1", "E2", "1000*2"); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		return o.svc.LoadLines(o.officer, 2027, code+".xlsx", bytes.NewReader(b.Bytes()))
	}
	for _, c := range []struct {
		code    string
		amount  any
		formula bool
		want    int64 // 0 = refused
	}{{"5E3", 7, false, 7}, {"A", "1.234", false, 1234}, {"B", 1.234, false, 0}, {"C", 123.456, false, 0}, {"D", "1e9", false, 0}, {"E", 5e9, false, 5e9},
		{"F", nil, true, 0}, {"G", "-0", false, 0}, {"H", "1.234,5", false, 0}} {
		m, err := load(c.code, c.amount, c.formula)
		if c.want == 0 {
			if x := errs.From(err); len(x.Fields) == 0 || x.Fields[0].Name != "rows[2].amount" {
				t.Errorf("%s %v = %+v, %v", c.code, c.amount, m, err)
			}
			continue
		}
		if err != nil || !m.Total.Equal(money.VND(c.want)) || !bytes.Contains(m.Rows, []byte(strconv.Quote(c.code))) {
			t.Errorf("%s %v = %+v, %v", c.code, c.amount, m, err)
		}
	}
}

// TestWideWorkbook reads a small file that names the last column of each row: it took 141 s and 4.6 GB.
func TestWideWorkbook(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(name, text string) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	put("_rels/.rels", `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	put("xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="b"/></sheets></workbook>`)
	put("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="b" Type="x/worksheet" Target="worksheets/s.xml"/></Relationships>`)
	var rows strings.Builder
	for i := 1; i <= MaxRows+2; i++ {
		fmt.Fprintf(&rows, `<row r="%d"><c r="B%d" t="inlineStr"><is><t>x</t></is></c><c r="XFD%d"><v>1</v></c></row>`, i, i, i)
	}
	put("xl/worksheets/s.xml", "<worksheet><sheetData>"+rows.String()+"</sheetData></worksheet>")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got, _, err := readXLSX(ctx, b.Bytes())
	if err != nil || len(got) != MaxRows+2 || len(got[0]) != 2 || got[0][1] != "x" {
		t.Fatalf("%d rows, %v", len(got), err)
	}
}

const newChapters = "kind,code,name_vi,valid_from,valid_to,source,tag\nchapter,417,Sở Khoa học và Công nghệ (minh họa),01/01/2026,,Phụ lục minh họa,I\n" +
	"category,100,Khoa học và công nghệ (minh họa),2026-01-01,30/06/2026,Phụ lục minh họa,I\n"

func TestCodesOfAnImport(t *testing.T) {
	o := open(t)
	if _, err := o.svc.LoadCodes(o.chief, "a.csv", strings.NewReader(newChapters)); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the chief accountant loads codes = %v", err)
	}
	m, err := o.svc.LoadCodes(o.officer, "a.csv", strings.NewReader(newChapters))
	if err != nil {
		t.Fatal(err)
	}
	plan := PlanInput{Year: 2026, Code: "NS", NameVI: "a", NameEN: "b", SourceCode: StateBudget, Chapter: "417", Amount: money.VND(100)}
	if _, err := o.svc.Plan(o.officer, plan); errs.From(err).Kind != errs.Invalid {
		t.Errorf("a code before its list is confirmed = %v", err)
	}
	if err := o.svc.ConfirmCodes(o.officer2, m.ID, m.Version, "130/2025/TT-BTC", decided); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("an officer confirms = %v", err)
	}
	if err := o.svc.ConfirmCodes(o.chief, m.ID, m.Version, "130/2025/TT-BTC", decided); err != nil {
		t.Fatal(err)
	}
	l, err := o.svc.Plan(o.officer, plan)
	if err != nil {
		t.Fatalf("a code of the new list = %v", err)
	}
	plan.Year = 2025
	if _, err := o.svc.Plan(o.officer, plan); errs.From(err).Kind != errs.Invalid {
		t.Errorf("in the year before it = %v", err)
	}
	if err := o.svc.Approve(o.chief, l.ID, l.Version, "1/QĐ", decided); err != nil {
		t.Fatalf("money on a line of valid codes = %v", err)
	}
	for _, c := range []struct{ day, category string }{{"2025-12-31", "valid"}, {"2026-01-01", "valid"}, {"2026-06-30", "valid"}, {"2026-07-01", "not"}} {
		var ok bool
		if err := o.db.NewRaw("SELECT budget_code_valid('category', '100', ?)", c.day).Scan(t.Context(), &ok); err != nil || ok != (c.category == "valid") {
			t.Errorf("100 on %s: %v, %v", c.day, ok, err)
		}
	}
	for year, want := range map[int]string{2016: "empty", 2017: "[2017-02-04,)", 2018: "(,)", 2025: "(,)", 2026: "(,2026-07-01)", 2027: "empty"} {
		var days string
		if err := o.db.NewRaw("SELECT budget_code_days('category', '100', ?)::text", year).Scan(t.Context(), &days); err != nil || days != want {
			t.Errorf("100 in %d: %s, want %s (%v)", year, days, want, err)
		}
	}
}

// TestPostingOutsideTheDaysOfACode: the ledger refuses what is dated when a code of the line no longer holds.
func TestPostingOutsideTheDaysOfACode(t *testing.T) {
	o := open(t)
	m, err := o.svc.LoadCodes(o.officer, "a.csv", strings.NewReader(newChapters))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.svc.ConfirmCodes(o.chief, m.ID, m.Version, "130/2025/TT-BTC", decided); err != nil {
		t.Fatal(err)
	}
	l, err := o.svc.Plan(o.officer, PlanInput{Year: 2026, Code: "NS", NameVI: "a", NameEN: "b", SourceCode: StateBudget, Dims: Dims{Category: "100"}, Amount: money.VND(100)})
	if err != nil {
		t.Fatal(err)
	}
	post := func(day string) error {
		at, err := time.Parse("2006-01-02 15:04", day+" 05:00")
		if err != nil {
			t.Fatal(err)
		}
		_, err = ledger.Post(t.Context(), o.db, ledger.Journal{Book: "BUDGET", Kind: "appropriate", On: at, Key: "k" + day, Document: ledger.Ref{Kind: "x", ID: l.ID, No: "1"},
			Actor: access.From(o.officer).ID, Approver: access.From(o.chief).ID, Moves: []ledger.Move{{Line: l.ControlLine, From: ledger.Source, To: ledger.Available, Amount: money.VND(1)}}})
		return err
	}
	if err := post("2026-06-30"); err != nil {
		t.Errorf("on its last day = %v", err)
	}
	if err := post("2026-07-01"); !errors.Is(err, ledger.ErrCode) {
		t.Errorf("the day after = %v", err)
	}
	longer := strings.Replace(newChapters, "30/06/2026", "", 1)
	if m, err = o.svc.LoadCodes(o.officer, "b.csv", strings.NewReader(longer)); err != nil {
		t.Fatal(err)
	}
	if err := o.svc.ConfirmCodes(o.chief, m.ID, m.Version, "131/2025/TT-BTC", decided); err != nil {
		t.Fatal(err)
	}
	if err := post("2026-07-01"); err != nil {
		t.Errorf("after the next edition = %v", err)
	}
}

func TestWhatOfACodeMustBeMended(t *testing.T) {
	o := open(t)
	const head = "kind,code,parent,name_vi,valid_from,valid_to,source,tag\n"
	for _, c := range []struct{ name, row, want string }{
		{"list", "chuong,417,,a,2026-01-01,,x,", "kind"}, {"form", "chapter,41,,a,2026-01-01,,x,", "code"}, {"parent", "category,101,100,a,2026-01-01,,x,", "parent"},
		{"name", "chapter,417,,,2026-01-01,,x,", "name_vi"}, {"from", "chapter,417,,a,,,x,", "valid_from"}, {"day", "chapter,417,,a,32/01/2026,,x,", "valid_from"},
		{"to", "chapter,417,,a,2026-01-02,2026-01-01,x,", "valid_to"}, {"document", "chapter,417,,a,2026-01-01,,,", "source"}, {"tag", "chapter,417,,a,2026-01-01,,x,Q", "tag"},
	} {
		_, err := o.svc.LoadCodes(o.officer, "a.csv", strings.NewReader(head+c.row+"\n"))
		if x := errs.From(err); x.Kind != errs.Invalid || len(x.Fields) == 0 || x.Fields[0].Name != "rows[2]."+c.want {
			t.Errorf("%s = %v %+v", c.name, err, x.Fields)
		}
	}
}

func TestImportPages(t *testing.T) {
	o := open(t)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	w.Get(o.officer, "/budget-imports").Status(200).Has("Chưa có tệp nào")
	w.Get(o.officer, "/budget-imports/new").Status(200).Has("amount *", "code *")
	w.Get(o.officer, "/budget-imports/lines.xlsx").Status(200)
	w.Get(o.officer, "/budget-imports/codes.xlsx").Status(200)
	w.Get(o.chief, "/budget-imports/new").Status(403)
	w.Upload(o.officer, "/budget-imports", url.Values{"year": {"2027"}}, "file", "a.csv", []byte("code,parent_code,name_vi,name_en,source_code,amount\nNS,,Ngân sách,Budget,NS,mười\n")).
		Status(422).Has("Dòng 2, cột Số tiền")
	bad := []byte("code,parent_code,name_vi,name_en,source_code,amount\nNS,,Ngân sách,Budget,NS,mười\n")
	w.APIFile(o.officer, "/budget-imports", url.Values{"year": {"2027"}}, "a.csv", bad).Status(422).Has("urn:kinhbac:errs.invalid", "Dòng 2, cột Số tiền: Nhập số tiền bằng đồng").Lacks("lớn hơn 0") // once a cell
	w.APIFile(o.officer, "/budget-imports", url.Values{"year": {"2027"}}, "a.csv", bytes.Replace(bad, []byte("mười"), []byte("0"), 1)).Status(422).Has("lớn hơn 0")
	w.APIFile(o.officer, "/budget-imports", url.Values{"year": {"hai"}}, "a.csv", bad).Status(422).Has(`"year"`)
	w.APIFile(o.officer, "/budget-imports", url.Values{"year": {"2027"}, "_csrf": {"x"}}, "a.csv", bad).Status(422).Has("_csrf")
	w.APIFile(o.chief, "/budget-imports", url.Values{"year": {"2027"}}, "a.csv", bad).Status(403)
	w.API(o.officer, "POST", "/budget-imports", map[string]int{"year": 2027}, nil).Status(422).Has(`"file"`)
	a := w.Upload(o.officer, "/budget-imports", url.Values{"year": {"2027"}}, "file", "a.csv", []byte("code,parent_code,name_vi,name_en,source_code,amount\nNS,,Ngân sách,Budget,NS,999.999.999.999.999\n")).Status(303)
	var m Import
	if err := o.db.NewSelect().Model(&m).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := "/budget-imports/" + m.ID.String()
	a.Location(at)
	w.Get(o.officer, at).Status(200).Has("999.999.999.999.999").Lacks("Xác nhận</button>")
	if tasks, err := o.svc.Tasks(o.chief); err != nil || len(tasks) != 1 || tasks[0].Href != at {
		t.Errorf("tasks %+v, %v", tasks, err)
	}
	w.Get(o.chief, at).Status(200).Has("Xác nhận")
	w.Post(o.chief, at+"/confirm", url.Values{"version": {"1"}, "decision_no": {"15/QĐ-STC"}, "decided_on": {""}}).Status(422)
	w.Post(o.chief, at+"/confirm", url.Values{"version": {"1"}, "decision_no": {"15/QĐ-STC"}, "decided_on": {"12/12/2025"}}).Location(at)
	w.Get(o.chief, at).Status(200).Has("Đã ghi sổ")
	w.Get(o.officer, "/budget-imports").Status(200).Has("a.csv")
	w.API(o.officer, "GET", "/budget-imports", nil, nil).Status(200).Has(`"total":"999999999999999"`)
	w.APIFile(o.officer, "/budget-codes/import", nil, "c.csv", []byte("xin chào")).Status(422)
	csrf := web.CSRFToken("session-of-" + access.From(o.officer).ID.String())
	once := func(content string, headers ...string) *webtest.Answer {
		h := map[string]string{}
		for i := 0; i < len(headers); i += 2 {
			h[headers[i]] = headers[i+1]
		}
		return w.APIFileWith(o.officer, "/budget-codes/import", nil, "c.csv", []byte(content), h)
	}
	once(newChapters, "Idempotency-Key", "k-1").Status(403)                    // no token
	once(newChapters, "X-CSRF-Token", csrf).Status(422).Has("web.key_missing") // no key
	first := once(newChapters, "X-CSRF-Token", csrf, "Idempotency-Key", "k-1").Status(200).Has(`"rows":`)
	if again := once(newChapters, "X-CSRF-Token", csrf, "Idempotency-Key", "k-1").Status(200); again.Body != first.Body {
		t.Errorf("the same file twice under one key: %s, then %s", first.Body, again.Body)
	}
	once(newChapters+"\n", "X-CSRF-Token", csrf, "Idempotency-Key", "k-1").Status(422) // another file under it
	w.Get(o.officer, "/budget-codes").Status(200).Has("Khoa học và công nghệ").Has("cần xác minh").Lacks("minh họa</span>")
	if err := o.db.NewSelect().Model(&m).Where("bi.kind = 'codes'").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	at = "/budget-imports/" + m.ID.String()
	w.Get(o.chief, at).Status(200).Has("417").Has("minh họa")
	w.Post(o.chief, at+"/confirm-codes", url.Values{"version": {"1"}, "decision_no": {"130/2025/TT-BTC"}, "decided_on": {"24/12/2025"}}).Location(at)
	w.Get(o.officer, "/budget-codes?kind=chapter&on=01/03/2026").Status(200).Has("417").Has("minh họa").Lacks("Khoảng mã Chương cơ quan cấp tỉnh")
	w.Get(o.officer, "/budget-codes?on=hôm").Status(422)
	w.Get(o.officer, "/budget-codes.csv").Status(200)
	w.Get(o.officer, "/budget-codes.xlsx?kind=chapter").Status(200)
	w.API(o.officer, "GET", "/budget-codes?kind=level", nil, nil).Status(200).Has("cấp tỉnh")
	w.Get(o.officer, "/budget-sources").Status(200).Has("Chưa có nguồn chi tiết")
	donor := url.Values{"source_code": {"TT"}, "code": {"TT-1"}, "name_vi": {"Tài trợ vườn ươm"}, "name_en": {"Incubator sponsorship"}, "donor": {""}, "purpose": {"nâng cấp vườn ươm"}}
	w.Post(o.officer, "/budget-sources", donor).Status(422).Has("Nhập tên nhà tài trợ")
	donor.Set("donor", "Doanh nghiệp A")
	w.Post(o.chief, "/budget-sources", donor).Status(403)
	w.Post(o.officer, "/budget-sources", donor).Location("/budget-sources")
	w.Post(o.officer, "/budget-sources", donor).Status(409)
	var source SubSource
	if err := o.db.NewSelect().Model(&source).Limit(1).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.svc.KeepFiles(file.NewStore(t.TempDir()))
	var pixel bytes.Buffer
	if err := png.Encode(&pixel, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	w.APIFile(o.officer, "/budget-sources/"+source.ID.String()+"/files", nil, "thoa-thuan.png", pixel.Bytes()).Status(200).Has("thoa-thuan.png")
	w.Get(o.chief, "/budget-sources").Status(200).Has("nâng cấp vườn ươm")
	w.API(o.chief, "GET", "/budget-sources", nil, nil).Status(200).Has("TT-1")
}

func TestTenThousandTasks(t *testing.T) {
	b := openBureau(t)
	e := b.draft(t)
	rows := []string{"task_vi,task_en,unit_code,source_code,programme_code,asked,explanation"}
	for i := range MaxRows {
		rows = append(rows, fmt.Sprintf("Nhiệm vụ %d,Task %d,KHCN,NS,CT%d,1.000,theo kế hoạch", i, i, 4+i%2))
	}
	start := time.Now()
	if n, err := b.svc.ImportRows(b.drafter, e.ID, "a.csv", csvOf(rows)); err != nil || n != MaxRows {
		t.Fatal(n, err)
	}
	t.Logf("10,000 tasks in %s", time.Since(start).Round(time.Millisecond))
	if _, err := b.svc.ImportRows(b.drafter, e.ID, "a.csv", csvOf(rows[:2])); !errors.Is(err, ErrTooManyRows) {
		t.Errorf("a task too many = %v", err)
	}
	e = b.confirmed(t, b.fresh(t, e))
	start = time.Now()
	if err := b.svc.Assign(b.leader, e.ID, e.Version, "2406/QĐ-UBND", decided); err != nil {
		t.Fatal(err)
	}
	t.Logf("10,000 tasks assigned in %s", time.Since(start).Round(time.Millisecond))
}
