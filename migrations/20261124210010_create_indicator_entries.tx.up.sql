-- Measured values with their evidence. A published value is never changed: a restatement is a new row that takes
-- its place when it is approved. The checks repeat indicator.Entry.
CREATE TABLE indicator_entries (
    id               uuid PRIMARY KEY,
    indicator_id     uuid NOT NULL REFERENCES indicators (id),
    as_of            date NOT NULL CHECK (as_of >= '2015-01-01'), -- last day the value covers
    value            numeric(18, 4) NOT NULL CHECK (value >= 0 AND value < 1000000000),
    source           text NOT NULL CHECK (source <> ''),
    evidence         text NOT NULL CHECK (evidence <> ''),
    status           text NOT NULL CHECK (status IN ('proposed', 'verified', 'published', 'restated', 'rejected')),
    restates         uuid REFERENCES indicator_entries (id),
    reason           text NOT NULL DEFAULT '' CHECK (restates IS NULL OR reason <> ''),
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    proposed_by      uuid NOT NULL,
    proposed_at      timestamptz NOT NULL,
    verified_by      uuid CHECK (verified_by <> proposed_by),
    verified_at      timestamptz,
    published_by     uuid,
    published_at     timestamptz,
    version          int NOT NULL DEFAULT 1,
    CHECK ((verified_by IS NULL) = (verified_at IS NULL)),
    CHECK ((published_by IS NULL) = (published_at IS NULL)),
    CHECK (status NOT IN ('published', 'restated') OR (published_by IS NOT NULL AND verified_by IS NOT NULL))
);
-- One value in force per indicator and day; one restatement under way per value.
CREATE UNIQUE INDEX indicator_entries_in_force ON indicator_entries (indicator_id, as_of) WHERE status = 'published';
CREATE UNIQUE INDEX indicator_entries_restatement ON indicator_entries (restates) WHERE status IN ('proposed', 'verified');
CREATE INDEX indicator_entries_status ON indicator_entries (status, indicator_id);
