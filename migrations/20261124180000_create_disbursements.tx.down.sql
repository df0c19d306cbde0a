DELETE FROM ledger.document_kinds WHERE kind IN ('disbursement_request', 'payment_order');
DROP TABLE disbursement_serials;
DROP TABLE payment_orders;
DROP FUNCTION payment_orders_four_people();
DROP TABLE disbursement_requests;
