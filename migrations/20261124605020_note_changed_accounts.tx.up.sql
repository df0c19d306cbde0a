-- An order to another account than that of the last payment to its payee says so, and is approved with a remark. The check
-- repeats disbursement.Order.Approve on purpose.
ALTER TABLE payment_orders
    ADD COLUMN payee_before text NOT NULL DEFAULT '', -- account before it changed, '' when it did not
    ADD COLUMN remark text NOT NULL DEFAULT '', -- of who approved it
    ADD CONSTRAINT payment_orders_remarked CHECK (payee_before = '' OR remark <> '' OR status IN ('made', 'checked', 'cancelled'));
DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('payment_orders');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
