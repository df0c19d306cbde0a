DROP FUNCTION ledger.commit_batch, ledger.post_batch, ledger.judge_commands, ledger.write_batch;
DROP TYPE ledger.judged;
DROP TYPE ledger.outcome;
DROP TYPE ledger.leg;
DROP TYPE ledger.command;
