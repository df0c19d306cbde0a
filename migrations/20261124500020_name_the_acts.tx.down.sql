DROP FUNCTION ledger.reverse, ledger.commitment, ledger.post, ledger.check_codes, ledger.accounts_of, ledger.legs_of;
DROP TYPE ledger.moved;
