DROP FUNCTION ledger.move_period, ledger.move_year, ledger.drift;
DROP TRIGGER hold ON ledger.periods;
DROP TRIGGER hold ON ledger.budget_years;
DROP FUNCTION ledger.hold_period, ledger.hold_year;
DROP VIEW ledger.closed_months;
DROP TABLE ledger.period_balances;
DROP TABLE ledger.state_changes;
