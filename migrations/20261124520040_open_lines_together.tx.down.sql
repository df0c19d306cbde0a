DROP FUNCTION ledger.open_lines(text, text, bigint[], uuid[]);
