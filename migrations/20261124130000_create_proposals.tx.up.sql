-- Dossiers of applicants. The checks repeat proposal.Proposal on purpose: what was submitted has its code, instant
-- and digest, a draft has none of them.
CREATE TABLE proposals (
    id                 uuid PRIMARY KEY,
    code               text UNIQUE CHECK (code ~ '^[A-Z0-9.]+-[0-9]{6}-[0-9]{4}$'),
    call_id            uuid NOT NULL REFERENCES calls (id),
    organisation_id    uuid NOT NULL REFERENCES organisations (id),
    owner_id           uuid NOT NULL REFERENCES users (id),
    managing_unit_id   uuid NOT NULL REFERENCES units (id),
    finance_unit_id    uuid NOT NULL REFERENCES units (id),
    contact_name       text NOT NULL DEFAULT '',
    contact_email      text NOT NULL DEFAULT '',
    contact_phone      text NOT NULL DEFAULT '',
    title_vi           text NOT NULL DEFAULT '',
    title_en           text NOT NULL DEFAULT '',
    summary            text NOT NULL DEFAULT '',
    problem            text NOT NULL DEFAULT '',
    solution           text NOT NULL DEFAULT '',
    novelty            text NOT NULL DEFAULT '',
    market             text NOT NULL DEFAULT '',
    business_model     text NOT NULL DEFAULT '',
    plan               text NOT NULL DEFAULT '',
    outcomes           text NOT NULL DEFAULT '',
    duration_months    int NOT NULL DEFAULT 0 CHECK (duration_months BETWEEN 0 AND 60), -- 0 = not said yet
    cost_basis         text NOT NULL DEFAULT '',
    truth_confirmed    boolean NOT NULL DEFAULT false,
    no_double_funding  boolean NOT NULL DEFAULT false,
    publicity_agreed   boolean NOT NULL DEFAULT false,
    status             text NOT NULL CHECK (status IN ('draft', 'submitted', 'screening', 'supplement_requested', 'eligible',
        'ineligible', 'under_review', 'recommended', 'not_recommended', 'awarded', 'reserve', 'rejected', 'withdrawn')),
    requested          numeric(18,0) NOT NULL DEFAULT 0 CHECK (requested >= 0),  -- whole đồng, kept by the cost table
    co_funding         numeric(18,0) NOT NULL DEFAULT 0 CHECK (co_funding >= 0), -- whole đồng
    submitted_at       timestamptz,
    digest             text CHECK (digest ~ '^[0-9a-f]{64}$'),
    supplement_wanted  text NOT NULL DEFAULT '',
    supplement_until   timestamptz, -- excluded
    supplement_done_at timestamptz, -- one supplement a dossier
    screened_at        timestamptz, -- the applicant was told the outcome of screening
    put_forward_at     timestamptz, -- stands in a proposed set of awards
    published_at       timestamptz, -- the set with its outcome is public
    version            int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    folded             text NOT NULL GENERATED ALWAYS AS (kb.fold(coalesce(code, '') || ' ' || title_vi || ' ' || title_en)) STORED,
    CHECK ((status = 'draft') = (code IS NULL)),
    CHECK ((status = 'draft') = (submitted_at IS NULL)),
    CHECK ((status = 'draft') = (digest IS NULL)),
    CHECK (status = 'draft' OR (title_vi <> '' AND requested > 0 AND truth_confirmed AND no_double_funding)),
    CHECK (status <> 'supplement_requested' OR (supplement_wanted <> '' AND supplement_until IS NOT NULL))
);
CREATE INDEX proposals_call ON proposals (call_id, status);
CREATE INDEX proposals_organisation ON proposals (organisation_id);
CREATE INDEX proposals_submitted ON proposals (submitted_at DESC, id);
CREATE INDEX proposals_folded ON proposals USING gin (folded gin_trgm_ops);

-- The people of a dossier; position 1 leads it.
CREATE TABLE proposal_members (
    id            uuid PRIMARY KEY,
    proposal_id   uuid NOT NULL REFERENCES proposals (id),
    position      int NOT NULL CHECK (position > 0),
    name          text NOT NULL CHECK (name <> ''),
    part          text NOT NULL DEFAULT '',
    qualification text NOT NULL DEFAULT '',
    UNIQUE (proposal_id, position)
);

-- The cost table: what one source pays for one item. The sources of an item share its position.
CREATE TABLE proposal_costs (
    id          uuid PRIMARY KEY,
    proposal_id uuid NOT NULL REFERENCES proposals (id),
    position    int NOT NULL CHECK (position > 0),
    item        text NOT NULL CHECK (item <> ''),
    source      text NOT NULL CHECK (source IN ('grant', 'own', 'other')),
    amount      numeric(18,0) NOT NULL CHECK (amount > 0), -- whole đồng
    UNIQUE (proposal_id, position, source)
);

-- Files of a dossier. document is a code of the call's required documents, or 'other'.
CREATE TABLE proposal_files (
    id          uuid PRIMARY KEY,
    proposal_id uuid NOT NULL REFERENCES proposals (id),
    document    text NOT NULL CHECK (document <> ''),
    file_id     uuid NOT NULL REFERENCES files (id),
    added_at    timestamptz NOT NULL
);
CREATE INDEX proposal_files_proposal ON proposal_files (proposal_id);

-- What was submitted, word for word: digest is the sha256 of content. Rows are never changed.
CREATE TABLE proposal_versions (
    id           uuid PRIMARY KEY,
    proposal_id  uuid NOT NULL REFERENCES proposals (id),
    number       int NOT NULL CHECK (number > 0), -- 1 = the submission, 2 = after a supplement
    content      text NOT NULL,
    digest       text NOT NULL CHECK (digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
    submitted_by uuid NOT NULL REFERENCES users (id),
    submitted_at timestamptz NOT NULL,
    UNIQUE (proposal_id, number)
);
REVOKE UPDATE, DELETE ON proposal_versions FROM kinhbac_app;

-- How many dossiers a day had: the last serial given, from 0.
CREATE TABLE proposal_serials (
    day  date PRIMARY KEY,
    last int NOT NULL CHECK (last BETWEEN 0 AND 9999)
);
REVOKE SELECT ON proposal_serials FROM kinhbac_read;

-- The one secret that mixes serials into codes, so that a code does not tell how many there are.
CREATE TABLE proposal_code_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key bytea NOT NULL CHECK (octet_length(key) = 32)
);
INSERT INTO proposal_code_key (key)
VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
REVOKE ALL ON proposal_code_key FROM kinhbac_read;
REVOKE INSERT, UPDATE, DELETE ON proposal_code_key FROM kinhbac_app;

-- Checks of eligibility (sơ loại). Whoever prepared one does not decide it.
CREATE TABLE eligibility_checks (
    id               uuid PRIMARY KEY,
    proposal_id      uuid NOT NULL REFERENCES proposals (id),
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    outcome          text NOT NULL CHECK (outcome IN ('eligible', 'ineligible')),
    reason           text NOT NULL CHECK (outcome = 'eligible' OR reason <> ''),
    status           text NOT NULL CHECK (status IN ('proposed', 'returned', 'confirmed')),
    prepared_by      uuid NOT NULL REFERENCES users (id),
    prepared_at      timestamptz NOT NULL,
    decided_by       uuid REFERENCES users (id) CHECK (decided_by <> prepared_by),
    decided_at       timestamptz,
    remark           text NOT NULL DEFAULT '' CHECK (status <> 'returned' OR remark <> ''),
    version          int NOT NULL DEFAULT 1,
    CHECK ((status = 'proposed') = (decided_by IS NULL AND decided_at IS NULL))
);
CREATE UNIQUE INDEX eligibility_checks_one ON eligibility_checks (proposal_id) WHERE status <> 'returned';

-- What the rules said when the check was prepared, each with its article. inputs are label and value in turn.
CREATE TABLE eligibility_findings (
    check_id   uuid NOT NULL REFERENCES eligibility_checks (id),
    position   int NOT NULL CHECK (position > 0),
    question   text NOT NULL, -- catalogue code
    answer     text NOT NULL CHECK (answer IN ('pass', 'look', 'fail')),
    detail     text NOT NULL DEFAULT '', -- a value to show, ready to read
    rule_id    text NOT NULL DEFAULT '',
    article    text NOT NULL DEFAULT '',
    rulebook   text NOT NULL DEFAULT '',
    unverified boolean NOT NULL DEFAULT false,
    inputs     text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (check_id, position)
);
REVOKE UPDATE, DELETE ON eligibility_findings FROM kinhbac_app;
