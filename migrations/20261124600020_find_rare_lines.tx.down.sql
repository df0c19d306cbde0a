DROP INDEX ledger.control_lines_rare;
DROP INDEX budget_lines_planned;
DROP INDEX budget_lines_code;
