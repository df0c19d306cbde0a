UPDATE ledger.document_kinds SET amount = 'd.amount' WHERE kind = 'budget_act';
DROP FUNCTION budget_hold_branch(uuid);
DROP FUNCTION budget_hold_leaf(uuid);
CREATE INDEX budget_lines_parent ON budget_lines (parent_id);
DROP INDEX budget_lines_below;
DROP INDEX budget_lines_roots;
DROP INDEX budget_lines_year;
ALTER TABLE budget_lines DROP COLUMN lines;
DROP INDEX budget_acts_frees;
DROP INDEX budget_acts_to_line;
ALTER TABLE budget_acts
    DROP CONSTRAINT budget_acts_frees,
    DROP CONSTRAINT budget_acts_less,
    DROP CONSTRAINT budget_acts_two_lines,
    DROP CONSTRAINT budget_acts_carried,
    DROP COLUMN carry_advanced,
    DROP COLUMN carry_committed,
    DROP COLUMN carry_reserved,
    DROP COLUMN authority,
    DROP COLUMN basis_article,
    DROP COLUMN basis,
    DROP COLUMN frees_no,
    DROP COLUMN frees_id,
    DROP COLUMN frees_kind,
    DROP COLUMN less,
    DROP COLUMN to_line_id,
    DROP CONSTRAINT budget_acts_kind_check;
ALTER TABLE budget_acts
    ADD CONSTRAINT budget_acts_kind_check CHECK (kind IN ('appropriate', 'allocate', 'adjust', 'cut', 'release'));
