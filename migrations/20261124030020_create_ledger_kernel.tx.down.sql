DROP FUNCTION ledger.reverse, ledger.commitment, ledger.post, ledger.refuse_insufficient, ledger.write_journal,
    ledger.open_period, ledger.move_allowed, ledger.open_line, ledger.open_book, ledger.dim;
DROP TYPE ledger.answer;
