-- One decision that cancels what is unused of many lines at year end: all of them or none. The checks repeat
-- budget.Cancellation on purpose; each line of a decided one has its act, which is the document of its journal.
CREATE TABLE budget_cancellations (
    id              uuid PRIMARY KEY,
    year            int NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    finance_unit_id uuid NOT NULL REFERENCES units (id),
    reason          text NOT NULL CHECK (reason <> ''),
    basis           text NOT NULL, -- id of the rule
    basis_article   text NOT NULL, -- its instrument and article as they stood
    status          text NOT NULL CHECK (status IN ('proposed', 'decided', 'declined')),
    proposed_by     uuid NOT NULL REFERENCES users (id),
    proposed_at     timestamptz NOT NULL,
    decision_no     text NOT NULL DEFAULT '',
    decided_on      date,
    decided_by      uuid REFERENCES users (id) CHECK (decided_by <> proposed_by),
    decided_at      timestamptz,
    declined_for    text NOT NULL DEFAULT '',
    version         int NOT NULL DEFAULT 1,
    CHECK ((status = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((status = 'decided') = (decision_no <> '' AND decided_on IS NOT NULL)),
    CHECK ((status = 'declined') = (declined_for <> ''))
);
CREATE INDEX budget_cancellations_year ON budget_cancellations (year, proposed_at);
CREATE TABLE budget_cancellation_lines (
    cancellation_id uuid NOT NULL REFERENCES budget_cancellations (id),
    line_id         uuid NOT NULL REFERENCES budget_lines (id),
    amount          numeric(18,0) NOT NULL CHECK (amount > 0), -- what was available when it was proposed
    act_id          uuid UNIQUE REFERENCES budget_acts (id), -- once it is decided
    PRIMARY KEY (cancellation_id, line_id)
);
CREATE INDEX budget_cancellation_lines_line ON budget_cancellation_lines (line_id);
