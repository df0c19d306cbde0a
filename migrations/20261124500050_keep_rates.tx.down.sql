DROP FUNCTION ledger.revalue, ledger.post_foreign, ledger.add_rate, ledger.open_currency;
