-- Cancellations of many lines are kept like every decision, and vouchers with who gave them out.
DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('budget_cancellations') + audit.keep('budget_cancellation_lines') + audit.keep('advance_vouchers');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
