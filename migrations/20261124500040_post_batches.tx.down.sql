DROP FUNCTION ledger.commit_batch, ledger.post_batch, ledger.write_batch;
DROP TYPE ledger.outcome;
DROP TYPE ledger.leg;
DROP TYPE ledger.command;
