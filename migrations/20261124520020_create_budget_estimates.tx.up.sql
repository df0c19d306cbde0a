-- Budget estimates (dự toán) of a year: round 0 is the year's own, later rounds are supplements. The states are those
-- of budget.Estimate: drafted by units, consolidated by Sở KH&CN, appraised line by line and confirmed by Sở Tài chính,
-- assigned by a decision of UBND tỉnh.
CREATE TABLE budget_estimates (
    id               uuid PRIMARY KEY,
    year             int NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    round            int NOT NULL CHECK (round BETWEEN 0 AND 99),
    title            text NOT NULL CHECK (title <> ''),
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    finance_unit_id  uuid NOT NULL REFERENCES units (id),
    status           text NOT NULL CHECK (status IN ('draft', 'consolidated', 'appraised', 'confirmed', 'assigned')),
    submission_no    text NOT NULL DEFAULT '', -- tờ trình of Sở KH&CN
    appraisal_no     text NOT NULL DEFAULT '',
    return_reason    text NOT NULL DEFAULT '', -- of the last time it was sent back, until it goes on again
    drafted_by       uuid NOT NULL REFERENCES users (id),
    drafted_at       timestamptz NOT NULL,
    consolidated_by  uuid REFERENCES users (id),
    appraised_by     uuid REFERENCES users (id) CHECK (appraised_by <> consolidated_by),
    confirmed_by     uuid REFERENCES users (id) CHECK (confirmed_by <> appraised_by),
    assigned_by      uuid REFERENCES users (id) CHECK (assigned_by <> confirmed_by AND assigned_by <> appraised_by),
    assigned_at      timestamptz,
    decision_no      text NOT NULL DEFAULT '',
    decided_on       date,
    version          int NOT NULL DEFAULT 1,
    UNIQUE (year, round),
    CHECK ((status = 'draft') = (submission_no = '' AND consolidated_by IS NULL)),
    CHECK ((status IN ('appraised', 'confirmed', 'assigned')) = (appraisal_no <> '' AND appraised_by IS NOT NULL)),
    CHECK ((status IN ('confirmed', 'assigned')) = (confirmed_by IS NOT NULL)),
    CHECK ((status = 'assigned') = (assigned_by IS NOT NULL AND assigned_at IS NOT NULL AND decision_no <> '' AND decided_on IS NOT NULL))
);

-- One task of an estimate. asked is what the unit asks for, appraised what Sở Tài chính proposes instead; NULL = not yet.
CREATE TABLE budget_estimate_rows (
    id             uuid PRIMARY KEY,
    estimate_id    uuid NOT NULL REFERENCES budget_estimates (id),
    position       int NOT NULL,
    code           text NOT NULL CHECK (code ~ '^[A-Z0-9][A-Z0-9.-]{0,31}$'), -- of the line it becomes
    task_vi        text NOT NULL CHECK (task_vi <> ''),
    task_en        text NOT NULL CHECK (task_en <> ''),
    source_code    text NOT NULL CHECK (source_code IN ('NS', 'TT', 'KHAC')),
    programme_code text NOT NULL DEFAULT '' CHECK (programme_code ~ '^[A-Z0-9-]{0,20}$'),
    chapter        text NOT NULL DEFAULT '',
    level          text NOT NULL CHECK (level ~ '^[0-9]$'),
    category       text NOT NULL DEFAULT '',
    item           text NOT NULL DEFAULT '',
    sub_item       text NOT NULL DEFAULT '',
    source_id      uuid REFERENCES budget_sources (id),
    unit_id        uuid NOT NULL REFERENCES units (id),
    fund_id        uuid REFERENCES funds (id), -- of a row that a fund drafts
    project_id     uuid REFERENCES proposals (id),
    milestone_id   uuid REFERENCES agreement_milestones (id),
    asked          numeric(18,0) NOT NULL CHECK (asked > 0),
    explanation    text NOT NULL CHECK (explanation <> ''),
    appraised      numeric(18,0) CHECK (appraised >= 0),
    comment        text NOT NULL DEFAULT '' CHECK (appraised IS NULL OR appraised = asked OR comment <> ''),
    drafted_by     uuid NOT NULL REFERENCES users (id),
    line_id        uuid REFERENCES budget_lines (id), -- that the assignment opened
    version        int NOT NULL DEFAULT 1,
    UNIQUE (estimate_id, code)
);

CREATE TABLE budget_estimate_files (
    id          uuid PRIMARY KEY,
    estimate_id uuid NOT NULL REFERENCES budget_estimates (id),
    file_id     uuid NOT NULL REFERENCES files (id),
    added_by    uuid NOT NULL REFERENCES users (id),
    added_at    timestamptz NOT NULL
);
CREATE INDEX budget_estimate_files_estimate ON budget_estimate_files (estimate_id);

-- A copy of the estimate at each transition. Nobody changes or deletes one.
CREATE TABLE budget_estimate_versions (
    estimate_id uuid NOT NULL REFERENCES budget_estimates (id),
    no          int NOT NULL CHECK (no > 0),
    act         text NOT NULL,
    status      text NOT NULL,
    note        text NOT NULL DEFAULT '', -- number of the document, or the reason
    total       numeric(18,0) NOT NULL,
    content     jsonb NOT NULL,
    digest      text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'), -- SHA-256 of the content as it was written
    made_by     uuid NOT NULL REFERENCES users (id),
    made_at     timestamptz NOT NULL,
    PRIMARY KEY (estimate_id, no)
);
CREATE FUNCTION refuse_estimate_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of an estimate is never changed' USING ERRCODE = '23001';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON budget_estimate_versions FOR EACH ROW EXECUTE FUNCTION refuse_estimate_version_change();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON budget_estimate_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_estimate_version_change();
REVOKE UPDATE, DELETE ON budget_estimate_versions FROM kinhbac_app;
