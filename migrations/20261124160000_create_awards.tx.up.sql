-- Rankings of a call: computed by the program from counted matters, finalised by whoever presides.
CREATE TABLE rankings (
    id               uuid PRIMARY KEY,
    call_id          uuid NOT NULL UNIQUE REFERENCES calls (id),
    council_id       uuid NOT NULL REFERENCES councils (id),
    session_id       uuid NOT NULL REFERENCES council_sessions (id), -- whose quorum finalises it
    status           text NOT NULL CHECK (status IN ('computed', 'finalised')),
    tie_order        text NOT NULL,
    ceiling          numeric(18,0) NOT NULL CHECK (ceiling > 0), -- whole đồng
    pass_mark        numeric(5,2) NOT NULL CHECK (pass_mark BETWEEN 0 AND 100),
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    computed_at      timestamptz NOT NULL,
    finalised_at     timestamptz,
    finalised_by     uuid REFERENCES users (id),
    digest           text, -- sha256 over the lines as finalised
    put_forward_at   timestamptz, -- its award set was proposed
    version          int NOT NULL DEFAULT 1,
    CHECK ((status = 'finalised') = (finalised_at IS NOT NULL AND finalised_by IS NOT NULL AND digest IS NOT NULL)));

-- Lines of a ranking. rank 0 = did not pass.
CREATE TABLE ranking_lines (
    ranking_id      uuid NOT NULL REFERENCES rankings (id),
    proposal_id     uuid NOT NULL REFERENCES proposals (id),
    organisation_id uuid NOT NULL,
    matter_id       uuid NOT NULL REFERENCES council_matters (id),
    position        int NOT NULL CHECK (position > 0),
    rank            int NOT NULL CHECK (rank >= 0),
    score           numeric(5,2),
    lowest          int,
    highest         int,
    requested       numeric(18,0) NOT NULL CHECK (requested >= 0),
    proposed        numeric(18,0) NOT NULL CHECK (proposed BETWEEN 0 AND requested),
    cumulative      numeric(18,0) NOT NULL CHECK (cumulative >= 0),
    outcome         text NOT NULL CHECK (outcome IN ('funded', 'reserve', 'rejected')),
    tie             text NOT NULL DEFAULT '', -- which rule of the tie order put it behind the line above, '' none
    PRIMARY KEY (ranking_id, proposal_id),
    UNIQUE (ranking_id, position),
    CHECK ((outcome = 'rejected') = (rank = 0)));

-- Award sets: the list of a call, decided as one. The checks repeat allocation.AwardSet on purpose.
CREATE TABLE award_sets (
    id               uuid PRIMARY KEY,
    call_id          uuid NOT NULL UNIQUE REFERENCES calls (id),
    ranking_id       uuid NOT NULL REFERENCES rankings (id),
    budget_line_id   uuid NOT NULL REFERENCES budget_lines (id),
    ceiling          numeric(18,0) NOT NULL CHECK (ceiling > 0), -- whole đồng
    status           text NOT NULL CHECK (status IN ('draft', 'proposed', 'appraised', 'confirmed', 'decided', 'published')),
    submission_no    text,
    appraisal_no     text,
    decision_no      text UNIQUE,
    decided_on       date,
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    finance_unit_id  uuid NOT NULL REFERENCES units (id),
    drafted_by       uuid NOT NULL REFERENCES users (id),
    proposed_by      uuid REFERENCES users (id) CHECK (proposed_by <> drafted_by),
    appraised_by     uuid REFERENCES users (id) CHECK (appraised_by <> proposed_by),
    confirmed_by     uuid REFERENCES users (id) CHECK (confirmed_by <> appraised_by),
    decided_by       uuid REFERENCES users (id) CHECK (decided_by NOT IN (drafted_by, proposed_by, appraised_by, confirmed_by)),
    published_by     uuid REFERENCES users (id),
    proposed_at      timestamptz,
    decided_at       timestamptz,
    published_at     timestamptz,
    version          int NOT NULL DEFAULT 1,
    CHECK ((status = 'draft') = (proposed_by IS NULL)),
    CHECK ((status IN ('decided', 'published')) = (decision_no IS NOT NULL AND decided_on IS NOT NULL AND decided_by IS NOT NULL)),
    CHECK ((status = 'published') = (published_at IS NOT NULL)));

-- Awards: one line a proposal of the ranking.
CREATE TABLE awards (
    id              uuid PRIMARY KEY,
    set_id          uuid NOT NULL REFERENCES award_sets (id),
    proposal_id     uuid NOT NULL UNIQUE REFERENCES proposals (id),
    organisation_id uuid NOT NULL,
    rank            int NOT NULL CHECK (rank >= 0),
    score           numeric(5,2),
    requested       numeric(18,0) NOT NULL CHECK (requested >= 0),
    proposed        numeric(18,0) NOT NULL CHECK (proposed BETWEEN 0 AND requested),
    appraised       numeric(18,0) CHECK (appraised BETWEEN 0 AND proposed),
    amount          numeric(18,0) NOT NULL DEFAULT 0 CHECK (amount BETWEEN 0 AND proposed), -- decided, whole đồng
    outcome         text NOT NULL CHECK (outcome IN ('funded', 'reserve', 'rejected')),
    reason          text NOT NULL DEFAULT '',
    CHECK (appraised IS NULL OR appraised = proposed OR reason <> ''),
    CHECK (outcome = 'funded' OR amount = 0));
CREATE INDEX awards_set ON awards (set_id, rank);
CREATE INDEX awards_organisation ON awards (organisation_id);

-- A decided set has its journal, unless nothing in it was funded.
INSERT INTO ledger.document_kinds (kind, relation, must_post) VALUES ('award_set', 'award_sets',
    'd.decided_at IS NOT NULL AND EXISTS (SELECT 1 FROM awards a WHERE a.set_id = d.id AND a.amount > 0)');
