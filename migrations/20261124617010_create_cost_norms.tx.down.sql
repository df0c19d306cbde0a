ALTER TABLE proposal_costs DROP COLUMN quantity, DROP COLUMN content;
DROP TABLE call_norms;
ALTER TABLE calls DROP COLUMN contents;
DROP TABLE cost_norms;
DROP TABLE support_contents;
DROP FUNCTION call_norm_frozen, cost_norm_frozen;
