DROP FUNCTION ledger.open_period, ledger.move_allowed, ledger.open_book;
