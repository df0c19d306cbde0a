-- Grant agreements: one per award, signed by grantee and State over one digest of the terms. The checks repeat
-- agreement.Agreement on purpose.
CREATE TABLE agreements (
    id                uuid PRIMARY KEY,
    no                text NOT NULL UNIQUE,
    award_id          uuid NOT NULL UNIQUE REFERENCES awards (id),
    proposal_id       uuid NOT NULL REFERENCES proposals (id),
    call_id           uuid NOT NULL REFERENCES calls (id),
    organisation_id   uuid NOT NULL REFERENCES organisations (id),
    budget_line_id    uuid NOT NULL REFERENCES budget_lines (id),
    contract_line     bigint,
    title             text NOT NULL,
    amount            numeric(18,0) NOT NULL CHECK (amount > 0),
    co_funding        numeric(18,0) NOT NULL DEFAULT 0 CHECK (co_funding >= 0),
    starts_on         date NOT NULL,
    ends_on           date NOT NULL,
    payee_name        text NOT NULL,
    payee_bank        text NOT NULL CHECK (payee_bank ~ '^[0-9]{6}$'),
    payee_account     text NOT NULL CHECK (length(payee_account) BETWEEN 6 AND 19),
    status            text NOT NULL CHECK (status IN ('draft', 'signed_grantee', 'running', 'accepted', 'settled', 'liquidated', 'terminated')),
    digest            text NOT NULL CHECK (length(digest) = 64),
    drafted_by        uuid NOT NULL REFERENCES users (id),
    grantee_signed_by uuid REFERENCES users (id),
    grantee_signed_at timestamptz,
    state_signed_by   uuid REFERENCES users (id) CHECK (state_signed_by <> drafted_by AND state_signed_by <> grantee_signed_by),
    state_signed_at   timestamptz,
    managing_unit_id  uuid NOT NULL REFERENCES units (id),
    finance_unit_id   uuid NOT NULL REFERENCES units (id),
    created_at        timestamptz NOT NULL,
    version           int NOT NULL DEFAULT 1,
    -- Source: NĐ 268/2025/NĐ-CP, hợp đồng không quá 60 tháng.
    CHECK (ends_on > starts_on AND ends_on <= starts_on + interval '60 months'),
    CHECK ((status = 'draft') = (grantee_signed_by IS NULL)),
    CHECK ((status IN ('draft', 'signed_grantee')) = (state_signed_by IS NULL)),
    CHECK ((grantee_signed_by IS NULL) = (grantee_signed_at IS NULL)),
    CHECK ((state_signed_by IS NULL) = (state_signed_at IS NULL)),
    CHECK ((state_signed_by IS NULL) = (contract_line IS NULL))
);
CREATE INDEX ON agreements (organisation_id);
CREATE INDEX ON agreements (created_at DESC, id);

-- Serial of the agreement number, per year of drafting.
CREATE TABLE agreement_serials (
    year int PRIMARY KEY,
    last int NOT NULL CHECK (last > 0)
);

-- Contents of the work; what is accepted may be asked for.
CREATE TABLE agreement_milestones (
    id           uuid PRIMARY KEY,
    agreement_id uuid NOT NULL REFERENCES agreements (id),
    position     int NOT NULL CHECK (position > 0),
    name         text NOT NULL CHECK (name <> ''),
    amount       numeric(18,0) NOT NULL CHECK (amount > 0),
    due_on       date NOT NULL,
    status       text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'reported', 'accepted', 'paid')),
    UNIQUE (agreement_id, position)
);

-- Progress reports on a milestone: submitted by the grantee, accepted or returned by the officer.
CREATE TABLE progress_reports (
    id           uuid PRIMARY KEY,
    agreement_id uuid NOT NULL REFERENCES agreements (id),
    milestone_id uuid NOT NULL REFERENCES agreement_milestones (id),
    body         text NOT NULL CHECK (body <> ''),
    spent        numeric(18,0) NOT NULL CHECK (spent >= 0),
    status       text NOT NULL CHECK (status IN ('submitted', 'accepted', 'returned')),
    submitted_by uuid NOT NULL REFERENCES users (id),
    submitted_at timestamptz NOT NULL,
    decided_by   uuid REFERENCES users (id) CHECK (decided_by <> submitted_by),
    decided_at   timestamptz,
    note         text NOT NULL DEFAULT '',
    CHECK ((status = 'submitted') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX ON progress_reports (agreement_id);
CREATE UNIQUE INDEX progress_reports_one_open ON progress_reports (milestone_id) WHERE status <> 'returned';

-- A signed agreement has posted its commitment.
INSERT INTO ledger.document_kinds (kind, relation, must_post) VALUES ('agreement', 'agreements', 'd.state_signed_by IS NOT NULL');
