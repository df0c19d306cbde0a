-- Files of code lists or of lines with their allocations, read and checked whole; what they say happens when a second
-- person confirms them. The same content once more is the same import.
CREATE TABLE budget_imports (
    id              uuid PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('codes', 'lines')),
    year            int NOT NULL CHECK (kind = 'codes' AND year = 0 OR year BETWEEN 2000 AND 2199),
    file_name       text NOT NULL CHECK (file_name <> ''),
    digest          text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'), -- SHA-256 of the rows
    rows            jsonb NOT NULL,
    row_count       int NOT NULL CHECK (row_count BETWEEN 1 AND 10000),
    total           numeric(18,0) NOT NULL CHECK (total >= 0),
    finance_unit_id uuid NOT NULL REFERENCES units (id),
    status          text NOT NULL CHECK (status IN ('loaded', 'confirmed', 'declined')),
    uploaded_by     uuid NOT NULL REFERENCES users (id),
    uploaded_at     timestamptz NOT NULL,
    decided_by      uuid REFERENCES users (id) CHECK (decided_by <> uploaded_by),
    decided_at      timestamptz,
    decision_no     text NOT NULL DEFAULT '',
    decided_on      date,
    reason          text NOT NULL DEFAULT '',
    edition         int CHECK (edition > 0), -- of the code list it became
    version         int NOT NULL DEFAULT 1,
    CHECK ((status = 'loaded') = (decided_by IS NULL AND decided_at IS NULL)),
    CHECK ((status = 'confirmed') = (decision_no <> '' AND decided_on IS NOT NULL)),
    CHECK ((status = 'declined') = (reason <> '')),
    CHECK ((edition IS NOT NULL) = (kind = 'codes' AND status = 'confirmed'))
);
CREATE UNIQUE INDEX budget_imports_once ON budget_imports (kind, year, digest) WHERE status <> 'declined';
CREATE UNIQUE INDEX budget_imports_edition ON budget_imports (edition);
