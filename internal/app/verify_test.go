package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/demo"
	"kinhbac/internal/i18n"
)

// errUndo ends a transaction that is only looked at.
var errUndo = errors.New("undo")

// bare is SQL that changes every row of a table with its triggers off.
func bare(table, set string) string {
	return "ALTER TABLE " + table + " DISABLE TRIGGER USER; UPDATE " + table + " SET " + set
}

// prove runs every probe inside a transaction.
func prove(ctx context.Context, tx bun.Tx) (all []audit.Check, err error) {
	for _, p := range app.Probes() {
		cs, err := p.Run(ctx, audit.Look{Tx: tx, Step: func(int64) {}})
		if err != nil {
			return nil, err
		}
		all = append(all, cs...)
	}
	return all, nil
}

// Whatever somebody with the owner's rights changes behind the program's back in the living example is found, and the
// first break of its check says what stands and what should.
func TestEveryTableIsProved(t *testing.T) {
	db, c := dbtest.New(t), demo.Clock()
	a, err := app.Build(t.Context(), app.Parts{DB: db, Data: t.TempDir(), Clock: c, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	owner := dbtest.Owner(t, db)
	if err := demo.Fill(t.Context(), a, owner, c, func(string) {}); err != nil {
		t.Fatal(err)
	}
	proveColumns(t, owner)
	for _, k := range []struct{ name, sql, check, row, stands, wanted string }{
		{"nothing", "", "", "", "", ""},
		{"a ballot's points", `UPDATE ballot_lines SET points = points - 1 WHERE id = (SELECT l.id FROM ballot_lines l JOIN ballots b ON b.id = l.ballot_id
			WHERE b.valid AND l.points > 5 ORDER BY l.id LIMIT 1)`, "council.check.tally", "ballots ", "total ", "total "},
		{"a ballot's points and total", `UPDATE ballot_lines l SET points = points - 3 FROM (SELECT l.id, l.ballot_id FROM ballot_lines l JOIN ballots b ON b.id = l.ballot_id
			WHERE b.valid AND l.points > 5 ORDER BY l.id LIMIT 1) x WHERE l.id = x.id;
			UPDATE ballots b SET total = (SELECT sum(points) FROM ballot_lines l WHERE l.ballot_id = b.id) WHERE total IS NOT NULL`, "council.check.tally", "council_matters ", "initial_mean ", "initial_mean "},
		{"a mean", "UPDATE council_matters SET mean = mean + 1 WHERE id = (SELECT id FROM council_matters WHERE mean < 90 ORDER BY id LIMIT 1)", "council.check.tally", "council_matters ", "mean ", "mean "},
		{"a pass", `UPDATE council_matters SET passed = true WHERE id = (SELECT id FROM council_matters WHERE NOT passed ORDER BY id LIMIT 1)`, "council.check.tally", "council_matters ", "passed ", "passed "},
		{"a ballot out of time", "UPDATE ballots SET cast_at = cast_at + interval '1 year' WHERE id = (SELECT b.id FROM ballots b JOIN council_matters m ON m.id = b.matter_id WHERE m.counted_at IS NOT NULL LIMIT 1)",
			"council.check.ballots", "ballots ", "cast ", "cast from "},
		{"a rank", "UPDATE ranking_lines SET rank = rank + 1 WHERE rank = 2", "allocation.check.ranking", "ranking_lines ", "rank 3", "rank 2"},
		{"an outcome", "UPDATE ranking_lines SET outcome = 'reserve' WHERE rank = 1", "allocation.check.ranking", "ranking_lines ", "outcome reserve", "outcome funded"},
		{"a line left out", "DELETE FROM ranking_lines WHERE rank = 1", "allocation.check.unranked", "council_matters ", "not ranked", "a line of ranking "},
		{"an award", "UPDATE awards SET amount = amount - 1 WHERE amount > 0", "allocation.check.awards", "awards ", "amount ", "amount "},
		{"an award and its appraisal", "UPDATE awards SET amount = amount - 1, appraised = appraised - 1, reason = 'x' WHERE amount > 0", "allocation.check.reserved", "award_sets ", "{", "{"},
		{"awards that never reserved", "UPDATE award_sets SET id = id WHERE false; DELETE FROM ledger.postings p USING ledger.journals j WHERE j.id = p.journal_id AND j.document_kind = 'award_set'",
			"allocation.check.posted", "award_set ", "BUDGET available 0", "BUDGET available -"},
		{"an agreement's payee", "UPDATE agreements SET payee_account = '000000000000'", "agreement.check.digest", "agreements ", "digest ", "digest "},
		{"an agreement's amount", "UPDATE agreements SET amount = amount + 1", "agreement.check.award", "agreements ", "amount ", "amount "},
		{"an agreement unsigned", `UPDATE agreements SET status = 'signed_grantee', state_signed_by = NULL, state_signed_at = NULL, contract_line = NULL
			WHERE state_signed_by IS NOT NULL`, "agreement.check.posted", "agreement ", "BUDGET committed ", "BUDGET committed 0"},
		{"a request's state", `UPDATE disbursement_requests SET status = 'submitted', checked_by = NULL, checked_at = NULL, paid_at = NULL WHERE status = 'checked'`,
			"disbursement.check.requested", "disbursement_request ", "BUDGET committed ", "BUDGET committed 0"},
		{"an order never paid", "DELETE FROM ledger.postings p USING ledger.journals j, ledger.accounts a WHERE j.id = p.journal_id AND a.id = p.account_id AND a.code = 'grant_expense' AND j.document_kind = 'payment_order'",
			"disbursement.check.posted", "payment_order ", "ACTUAL grant_expense 0", "ACTUAL grant_expense "},
		{"another payee", "UPDATE payment_orders SET payee_account = '999999999999'", "disbursement.check.payees", "payment_orders ", "", ""},
		{"an order's amount", "ALTER TABLE payment_orders DISABLE TRIGGER USER; UPDATE payment_orders SET amount = amount - 1", "disbursement.check.orders", "payment_orders ", "amount ", "amount "},
		{"a request's amount", "UPDATE disbursement_requests SET amount = amount - 1", "disbursement.check.requests", "disbursement_requests ", "amount ", "amount "},
		{"a contract's line", "UPDATE ledger.control_lines SET disbursed = disbursed - 1 WHERE kind = 'contract' AND disbursed > 0", "disbursement.check.contracts", "control_lines ", "disbursed ", "disbursed "},
		{"what an investor paid", "UPDATE fund_investors SET paid = paid - 1 WHERE paid > 0", "fund.check.investors", "fund_investors ", "paid ", "paid "},
		{"the State's share", "UPDATE fund_capitals SET state = state - 1", "fund.check.capitals", "fund_capitals ", "state ", "state "},
		{"a payment of a call", "UPDATE capital_call_payments SET amount = amount - 1", "fund.check.calls", "capital_call_lines ", "paid ", "paid "},
		{"a flow", "UPDATE fund_flows SET amount = amount + 1 WHERE kind = 'investment'", "fund.check.flows", "fund_flows investment ", "-", "-"},
		{"a flow that never was", `INSERT INTO fund_flows (id, fund_id, kind, flow_on, amount, document_kind, document_id) SELECT gen_random_uuid(), id, 'fee', current_date, 7, 'fund', id FROM funds`,
			"fund.check.flows", "fund_flows fund ", "-7", "0"},
		{"a fund's cash line", "UPDATE ledger.control_lines c SET disbursed = disbursed - 1 FROM funds f WHERE f.cash_line = c.id", "fund.check.cash", "control_lines ", "available ", "available "},
		{"a holding's cost", "UPDATE holdings SET cost = cost + 1", "investment.check.holdings", "holdings ", "cost ", "cost "},
		{"a holding's value", "UPDATE holdings SET adjustment = adjustment + 1", "investment.check.holdings", "holdings ", "adjustment ", "adjustment "},
		{"a valuation", "UPDATE valuations SET fair = fair + 1 WHERE status = 'locked'", "investment.check.valuations", "valuations ", "", ""},
		{"a deal's draw", "UPDATE deals SET drawn = drawn - 1 WHERE drawn > 0", "investment.check.deals", "deals ", "drawn ", "drawn "},
		{"a key without answer", "INSERT INTO command_keys (scope, key, act, digest) VALUES ('x', 'k', 'a', repeat('0', 64))", "app.check.keys", "command_keys k", "no answer", "an answer in JSON"},
		{"a key whose voucher is gone", `INSERT INTO command_keys (scope, key, act, digest, answer) VALUES ('x', 'k', 'a', repeat('0', 64), '{"out":{"voucher":"NS-1"}}')`,
			"app.check.keys", "command_keys k", "voucher NS-1", "a voucher of the books"},
		{"a key with two contents", `ALTER TABLE command_keys DROP CONSTRAINT command_keys_pkey; INSERT INTO command_keys (scope, key, act, digest, answer)
			VALUES ('x', 'k', 'a', repeat('0', 64), '{}'), ('x', 'k', 'b', repeat('1', 64), '{}')`, "app.check.keys", "command_keys k", "2 rows", "one act"},
		{"what was paid out", bare("fund_distributions", "amount = amount + 1"), "fund.check.rows", "fund_distributions ", "amount ", "amount "},
		{"an award's decision", bare("award_sets", "decision_no = decision_no || 'x', decided_on = decided_on + 1"), "allocation.check.rows", "award_sets ", "decided_on ", "decided_on "},
		{"an import's decision", bare("budget_imports", "decision_no = '1/QĐ'"), "budget.check.rows", "budget_imports ", "decision_no 1/QĐ", "decision_no "},
		{"a sponsor's pledge", bare("sponsorships", "pledged = pledged + 1, line_id = (SELECT l.id FROM budget_lines l WHERE l.id <> line_id LIMIT 1)"),
			"budget.check.rows", "sponsorships ", "line_id ", "line_id "},
		{"a line's code and plan", bare("budget_lines", "code = code || 'X', planned = planned + 1, name_vi = 'x'"), "budget.check.rows", "budget_lines ", "code ", "code "},
		{"why a month was closed", bare("ledger.state_changes", "reason = 'x'"), "ledger.check.rows", "ledger.state_changes ", "reason x", "reason "},
		{"who closed it", bare("ledger.state_changes", "approver_id = gen_random_uuid()"), "ledger.check.rows", "ledger.state_changes ", "approver_id ", "approver_id "},
		{"a payee everywhere", `ALTER TABLE agreements DISABLE TRIGGER USER; ALTER TABLE payment_orders DISABLE TRIGGER USER; UPDATE agreements SET payee_account = '999999999999';
			UPDATE payment_orders SET payee_account = '999999999999'`, "disbursement.check.rows", "payment_orders ", "payee_account 999999999999", "payee_account "},
		{"a role nobody gave", `INSERT INTO role_grants (id, user_id, role, valid_from, valid_to) SELECT gen_random_uuid(), user_id, role, now(), now() FROM role_grants WHERE role = 'auditor' LIMIT 1`,
			"identity.check.rows", "role_grants ", "inserted by kinhbac_migrate without an act", "no row"},
		{"a reason with every trigger on", "UPDATE awards SET reason = 'x'", "allocation.check.rows", "awards ", "reason x by kinhbac_migrate without an act", "reason "},
		{"a version", "ALTER TABLE row_versions DISABLE TRIGGER USER; UPDATE row_versions SET content = jsonb_set(content, '{amount}', '1') WHERE relation = 'payment_orders'",
			"rows.check.digests", "row_versions ", "", ""},
		{"a trigger", "ALTER TABLE awards DISABLE TRIGGER keep_update", "allocation.check.rows", "awards", "triggers delete insert update off", "triggers delete insert update"},
		{"a trigger that keeps less", "DROP TRIGGER keep_update ON awards; SELECT audit.keep('awards', '{amount}', '{UPDATE}')", "allocation.check.rows", "awards", "", ""},
	} {
		err := owner.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			if k.sql != "" {
				for _, table := range []string{"journals", "postings", "control_lines"} {
					if _, err := tx.ExecContext(ctx, "ALTER TABLE ledger."+table+" DISABLE TRIGGER USER"); err != nil {
						return err
					}
				}
				if _, err := tx.ExecContext(ctx, k.sql); err != nil {
					return err
				}
			}
			checks, err := prove(ctx, tx)
			if err != nil {
				return err
			}
			found := false
			for _, got := range checks {
				if !i18n.Has(got.Code) {
					t.Errorf("%s has no words", got.Code)
				}
				if k.sql == "" && got.Break != "" {
					t.Errorf("untouched: %s breaks at %s: %s for %s", got.Code, got.Break, got.Stands, got.Wanted)
				}
				found = found || got.Code == k.check && strings.HasPrefix(got.Break, k.row) && got.Break != "" && strings.HasPrefix(got.Stands, k.stands) &&
					strings.HasPrefix(got.Wanted, k.wanted) && got.Stands != got.Wanted
			}
			if k.sql != "" && !found {
				for _, got := range checks {
					if got.Code == k.check {
						t.Errorf("%s: %s = %q: %q for %q", k.name, got.Code, got.Break, got.Stands, got.Wanted)
					}
				}
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Errorf("%s: %v", k.name, err)
		}
	}
}
