-- The day the treasury paid, beside the instant somebody recorded it: not before the release, not after the recording. The
-- checks repeat disbursement.Order.Pay on purpose. What was recorded before is taken as paid that day.
ALTER TABLE payment_orders ADD COLUMN paid_on date;
ALTER TABLE disbursement_requests ADD COLUMN paid_on date;
UPDATE payment_orders SET paid_on = (paid_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date WHERE status = 'paid';
UPDATE disbursement_requests SET paid_on = (paid_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date WHERE status = 'paid';
ALTER TABLE payment_orders
    ADD CONSTRAINT payment_orders_paid_on CHECK ((status = 'paid') = (paid_on IS NOT NULL)),
    ADD CONSTRAINT payment_orders_paid_day CHECK (paid_on BETWEEN (released_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        AND (paid_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);
ALTER TABLE disbursement_requests ADD CONSTRAINT disbursement_requests_paid_on CHECK ((status = 'paid') = (paid_on IS NOT NULL));

-- An advance of the last days of a year is recorded after its adjusting period has begun: the day decides, not the kind
-- (disbursement.inYear).
UPDATE ledger.kinds SET adjusting = true WHERE kind = 'advance';

DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('payment_orders') + audit.keep('disbursement_requests');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
