-- What those who check a payment said of the machine checks that were not passed; empty where all were.
ALTER TABLE disbursement_requests ADD COLUMN remark text NOT NULL DEFAULT '';
ALTER TABLE payment_orders ADD COLUMN check_remark text NOT NULL DEFAULT '';
DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('disbursement_requests') + audit.keep('payment_orders');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
