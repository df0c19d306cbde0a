package ledger

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// A machine may speak no UTF-8 of its own: the other programs read the books in the locale they are given.
func init() {
	if err := os.Setenv("LC_ALL", "C.UTF-8"); err != nil {
		panic(err)
	}
}

// tool finds a program of the machine. Only a missing one lets the test be left out, and not in CI.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: apt-get install %[1]s", name)
		}
		t.Skipf("%s is missing: apt-get install %[1]s", name)
	}
	return path
}

// kept makes a small house of books over two years: stages of two lines, payments, a fund, amounts to the largest.
func kept(t *testing.T) *bun.DB {
	t.Helper()
	db := dbtest.New(t)
	big := int64(999_999_999_999_999)
	a, b := line(t, db, 0), line(t, db, 0)
	post := func(j Journal) {
		t.Helper()
		if _, err := Post(t.Context(), db, j); err != nil {
			t.Fatal(err)
		}
	}
	at := func(year int, month time.Month, day int, j Journal) Journal {
		j.On = time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
		return j
	}
	post(at(2026, 1, 31, journal("appropriate", Move{a, Source, Available, money.VND(big)})))
	post(at(2026, 2, 1, journal("appropriate", Move{b, Source, Available, money.VND(500)})))
	post(at(2026, 2, 28, journal("commit", Move{a, Available, Committed, money.VND(big - 1)})))
	j := at(2026, 3, 5, journal("reserve", Move{b, Available, Reserved, money.VND(200)}))
	j.Document.No, j.Reason = `12/QĐ-UBND "ngày; 05/03 | 2026", số 2\`, "dòng một\ndòng hai; x = 1"
	post(j)
	if err := OpenBook(t.Context(), db, "FUND/BN.1_a-b", []Account{{"cash", "Tiền", "Cash", "asset"}, {"capital", "Vốn", "Capital", "equity"}}); err != nil {
		t.Fatal(err)
	}
	dim := Dim{Year: 2026, SourceCode: "NS", Organisation: uuid.New()}
	for i, month := range []time.Month{1, 3, 12} {
		post(at(2026, month, 15, Journal{Book: "ACTUAL", Kind: "pay", Document: paper, Key: uuid.NewString(), Actor: maker, Approver: checker, Legs: []Leg{
			{Account: "grant_expense", Dim: dim, Amount: money.VND(int64(1000 + i))}, {Account: "cash_treasury", Dim: dim, Amount: money.VND(int64(-1000 - i))}}}))
	}
	post(at(2026, 12, 31, Journal{Book: "FUND/BN.1_a-b", Kind: "contribute", Document: paper, Key: "c", Actor: maker, Approver: checker, Legs: []Leg{
		{Account: "cash", Amount: money.VND(big)}, {Account: "capital", Amount: money.VND(-big)}}}))
	march, end := calendar.On(2026, 3, 10), calendar.On(2026, 3, 31)
	r := rate(t, db, march, "25347.5")
	want(t, "open", OpenCurrency(t.Context(), db, "ACTUAL", "USD", "cash_bank", "sponsorship"), nil)
	post(Journal{Book: "ACTUAL", Kind: "sponsor", On: march.Start(), Document: paper, Key: uuid.NewString(), Actor: maker, Approver: checker, Reason: "tài trợ",
		Foreign: []ForeignLeg{usd("cash_bank", "33.33", r, Accounting), usd("sponsorship", "-33.33", r, Accounting)}})
	_, _, err := Revalue(t.Context(), db, Revaluation{Book: "ACTUAL", Currency: "USD", Month: march, Rate: rate(t, db, end, "26000"), Document: paper, Key: "march",
		Actor: maker, Approver: checker, Reason: "cuối tháng"})
	want(t, "revalue", err, nil)
	p, err := Post(t.Context(), db, at(2027, 1, 4, Journal{Book: "ACTUAL", Kind: "pay", Document: paper, Key: "n", Actor: maker, Approver: checker, Legs: []Leg{
		{Account: "grant_expense", Amount: money.VND(7)}, {Account: "cash_bank", Amount: money.VND(-7)}}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Reverse(t.Context(), db, Reversal{Number: p.No, On: time.Date(2027, 1, 5, 12, 0, 0, 0, time.UTC), Key: "r", Actor: maker, Approver: checker, Reason: "nhầm"}); err != nil {
		t.Fatal(err)
	}
	return db
}

// written is an extract in a file.
func written(t *testing.T, db *bun.DB, e Extract) string {
	t.Helper()
	var b bytes.Buffer
	if err := Export(t.Context(), db, &b, e); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "books."+string(e.Dialect))
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// run gives what a program prints; a failure of it fails the test.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// balancesOf reads hledger's balances by account, in the whole units of each account's one currency.
func balancesOf(t *testing.T, hledger, file string, args ...string) map[string]decimal.Decimal {
	t.Helper()
	out := run(t, hledger, append([]string{"-f", file, "balance", "--flat", "-N", "-O", "csv"}, args...)...)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]decimal.Decimal{}
	for _, r := range rows[1:] {
		number, _, _ := strings.Cut(r[1], " ")
		d, err := decimal.NewFromString(number)
		if err != nil {
			t.Fatalf("hledger says %q", r[1])
		}
		got[r[0]] = d
	}
	return got
}

// oursBy are our balances under the names of the export: real accounts from account_balances, stages from control_lines.
func oursBy(t *testing.T, db bun.IDB) map[string]decimal.Decimal {
	t.Helper()
	var rows []struct {
		Name   string
		Amount decimal.Decimal
	}
	err := db.NewRaw(`SELECT b.code || ':' || a.class || ':' || a.code || CASE WHEN a.currency = 'VND' THEN '' ELSE ':' || a.currency END AS name,
			sum(y.debit - y.credit) AS amount FROM ledger.account_balances y JOIN ledger.accounts a ON a.id = y.account_id JOIN ledger.books b ON b.id = a.book_id GROUP BY 1
		UNION ALL
		SELECT b.code || ':stage:' || v.code || ':L' || c.id, v.amount FROM ledger.control_lines c JOIN ledger.books b ON b.id = c.book_id
		 CROSS JOIN LATERAL (VALUES ('source', -c.authorised), ('available', c.authorised - c.allocated - c.reserved - c.committed - c.requested - c.advanced
		        - c.disbursed - c.returned - c.closing), ('allocated', c.allocated), ('reserved', c.reserved), ('committed', c.committed),
		        ('requested', c.requested), ('advanced', c.advanced), ('disbursed', c.disbursed), ('returned', c.returned), ('closing', c.closing)) v (code, amount)`).Scan(t.Context(), &rows)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]decimal.Decimal{}
	for _, r := range rows {
		if !r.Amount.IsZero() {
			out[r.Name] = r.Amount
		}
	}
	return out
}

func same(t *testing.T, got, want map[string]decimal.Decimal) {
	t.Helper()
	for name, w := range want {
		if g, ok := got[name]; !ok || !g.Equal(w) {
			t.Errorf("%s is %s in hledger, %s in ours", name, g, w)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is in hledger only", name)
		}
	}
}

// A program that knows nothing of ours takes the books strictly and comes to the same balances, to the đồng.
func TestHledgerComesToTheSameBalances(t *testing.T) {
	hledger := tool(t, "hledger")
	db := kept(t)
	file := written(t, db, Extract{Dialect: HLedger})
	run(t, hledger, "-f", file, "check", "--strict", "ordereddates")
	want := oursBy(t, db)
	same(t, balancesOf(t, hledger, file), want)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, say := range []string{"(NS-2026-000001)", "document:paper", "source-code:NS", "organisation:", "999999999999999 VND", "takes-back:", " == ", "33.33 USD", "worth-vnd:844832"} {
		if !strings.Contains(string(text), say) {
			t.Errorf("the export does not say %q", say)
		}
	}

	// One book, one year, and each year's opening carries on where the last ended.
	actual := map[string]decimal.Decimal{}
	for name, d := range want {
		if strings.HasPrefix(name, "ACTUAL:") {
			actual[name] = d
		}
	}
	for _, year := range []int{0, 2027} {
		file := written(t, db, Extract{Dialect: HLedger, Book: "ACTUAL", Year: year})
		run(t, hledger, "-f", file, "check", "--strict")
		same(t, balancesOf(t, hledger, file), actual)
		if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), ".0000") {
			t.Errorf("the export of %d writes more digits than there are, %v", year, err)
		}
	}
	run(t, hledger, "-f", written(t, db, Extract{Dialect: HLedger, Year: 2026}), "check", "--strict")
	if err := Export(t.Context(), db, new(bytes.Buffer), Extract{Dialect: HLedger, Book: "FUND/X"}); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a book that is not there: %v", err)
	}
	run(t, hledger, "-f", written(t, dbtest.New(t), Extract{Dialect: HLedger}), "check", "--strict") // empty books
}

// What somebody changed behind the kernel's back makes an assertion fail in the other program too.
func TestHledgerFindsWhatWasForced(t *testing.T) {
	hledger := tool(t, "hledger")
	for name, sql := range map[string]string{
		"a line":    "UPDATE ledger.control_lines SET reserved = reserved - 1 WHERE reserved > 0",
		"a balance": "UPDATE ledger.account_balances SET debit = debit + 1 WHERE debit > 0",
		"a leg":     "UPDATE ledger.postings SET amount = amount + 1 WHERE leg = 1",
	} {
		db := kept(t)
		if _, err := dbtest.Owner(t, db).ExecContext(t.Context(), "ALTER TABLE ledger.postings DISABLE TRIGGER USER; "+sql); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), hledger, "-f", written(t, db, Extract{Dialect: HLedger}), "check", "--strict").CombinedOutput(); err == nil {
			t.Errorf("%s: hledger finds nothing\n%s", name, out)
		}
	}
}

// The other languages say the same entries; their programs are asked where the machine has them.
func TestOtherDialects(t *testing.T) {
	db := kept(t)
	for _, c := range []struct {
		dialect Dialect
		program string
		args    []string
		say     []string
	}{
		{LedgerCLI, "ledger", []string{"--pedantic", "balance", "-f"}, []string{"account ACTUAL:expense:grant_expense", "; source-code: NS", "  0 VND = 500 VND"}},
		{Beancount, "bean-check", nil, []string{"open Assets:ACTUAL:Cash-treasury VND", `source-code: "NS"`, "Equity:BUDGET:Available:L", "balance Expenses:ACTUAL:Grant-expense  1000 ~ 0 VND", `\"ngày; 05/03 | 2026\", số 2\\"`}},
	} {
		file := written(t, db, Extract{Dialect: c.dialect})
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, say := range c.say {
			if !strings.Contains(string(text), say) {
				t.Errorf("%s does not say %q", c.dialect, say)
			}
		}
		if path, err := exec.LookPath(c.program); err == nil {
			run(t, path, append(c.args, file)...)
		}
	}
}

// Whatever digits a currency has are written, and no more.
func TestAmountsKeepTheirDigits(t *testing.T) {
	x := &export{units: map[string]int32{"VND": 0, "USD": 2}}
	for _, c := range []struct{ amount, currency, want string }{
		{"999999999999999", "VND", "999999999999999 VND"}, {"-1", "VND", "-1 VND"}, {"0", "USD", "0.00 USD"},
		{"1234.5", "USD", "1234.50 USD"}, {"-0.0001", "USD", "-0.0001 USD"}, {"12.34", "USD", "12.34 USD"},
	} {
		if got := x.amount(decimal.RequireFromString(c.amount), c.currency); got != c.want {
			t.Errorf("%s %s is written %q", c.amount, c.currency, got)
		}
	}
	if got := fmt.Sprint(plain("a;b|c,\n d")); got != "a.b/c d" {
		t.Errorf("plain text %q", got)
	}
}
