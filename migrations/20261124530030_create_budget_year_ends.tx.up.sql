-- The end of a budget year: who opened the adjusting period, who closed the year, and what is asked for reopening it.
-- The state itself stands in ledger.budget_years, where postings are judged.
CREATE TABLE budget_year_ends (
    id              uuid PRIMARY KEY,
    year            int NOT NULL UNIQUE CHECK (year BETWEEN 2000 AND 2199),
    finance_unit_id uuid NOT NULL REFERENCES units (id),
    started_by      uuid NOT NULL REFERENCES users (id),
    started_at      timestamptz NOT NULL,
    closed_by       uuid REFERENCES users (id) CHECK (closed_by <> started_by),
    closed_at       timestamptz,
    reopen_reason   text NOT NULL DEFAULT '',
    reopen_by       uuid REFERENCES users (id),
    reopen_at       timestamptz,
    version         int NOT NULL DEFAULT 1,
    CHECK ((closed_by IS NULL) = (closed_at IS NULL)),
    CHECK ((reopen_reason = '') = (reopen_by IS NULL) AND (reopen_by IS NULL) = (reopen_at IS NULL)),
    CHECK (reopen_by IS NULL OR closed_by IS NOT NULL)
);
