ALTER TABLE ledger.document_kinds DROP COLUMN amount;
