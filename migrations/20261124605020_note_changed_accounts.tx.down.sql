ALTER TABLE payment_orders DROP COLUMN remark, DROP COLUMN payee_before;
