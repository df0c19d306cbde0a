-- A voucher is claimed once, in whichever settlement: its number, day and issuer are unique over the settlements that
-- stand. A voucher entered before knows no issuer and is told apart within its settlement only.
ALTER TABLE advance_vouchers
    ADD COLUMN issuer text NOT NULL DEFAULT '', -- tax code or name of who gave it out
    ADD COLUMN live boolean NOT NULL DEFAULT true, -- its settlement is neither returned nor cancelled
    DROP CONSTRAINT advance_vouchers_once;
UPDATE advance_vouchers v SET live = false FROM advance_settlements s WHERE s.id = v.settlement_id AND s.status = 'returned';
CREATE UNIQUE INDEX advance_vouchers_once ON advance_vouchers (lower(no), issued_on, lower(issuer)) WHERE live AND issuer <> '';
CREATE UNIQUE INDEX advance_vouchers_once_inside ON advance_vouchers (settlement_id, lower(no), issued_on, lower(issuer));

-- A settlement that ends without being confirmed gives its vouchers free; whoever adds one later does not revive them.
CREATE FUNCTION advance_settlement_frees_vouchers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE advance_vouchers v SET live = NEW.status NOT IN ('returned', 'cancelled') WHERE v.settlement_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER frees_vouchers AFTER UPDATE OF status ON advance_settlements FOR EACH ROW WHEN (NEW.status <> OLD.status)
    EXECUTE FUNCTION advance_settlement_frees_vouchers();
CREATE FUNCTION advance_voucher_lives() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.status NOT IN ('returned', 'cancelled') INTO STRICT NEW.live FROM advance_settlements s WHERE s.id = NEW.settlement_id;
    RETURN NEW;
END $$;
CREATE TRIGGER lives BEFORE INSERT OR UPDATE ON advance_vouchers FOR EACH ROW EXECUTE FUNCTION advance_voucher_lives();

-- A draft may be taken back. A reference of the treasury that was recorded wrongly, and returned, may be recorded again.
ALTER TABLE advance_settlements
    DROP CONSTRAINT advance_settlements_treasury_ref_key,
    DROP CONSTRAINT advance_settlements_status_check,
    DROP CONSTRAINT advance_settlements_check3,
    DROP CONSTRAINT advance_settlements_check4,
    ADD CONSTRAINT advance_settlements_status_check CHECK (status IN ('draft', 'submitted', 'checked', 'confirmed', 'returned', 'cancelled')),
    ADD CONSTRAINT advance_settlements_has_amount CHECK (status IN ('draft', 'cancelled') OR amount > 0),
    ADD CONSTRAINT advance_settlements_handed_in CHECK ((submitted_by IS NULL) = (submitted_at IS NULL)
        AND (submitted_by IS NULL) = (status IN ('draft', 'cancelled')));
CREATE UNIQUE INDEX advance_settlements_treasury_ref ON advance_settlements (treasury_ref) WHERE status NOT IN ('returned', 'cancelled');
