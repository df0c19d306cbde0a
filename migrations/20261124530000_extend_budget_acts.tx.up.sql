-- Acts learn their legal basis, the second line of a transfer or carry-over, and the document a release frees. The
-- checks repeat budget.Act. frees_kind and frees_id name a row of a room downstream, so they have no foreign key.
ALTER TABLE budget_acts DROP CONSTRAINT budget_acts_kind_check;
ALTER TABLE budget_acts
    ADD CONSTRAINT budget_acts_kind_check CHECK (kind IN ('appropriate', 'allocate', 'adjust', 'cut', 'release', 'transfer',
        'carry_over', 'cancel')),
    ADD COLUMN to_line_id uuid REFERENCES budget_lines (id),
    ADD COLUMN less boolean NOT NULL DEFAULT false, -- an adjustment downwards
    ADD COLUMN frees_kind text NOT NULL DEFAULT '',
    ADD COLUMN frees_id uuid,
    ADD COLUMN frees_no text NOT NULL DEFAULT '',
    ADD COLUMN basis text NOT NULL DEFAULT '',         -- id of the rule
    ADD COLUMN basis_article text NOT NULL DEFAULT '', -- its instrument and article as they stood
    ADD COLUMN authority text NOT NULL DEFAULT '',     -- the act of the matrix that decides it
    -- what a carry-over takes along by stage; the rest of its amount is unused money
    ADD COLUMN carry_reserved numeric(18,0) NOT NULL DEFAULT 0 CHECK (carry_reserved >= 0),
    ADD COLUMN carry_committed numeric(18,0) NOT NULL DEFAULT 0 CHECK (carry_committed >= 0),
    ADD COLUMN carry_advanced numeric(18,0) NOT NULL DEFAULT 0 CHECK (carry_advanced >= 0),
    ADD CONSTRAINT budget_acts_carried CHECK (carry_reserved + carry_committed + carry_advanced <= CASE kind WHEN 'carry_over' THEN amount ELSE 0 END),
    ADD CONSTRAINT budget_acts_two_lines CHECK ((kind IN ('transfer', 'carry_over')) = (to_line_id IS NOT NULL) AND to_line_id <> line_id),
    ADD CONSTRAINT budget_acts_less CHECK (NOT less OR kind = 'adjust'),
    ADD CONSTRAINT budget_acts_frees CHECK ((frees_id IS NULL) = (frees_kind = '') AND (kind = 'release' OR frees_id IS NULL));
CREATE INDEX budget_acts_to_line ON budget_acts (to_line_id) WHERE to_line_id IS NOT NULL;
CREATE INDEX budget_acts_frees ON budget_acts (frees_kind, frees_id) WHERE frees_id IS NOT NULL;

-- How many lines stand directly below a line.
ALTER TABLE budget_lines ADD COLUMN lines int NOT NULL DEFAULT 0 CHECK (lines >= 0);
UPDATE budget_lines p SET lines = (SELECT count(*) FROM budget_lines c WHERE c.parent_id = p.id);
CREATE INDEX budget_lines_year ON budget_lines (year, code, id);
CREATE INDEX budget_lines_roots ON budget_lines (year, code, id) WHERE parent_id IS NULL;
CREATE INDEX budget_lines_below ON budget_lines (parent_id, code, id);
DROP INDEX budget_lines_parent;

-- Says whether lines stand below a line, and keeps it so to the end of the transaction: a commitment shares the lock,
-- the planning of a line below takes it alone. Each statement of the function sees what was committed before it.
CREATE FUNCTION budget_hold_leaf(p_line uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_line::text, 530000));
    RETURN EXISTS (SELECT FROM budget_lines c WHERE c.parent_id = p_line);
END $$;
CREATE FUNCTION budget_hold_branch(p_line uuid) RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(p_line::text, 530000))
$$;

-- A carry-over moves several stages and is allocated down and committed again: no single leg says its amount.
UPDATE ledger.document_kinds SET amount = 'CASE d.kind WHEN ''carry_over'' THEN NULL ELSE d.amount END' WHERE kind = 'budget_act';
