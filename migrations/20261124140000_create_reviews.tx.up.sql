-- Declarations of interests: one of each answer a person and dossier (seats, readers) or call (officers).
CREATE TABLE coi_declarations (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES users (id),
    subject_kind text NOT NULL CHECK (subject_kind IN ('proposal', 'call', 'deal', 'fund')),
    subject_id   uuid NOT NULL,
    conflict     boolean NOT NULL,
    ground       text NOT NULL DEFAULT '' CHECK (NOT conflict OR ground <> ''),
    imposed_by   uuid REFERENCES users (id) CHECK (imposed_by <> person_id), -- NULL: declared by the person
    declared_at  timestamptz NOT NULL,
    CHECK (imposed_by IS NULL OR conflict),
    UNIQUE (person_id, subject_kind, subject_id, conflict));
CREATE INDEX coi_declarations_subject ON coi_declarations (subject_id);

-- Assignments of readers to dossiers. The checks repeat review.Assignment on purpose.
CREATE TABLE review_assignments (
    id               uuid PRIMARY KEY,
    proposal_id      uuid NOT NULL REFERENCES proposals (id),
    call_id          uuid NOT NULL REFERENCES calls (id),
    reviewer_id      uuid NOT NULL REFERENCES users (id),
    reviewer_name    text NOT NULL,
    part             text NOT NULL CHECK (part IN ('reader', 'critic')),
    due_on           date NOT NULL, -- the last day to send the sheet
    status           text NOT NULL CHECK (status IN ('proposed', 'approved', 'accepted', 'declined', 'submitted', 'locked')),
    proposed_by      uuid NOT NULL REFERENCES users (id),
    approved_by      uuid REFERENCES users (id) CHECK (approved_by <> proposed_by),
    decline_reason   text NOT NULL DEFAULT '' CHECK (status <> 'declined' OR decline_reason <> ''),
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    proposed_at      timestamptz NOT NULL,
    approved_at      timestamptz,
    answered_at      timestamptz,
    version          int NOT NULL DEFAULT 1,
    CHECK (status IN ('proposed', 'declined', 'locked') OR (approved_by IS NOT NULL AND approved_at IS NOT NULL)));
CREATE UNIQUE INDEX review_assignments_once ON review_assignments (proposal_id, reviewer_id) WHERE status <> 'declined';
CREATE INDEX review_assignments_reviewer ON review_assignments (reviewer_id, status);

-- Sheets (phiếu nhận xét): advisory, one an assignment. digest is over what was signed.
CREATE TABLE review_sheets (
    id             uuid PRIMARY KEY,
    assignment_id  uuid NOT NULL UNIQUE REFERENCES review_assignments (id),
    proposal_id    uuid NOT NULL REFERENCES proposals (id),
    reviewer_id    uuid NOT NULL REFERENCES users (id),
    total          int CHECK (total BETWEEN 0 AND 100),
    recommendation text CHECK (recommendation IN ('support', 'support_adjusted', 'not_support')),
    comment        text NOT NULL DEFAULT '',
    saved_at       timestamptz,
    submitted_at   timestamptz CHECK (submitted_at IS NULL OR (total IS NOT NULL AND recommendation IS NOT NULL AND digest IS NOT NULL)),
    digest         text,
    discussed_at   timestamptz, -- its matter was presented: the seats may read it
    closed_at      timestamptz, -- its matter was counted
    version        int NOT NULL DEFAULT 1);
CREATE INDEX review_sheets_proposal ON review_sheets (proposal_id);

-- Points of a sheet by criterion.
CREATE TABLE review_scores (
    sheet_id     uuid NOT NULL REFERENCES review_sheets (id),
    criterion_id uuid NOT NULL REFERENCES call_criteria (id),
    points       int CHECK (points BETWEEN 0 AND 100),
    comment      text NOT NULL DEFAULT '',
    PRIMARY KEY (sheet_id, criterion_id));
