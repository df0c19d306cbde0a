DROP TABLE attempts, confirmations, used_codes, user_factors, users, units;
