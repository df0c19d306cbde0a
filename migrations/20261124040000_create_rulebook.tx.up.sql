-- Rules by name: what can have a value at all. A rule without a value makes the act that needs it refuse.
CREATE TABLE rules (
    id      text PRIMARY KEY CHECK (id ~ '^[a-z0-9_]+([.][a-z0-9_]+)+$'),
    kind    text NOT NULL CHECK (kind IN ('number', 'threshold', 'word', 'list')),
    unit    text, -- d calendar days, wd working days, m months, y years, h hours, %, đồng; NULL for a pure number
    name_vi text NOT NULL CHECK (name_vi <> ''),
    name_en text NOT NULL CHECK (name_en <> '')
);

-- Versions of the whole book. A call binds one number and is replayed under it for ever.
CREATE TABLE rule_versions (
    no      int PRIMARY KEY CHECK (no > 0),
    made_at timestamptz NOT NULL DEFAULT kb.now(),
    reason  text NOT NULL
);
INSERT INTO rule_versions (no, reason) VALUES (1, 'migrations/data/61_rule_values.csv');

-- Values with their legal source. Nothing is overwritten: a new value, or the same one with better proof, is a
-- new row of a later version; so is a new law in migrations/data. The checks repeat package rulebook/revision on purpose.
CREATE TABLE rule_values (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    rule_id       text NOT NULL REFERENCES rules (id),
    value         text NOT NULL CHECK (value <> '' AND length(value) <= 200),
    instrument    text NOT NULL,
    article       text NOT NULL,
    confidence    text NOT NULL CHECK (confidence IN ('T', 'S', 'M', 'P', 'C')),
    valid_from    date, -- NULL: not stated
    valid_to      date CHECK (valid_to >= valid_from),
    note          text,
    status        text NOT NULL CHECK (status IN ('proposed', 'in_force', 'refused')),
    since_version int REFERENCES rule_versions (no),
    document_no   text NOT NULL DEFAULT '', -- the paper that proves a value tagged C
    document_on   date,
    proposed_by   uuid REFERENCES users (id),
    proposed_at   timestamptz,
    decided_by    uuid REFERENCES users (id) CHECK (decided_by <> proposed_by),
    decided_at    timestamptz,
    CHECK ((status = 'in_force') = (since_version IS NOT NULL)),
    CHECK (confidence <> 'C' OR document_no <> ''),
    CHECK (status = 'in_force' OR proposed_by IS NOT NULL),
    CHECK (proposed_by IS NULL OR (status = 'proposed') = (decided_by IS NULL))
);
CREATE INDEX rule_values_rule ON rule_values (rule_id, since_version DESC);
CREATE UNIQUE INDEX rule_values_one_proposal ON rule_values (rule_id) WHERE status = 'proposed';
