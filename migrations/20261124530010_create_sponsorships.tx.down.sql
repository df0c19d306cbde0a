DELETE FROM ledger.kind_moves WHERE kind = 'sponsor';
DELETE FROM ledger.kinds WHERE kind = 'sponsor';
DELETE FROM ledger.document_kinds WHERE kind = 'sponsorship_receipt';
DROP TABLE sponsorship_receipts;
DROP TABLE sponsorships;
