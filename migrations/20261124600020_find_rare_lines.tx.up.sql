-- A line among a hundred thousand is found by the beginning of its code, and so is what is rare among them: what was not
-- decided yet, what is reserved, asked for or advanced. Commitments touch none of these columns and stay cheap.
CREATE INDEX budget_lines_code ON budget_lines (year, code text_pattern_ops);
CREATE INDEX budget_lines_planned ON budget_lines (year) WHERE status = 'planned';
CREATE INDEX control_lines_rare ON ledger.control_lines (id) WHERE reserved > 0 OR requested > 0 OR advanced > 0;
