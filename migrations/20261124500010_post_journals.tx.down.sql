DROP INDEX ledger.dim_sets_key;
DROP FUNCTION ledger.refuse_insufficient, ledger.write_journal, ledger.answer_again, ledger.enter, ledger.next_number,
    ledger.journal_digest, ledger.request_hash, ledger.open_line, ledger.refresh_codes, ledger.dim, ledger.dim_key, ledger.code_span;
DROP TYPE ledger.entered;
DROP TYPE ledger.answer;
