DROP TABLE receipts;
DROP TABLE signing_keys;
