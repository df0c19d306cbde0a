DELETE FROM ledger.document_kinds WHERE kind = 'agreement';
DROP TABLE progress_reports;
DROP TABLE agreement_milestones;
DROP TABLE agreement_serials;
DROP TABLE agreements;
