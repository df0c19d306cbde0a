-- Sub-sources: each donor of sponsorship with its purpose, or a named part of another source. Money of one with a purpose
-- is spent for it alone, so it has a root line of its own.
CREATE TABLE budget_sources (
    id              uuid PRIMARY KEY,
    source_code     text NOT NULL CHECK (source_code IN ('NS', 'TT', 'KHAC')),
    code            text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9][A-Z0-9-]{0,10}$'),
    name_vi         text NOT NULL CHECK (name_vi <> ''),
    name_en         text NOT NULL CHECK (name_en <> ''),
    donor           text NOT NULL DEFAULT '' CHECK (source_code <> 'TT' OR donor <> ''),
    purpose         text NOT NULL DEFAULT '' CHECK (source_code <> 'TT' OR purpose <> ''),
    document_no     text NOT NULL DEFAULT '', -- of the sponsorship agreement
    signed_on       date,
    finance_unit_id uuid NOT NULL REFERENCES units (id),
    created_by      uuid NOT NULL REFERENCES users (id),
    created_at      timestamptz NOT NULL,
    CHECK ((document_no = '') = (signed_on IS NULL))
);

CREATE TABLE budget_source_files (
    source_id uuid NOT NULL REFERENCES budget_sources (id),
    file_id   uuid NOT NULL REFERENCES files (id),
    added_by  uuid NOT NULL REFERENCES users (id),
    added_at  timestamptz NOT NULL,
    PRIMARY KEY (source_id, file_id)
);

-- The rest of the budget dimensions of a line. '' and NULL: the line has none. Codes are those of budget_codes.
ALTER TABLE budget_lines
    ADD COLUMN level        text NOT NULL DEFAULT '2' CHECK (level ~ '^[0-9]$'), -- cấp; 2 = province
    ADD COLUMN category     text NOT NULL DEFAULT '', -- loại-khoản
    ADD COLUMN item         text NOT NULL DEFAULT '', -- mục
    ADD COLUMN sub_item     text NOT NULL DEFAULT '', -- tiểu mục
    ADD COLUMN source_id    uuid REFERENCES budget_sources (id),
    ADD COLUMN unit_id      uuid REFERENCES units (id), -- that runs the task
    ADD COLUMN project_id   uuid REFERENCES proposals (id),
    ADD COLUMN milestone_id uuid REFERENCES agreement_milestones (id);
