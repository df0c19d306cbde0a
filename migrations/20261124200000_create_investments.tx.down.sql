DELETE FROM ledger.document_kinds WHERE kind IN ('deal', 'investment', 'valuation');
DROP TABLE valuations;
DROP TABLE investments;
ALTER TABLE fund_flows DROP CONSTRAINT fund_flows_holding_id_fkey;
DROP TABLE holdings;
DROP TABLE deals;
