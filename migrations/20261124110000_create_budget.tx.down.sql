DELETE FROM ledger.document_kinds WHERE kind = 'budget_act';
DROP TABLE budget_acts;
DROP TABLE budget_lines;
