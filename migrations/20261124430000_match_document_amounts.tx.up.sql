-- Documents whose own amount must be the amount of each journal they posted: what one document says and what the books
-- hold are compared by verify, so that neither can be changed alone.
ALTER TABLE ledger.document_kinds ADD COLUMN amount text;

COMMENT ON COLUMN ledger.document_kinds.amount IS 'SQL over the document d: the largest leg of every journal it posted; NULL where a journal takes a part';

UPDATE ledger.document_kinds SET amount = 'd.amount' WHERE kind IN ('budget_act', 'agreement', 'disbursement_request', 'payment_order');
