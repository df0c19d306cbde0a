DELETE FROM advance_vouchers v USING advance_settlements s WHERE s.id = v.settlement_id AND s.status = 'cancelled';
DELETE FROM advance_settlements WHERE status = 'cancelled';
DROP INDEX advance_settlements_treasury_ref;
ALTER TABLE advance_settlements
    DROP CONSTRAINT advance_settlements_status_check,
    DROP CONSTRAINT advance_settlements_has_amount,
    DROP CONSTRAINT advance_settlements_handed_in,
    ADD CONSTRAINT advance_settlements_status_check CHECK (status IN ('draft', 'submitted', 'checked', 'confirmed', 'returned')),
    ADD CONSTRAINT advance_settlements_check3 CHECK (status = 'draft' OR amount > 0),
    ADD CONSTRAINT advance_settlements_check4 CHECK ((submitted_by IS NULL) = (submitted_at IS NULL) AND (submitted_by IS NULL) = (status = 'draft')),
    ADD CONSTRAINT advance_settlements_treasury_ref_key UNIQUE (treasury_ref);
DROP TRIGGER frees_vouchers ON advance_settlements;
DROP TRIGGER lives ON advance_vouchers;
DROP FUNCTION advance_settlement_frees_vouchers();
DROP FUNCTION advance_voucher_lives();
DROP INDEX advance_vouchers_once;
DROP INDEX advance_vouchers_once_inside;
ALTER TABLE advance_vouchers
    DROP COLUMN issuer,
    DROP COLUMN live,
    ADD CONSTRAINT advance_vouchers_once UNIQUE (settlement_id, no, issued_on);
