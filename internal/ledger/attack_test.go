package ledger

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

const (
	byHand = `INSERT INTO ledger.journals (book_id, number, kind, effective_on, period_id, document_kind, document_id, document_no,
		request_key, content_hash, leg_count, reason, actor_id, approver_id, at, digest)
		SELECT j.book_id, 'X-1', 'note', j.effective_on, j.period_id, 'paper', j.document_id, 'x', 'x', sha256('x'), 2, '', j.actor_id,
		j.approver_id, now(), sha256('x') FROM ledger.journals j ORDER BY id LIMIT 1;`
	legs = `INSERT INTO ledger.postings (journal_id, leg, account_id, dim_id, line_id, amount, currency, minor_units, effective_on)
		SELECT (SELECT max(id) FROM ledger.journals), v.*, (SELECT effective_on FROM ledger.journals ORDER BY id LIMIT 1) FROM (VALUES `
	onLine = "(1, 2, 2::bigint, 1::bigint, 5::numeric, 'VND', 0::smallint), (2, 5, 2, 1, -5, 'VND', 0)"
)

// inYear is a journal by hand in the budget year of the line.
var inYear = strings.Replace(strings.Replace(byHand, "at, digest)", "at, digest, budget_year)", 1), "sha256('x') FROM", "sha256('x'), 2026 FROM", 1)

func TestHandsOff(t *testing.T) {
	db := dbtest.New(t)
	owner := dbtest.Owner(t, db)
	id := line(t, db, 1000)
	if err := commit(t.Context(), db, id, 10); err != nil {
		t.Fatal(err)
	}
	before := state(t, db, id)
	for _, c := range []struct{ name, sql string }{
		{"update a posting", "UPDATE ledger.postings SET amount = 1"},
		{"delete a posting", "DELETE FROM ledger.postings"},
		{"truncate postings", "TRUNCATE ledger.postings"},
		{"update a journal", "UPDATE ledger.journals SET reason = ''"},
		{"delete no journal", "DELETE FROM ledger.journals WHERE false"},
		{"truncate journals", "TRUNCATE ledger.journals CASCADE"},
		{"delete a line", "DELETE FROM ledger.control_lines"},
		{"point a line elsewhere", "UPDATE ledger.control_lines SET subject_id = NULL"},
		{"raise a line over its ceiling", "UPDATE ledger.control_lines SET committed = authorised + 1"},
		{"a stage below zero", "UPDATE ledger.control_lines SET reserved = -1"},
		{"rename an account", "UPDATE ledger.accounts SET code = 'x'"},
		{"a late balanced pair", strings.Replace(legs, "max(id)", "min(id)", 1) + "(3, 1, 2::bigint, NULL::bigint, 5::numeric, 'VND', 0::smallint), (4, 2, 2, NULL, -5, 'VND', 0)) v"},
		{"legs off by one", byHand + legs + "(1, 25, 1::bigint, NULL::bigint, 5::numeric, 'VND', 0::smallint), (2, 26, 1, NULL, -4, 'VND', 0)) v"},
		{"one leg of two", byHand + legs + "(1, 25, 1::bigint, NULL::bigint, 5::numeric, 'VND', 0::smallint)) v"},
		{"accounts of another book", byHand + legs + "(1, 25, 1::bigint, NULL::bigint, 5::numeric, 'VND', 0::smallint), (2, 26, 1, NULL, -5, 'VND', 0)) v"},
		{"half a đồng", byHand + legs + "(1, 2, 2::bigint, 1::bigint, 0.5, 'VND', 0::smallint), (2, 5, 2, 1, -0.5, 'VND', 0)) v"},
		{"two decimals for đồng", byHand + legs + "(1, 2, 2::bigint, 1::bigint, 0.5, 'VND', 2::smallint), (2, 5, 2, 1, -0.5, 'VND', 2)) v"},
		{"a currency the account has not", byHand + legs + "(1, 2, 2::bigint, 1::bigint, 5::numeric, 'USD', 2::smallint), (2, 5, 2, 1, -5, 'USD', 2)) v"},
		{"NaN", byHand + legs + "(1, 2, 2::bigint, 1::bigint, 'NaN'::numeric, 'VND', 0::smallint), (2, 5, 2, 1, 'NaN', 'VND', 0)) v"},
		{"a closed month", "UPDATE ledger.periods SET state = 'closed';" + byHand},
		{"a day outside the period", strings.Replace(byHand, "SELECT j.book_id, 'X-1', 'note', j.effective_on", "SELECT j.book_id, 'X-1', 'note', j.effective_on - 40", 1)},
		{"a closed year", "UPDATE ledger.budget_years SET state = 'closed' WHERE year = 2026;" + inYear},
		{"a kind an adjusting year does not take", "UPDATE ledger.budget_years SET state = 'adjusting' WHERE year = 2026;" + inYear},
		{"a line of another year than the journal's", byHand + legs + onLine + ") v"},
		{"legs of another day", strings.Replace(inYear+legs+onLine+") v", "ORDER BY id LIMIT 1) FROM", "ORDER BY id LIMIT 1) - 1 FROM", 1)},
		{"a correction of nothing", strings.Replace(inYear, "'note', j.effective_on", "'correct', j.effective_on", 1)},
		{"more back than was put", strings.Replace(strings.Replace(strings.Replace(inYear, "'note', j.effective_on", "'correct', j.effective_on", 1),
			"budget_year)", "budget_year, adjusts_id)", 1), "2026 FROM", "2026, 2 FROM", 1) + legs + "(1, 2, 2::bigint, 1::bigint, 11::numeric, 'VND', 0::smallint), (2, 5, 2, 1, -11, 'VND', 0)) v"},
		{"a foreign leg without its worth", byHand + legs + "(1, 25, 1::bigint, NULL::bigint, 5::numeric, 'USD', 2::smallint), (2, 26, 1, NULL, -5, 'USD', 2)) v"},
		{"a line of another year", "UPDATE ledger.control_lines SET year = 2027"},
		{"delete a year", "DELETE FROM ledger.budget_years"},
		{"move a year", "UPDATE ledger.budget_years SET year = 2030"},
		{"move a month", "UPDATE ledger.periods SET starts_on = starts_on - interval '1 month'"},
		{"forget a change of state", "DELETE FROM ledger.state_changes"},
		{"another trial balance", "UPDATE ledger.period_balances SET debit = 0"},
		{"another rate", "UPDATE ledger.rates SET bid = 1"},
		{"one person on both sides", strings.Replace(byHand, "j.approver_id, now()", "j.actor_id, now()", 1)},
	} {
		for who, as := range map[string]*bun.DB{"app": db, "owner": owner} {
			tx, err := as.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(t.Context(), c.sql); err == nil {
				t.Errorf("%s: the %s may", c.name, who)
			} else if code := storage.Code(err); strings.HasPrefix(code, "42") && code != "42501" {
				t.Errorf("%s: refused for its spelling: %v", c.name, err)
			}
			_ = tx.Rollback()
		}
	}
	for _, sql := range []string{"ALTER TABLE ledger.postings DISABLE TRIGGER USER", "SELECT ledger.write_batch(1, '{}', '{}', false)",
		"SELECT ledger.open_period(1, '2020-01-01')", "SELECT ledger.judge_day(1, 'commit', '2026-01-01', NULL, NULL)",
		"INSERT INTO ledger.rates DEFAULT VALUES", "UPDATE ledger.budget_years SET state = 'open'", "UPDATE ledger.kinds SET adjusting = true",
		"SELECT ledger.enter(1, 'NS', 'commit', NULL, NULL, '', NULL, '', '', '', NULL, NULL, '', '', NULL, NULL, NULL, NULL, NULL)", "INSERT INTO ledger.periods (book_id, starts_on) VALUES (1, '2020-01-01')"} {
		if _, err := db.ExecContext(t.Context(), sql); err == nil {
			t.Errorf("the app may: %s", sql)
		}
	}
	if after := state(t, db, id); after.Version != before.Version {
		t.Errorf("the line moved: %+v", after)
	}
	noDrift(t, db)
}

type key struct{ ed25519.PrivateKey }

func (k key) Sign(message []byte) []byte { return ed25519.Sign(k.PrivateKey, message) }
func (k key) Public() ed25519.PublicKey  { return k.PrivateKey.Public().(ed25519.PublicKey) }

// What the owner forces by switching the guards off is found by verify, which names the first break.
func TestVerifyFindsWhatWasForced(t *testing.T) {
	for _, c := range []struct{ name, sql, check, at, stands, wanted string }{
		{"an amount", "UPDATE ledger.postings SET amount = amount * 2 WHERE journal_id = 2", "ledger.check.digests", "journals 2", "", ""},
		{"one leg only", "UPDATE ledger.postings SET amount = 11 WHERE journal_id = 2 AND leg = 2", "ledger.check.zero_sum", "journals 2", "2 legs, sum 1", "2 legs, sum 0"},
		{"a missing leg", "DELETE FROM ledger.postings WHERE journal_id = 2 AND leg = 2", "ledger.check.zero_sum", "journals 2", "", ""},
		{"a reason", "UPDATE ledger.journals SET reason = 'x' WHERE id = 3", "ledger.check.digests", "journals 3", "", ""},
		{"a day", "UPDATE ledger.journals SET effective_on = effective_on - 1 WHERE id = 3", "ledger.check.digests", "journals 3", "", ""},
		{"a journal and its legs gone", "DELETE FROM ledger.postings WHERE journal_id = 2; DELETE FROM ledger.journals WHERE id = 2", "ledger.check.tree", "ledger.journals 2", "", ""},
		{"a line", "UPDATE ledger.control_lines SET committed = committed - 1", "ledger.check.lines", "control_lines 1", "committed 9", "committed 10"},
		{"a line and its version", "UPDATE ledger.control_lines SET version = version + 1", "ledger.check.lines", "control_lines 1", "", ""},
		{"a balance", "UPDATE ledger.account_balances SET debit = debit + 1 WHERE debit > 0", "ledger.check.balances", "account_balances 39/1/2", "6 / 0", "5 / 0"},
		{"an account renamed", "UPDATE ledger.accounts SET code = 'committed2' WHERE code = 'committed' AND book_id = 1", "ledger.check.digests", "journals 2", "", ""},
		{"guards left off", "", "ledger.check.guards", "ledger.account_balances kept", "", ""},
		{"rights given away", "GRANT UPDATE ON ledger.journals TO kinhbac_app", "ledger.check.guards", "ledger.journals kinhbac_app", "", ""},
		{"a guard that does nothing", "CREATE FUNCTION public.nop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; DROP TRIGGER check_journal ON ledger.journals; " +
			"CREATE TRIGGER check_journal BEFORE INSERT ON ledger.journals FOR EACH ROW EXECUTE FUNCTION public.nop()",
			"ledger.check.guards", "ledger.journals check_journal", "calls nop", "calls a guard of the program always"},
		{"another period", "UPDATE ledger.journals SET period_id = 1 WHERE id = 3", "ledger.check.periods", "journals 3", "", ""},
		{"a stage beyond its ceiling", "ALTER TABLE ledger.control_lines DROP CONSTRAINT control_lines_ceiling; UPDATE ledger.control_lines SET reserved = 991",
			"ledger.check.ceilings", "control_lines 1", "0 … 1001", "0 … 1000"},
		{"a paper gone", "INSERT INTO ledger.document_kinds VALUES ('paper', 'public.units', NULL)", "ledger.check.documents", "journals 1", "", ""},
		{"a document that never posted", "INSERT INTO ledger.document_kinds VALUES ('unit', 'public.units', 'true')", "ledger.check.documents", "unit 5c1e0000-0000-4000-8000-000000000001", "none", "a journal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			k := key{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
			id := line(t, db, 1000)
			if err := commit(t.Context(), db, id, 10); err != nil {
				t.Fatal(err)
			}
			_, err := Post(t.Context(), db, Journal{Book: "ACTUAL", Kind: "pay", Document: paper, Key: "p", Actor: maker, Approver: checker, Legs: []Leg{
				{Account: "grant_expense", Amount: money.VND(5)}, {Account: "cash_treasury", Amount: money.VND(-5)}}})
			if err != nil {
				t.Fatal(err)
			}
			seal(t, db)
			if checks, err := Verify(t.Context(), db, k.Public()); err != nil || broken(checks) != "" {
				t.Fatalf("untouched: %s, %v", broken(checks), err)
			}
			off := ""
			for _, table := range []string{"accounts", "journals", "postings", "control_lines", "account_balances"} {
				off += "ALTER TABLE ledger." + table + " DISABLE TRIGGER USER;"
			}
			if c.check == "ledger.check.guards" && c.sql != "" {
				off = ""
			}
			if _, err := dbtest.Owner(t, db).ExecContext(t.Context(), off+c.sql); err != nil {
				t.Fatal(err)
			}
			checks, err := Verify(t.Context(), db, k.Public())
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, got := range checks {
				found = found || got.Code == c.check && got.Break == c.at
				if got.Code == c.check && (got.Break != c.at || c.wanted != "" && (got.Stands != c.stands || got.Wanted != c.wanted)) {
					t.Errorf("%s = %q: %q for %q, want %q: %q for %q", c.check, got.Break, got.Stands, got.Wanted, c.at, c.stands, c.wanted)
				}
			}
			if !found {
				t.Errorf("%s is not among the checks", c.check)
			}
		})
	}
}

func broken(checks []audit.Check) string {
	for _, c := range checks {
		if c.Break != "" {
			return c.Code + " " + c.Break
		}
	}
	return ""
}
