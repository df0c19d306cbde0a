-- Budget lines of a year as a tree: source of money, programme, call. What they hold stands on their control line in
-- the ledger; here is only what people name and decide. The checks repeat budget.Line.
CREATE TABLE budget_lines (
    id               uuid PRIMARY KEY,
    year             int NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    code             text NOT NULL CHECK (code ~ '^[A-Z0-9][A-Z0-9.-]{0,31}$'),
    name_vi          text NOT NULL CHECK (name_vi <> ''),
    name_en          text NOT NULL CHECK (name_en <> ''),
    parent_id        uuid REFERENCES budget_lines (id) CHECK (parent_id <> id),
    control_line     bigint NOT NULL UNIQUE REFERENCES ledger.control_lines (id),
    source_code      text NOT NULL CHECK (source_code IN ('NS', 'TT', 'KHAC')), -- state budget, sponsorship, other
    programme_code   text NOT NULL,                                             -- '' at the root
    chapter          text NOT NULL,                                             -- chương, e.g. 417
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    finance_unit_id  uuid NOT NULL REFERENCES units (id),
    planned          numeric(18,0) NOT NULL CHECK (planned >= 0),               -- asked for in the estimate, whole đồng
    status           text NOT NULL CHECK (status IN ('planned', 'open', 'closed')),
    planned_by       uuid NOT NULL REFERENCES users (id),
    approved_by      uuid REFERENCES users (id) CHECK (approved_by <> planned_by),
    decision_no      text NOT NULL DEFAULT '',
    decided_on       date,
    version          int NOT NULL DEFAULT 1,
    UNIQUE (year, code),
    CHECK ((decision_no = '') = (decided_on IS NULL)),
    CHECK (parent_id IS NOT NULL OR status = 'planned' OR (approved_by IS NOT NULL AND decision_no <> '')) -- giao dự toán
);
CREATE INDEX budget_lines_parent ON budget_lines (parent_id);

-- Acts on budget lines: what a finance officer proposes and the chief accountant decides. The act is the document
-- behind its journal. Line is the one that gains or loses; a release names the stage it frees.
CREATE TABLE budget_acts (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('appropriate', 'allocate', 'adjust', 'cut', 'release')),
    line_id     uuid NOT NULL REFERENCES budget_lines (id),
    stage       text NOT NULL DEFAULT '' CHECK ((kind = 'release') = (stage IN ('reserved', 'committed')) AND stage IN ('', 'reserved', 'committed')),
    amount      numeric(18,0) NOT NULL CHECK (amount > 0),
    reason      text NOT NULL CHECK (reason <> ''),
    decision_no text NOT NULL DEFAULT '',
    decided_on  date,
    status      text NOT NULL CHECK (status IN ('proposed', 'decided', 'declined')),
    proposed_by uuid NOT NULL REFERENCES users (id),
    proposed_at timestamptz NOT NULL,
    decided_by  uuid REFERENCES users (id) CHECK (decided_by <> proposed_by),
    decided_at  timestamptz,
    voucher     text NOT NULL DEFAULT '', -- number of its journal
    version     int NOT NULL DEFAULT 1,
    CHECK ((status = 'proposed') = (decided_by IS NULL AND decided_at IS NULL)),
    CHECK ((status = 'decided') = (voucher <> '')),
    CHECK (status <> 'decided' OR decision_no <> '' AND decided_on IS NOT NULL)
);
CREATE INDEX budget_acts_line ON budget_acts (line_id);
CREATE INDEX budget_acts_pending ON budget_acts (proposed_at) WHERE status = 'proposed';

INSERT INTO ledger.document_kinds (kind, relation, must_post) VALUES ('budget_act', 'budget_acts', 'd.status = ''decided''');
