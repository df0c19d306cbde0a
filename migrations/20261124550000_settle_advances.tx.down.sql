DELETE FROM ledger.kind_moves WHERE kind = 'refund' AND from_stage = 'advanced';
DELETE FROM ledger.document_kinds WHERE kind = 'advance_settlement';
DELETE FROM disbursement_serials WHERE kind = 'TU';
ALTER TABLE disbursement_serials
    DROP CONSTRAINT disbursement_serials_kind_check,
    ADD CONSTRAINT disbursement_serials_kind_check CHECK (kind IN ('GN', 'LC'));
DROP TABLE advance_vouchers;
DROP TABLE advance_settlements;
ALTER TABLE disbursement_requests DROP COLUMN advance_year, DROP COLUMN advance;
ALTER TABLE agreement_milestones DROP COLUMN kind;
