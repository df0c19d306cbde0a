UPDATE ledger.kinds SET adjusting = false WHERE kind = 'advance';
ALTER TABLE disbursement_requests DROP COLUMN paid_on;
ALTER TABLE payment_orders DROP COLUMN paid_on;
