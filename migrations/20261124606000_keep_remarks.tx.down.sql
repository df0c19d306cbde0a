ALTER TABLE payment_orders DROP COLUMN check_remark;
ALTER TABLE disbursement_requests DROP COLUMN remark;
DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('disbursement_requests') + audit.keep('payment_orders');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
