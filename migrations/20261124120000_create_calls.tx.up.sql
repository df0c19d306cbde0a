-- Programmes: the activity groups of Plan 151/KH-UBND under which calls and budgets stand.
CREATE TABLE programmes (
    id             uuid PRIMARY KEY,
    code           text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9-]{2,20}$'),
    activity_group int NOT NULL CHECK (activity_group BETWEEN 1 AND 8),
    name_vi        text NOT NULL CHECK (name_vi <> ''),
    name_en        text NOT NULL CHECK (name_en <> ''),
    goal_vi        text NOT NULL DEFAULT '',
    goal_en        text NOT NULL DEFAULT '',
    status         text NOT NULL CHECK (status IN ('draft', 'approved')),
    version        int NOT NULL DEFAULT 1 CHECK (version > 0)
);

-- Calls for proposals. The checks repeat call.Call on purpose; the ceiling is a promise of the call, the money is
-- reserved on the line by the award decision alone.
CREATE TABLE calls (
    id               uuid PRIMARY KEY,
    code             text NOT NULL UNIQUE CHECK (code ~ '^BN-[0-9]{4}-[0-9]{2,3}$'),
    programme_id     uuid NOT NULL REFERENCES programmes (id),
    title_vi         text NOT NULL CHECK (btrim(title_vi) <> ''),
    title_en         text NOT NULL CHECK (btrim(title_en) <> ''),
    summary_vi       text NOT NULL,
    summary_en       text NOT NULL,
    beneficiary      text NOT NULL CHECK (beneficiary IN ('startup', 'support', 'any')),
    track            text NOT NULL CHECK (track IN ('nd268', 'nd267')),
    ballot_kind      text NOT NULL CHECK (ballot_kind IN ('points', 'pass_fail')),
    budget_line_id   uuid NOT NULL REFERENCES budget_lines (id),
    ceiling_total    numeric(18,0) NOT NULL CHECK (ceiling_total > 0), -- whole đồng
    ceiling_award    numeric(18,0) NOT NULL CHECK (ceiling_award > 0 AND ceiling_award <= ceiling_total),
    pass_mark        numeric(5,2) NOT NULL CHECK (pass_mark BETWEEN 0 AND 100), -- points of 100
    co_funding_share numeric(5,2) NOT NULL CHECK (co_funding_share >= 0 AND co_funding_share < 100), -- least percent by the applicant
    opens_at         timestamptz NOT NULL, -- included
    closes_at        timestamptz NOT NULL CHECK (closes_at > opens_at), -- not included
    reference_date   date NOT NULL,
    contact          text NOT NULL,
    documents        text[] NOT NULL DEFAULT '{}',
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    finance_unit_id  uuid NOT NULL REFERENCES units (id),
    status           text NOT NULL CHECK (status IN ('draft', 'approved', 'published', 'open', 'closed', 'evaluating', 'decided', 'archived')),
    rulebook         text NOT NULL DEFAULT '',
    number           text NOT NULL DEFAULT '',
    published_at     timestamptz,
    closed_at        timestamptz,
    version          int NOT NULL DEFAULT 1 CHECK (version > 0),
    CHECK ((status = 'draft') = (rulebook = '')),
    CHECK ((status IN ('draft', 'approved')) = (number = '' AND published_at IS NULL)),
    CHECK (status IN ('closed', 'evaluating', 'decided', 'archived') OR closed_at IS NULL)
);
CREATE INDEX calls_due ON calls (status, opens_at, closes_at) WHERE status IN ('published', 'open');

-- Lines of the score sheet; the points of a call sum to 100, which the service checks under the lock of the call.
CREATE TABLE call_criteria (
    id         uuid PRIMARY KEY,
    call_id    uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    position   int NOT NULL CHECK (position BETWEEN 1 AND 30),
    name_vi    text NOT NULL CHECK (btrim(name_vi) <> ''),
    name_en    text NOT NULL CHECK (btrim(name_en) <> ''),
    max_points int NOT NULL CHECK (max_points BETWEEN 0 AND 100), -- 0 where ballots are pass or fail
    UNIQUE (call_id, position)
);

-- Changes to a call after publication: an explanation for all, or a later closing instant. Proposed by an officer,
-- decided by the head; the call itself keeps its frozen content.
CREATE TABLE call_addenda (
    id          uuid PRIMARY KEY,
    call_id     uuid NOT NULL REFERENCES calls (id),
    no          int NOT NULL CHECK (no > 0),
    kind        text NOT NULL CHECK (kind IN ('explanation', 'extension')),
    text_vi     text NOT NULL CHECK (btrim(text_vi) <> ''),
    text_en     text NOT NULL CHECK (btrim(text_en) <> ''),
    old_closing timestamptz,
    new_closing timestamptz CHECK (new_closing > old_closing),
    number      text NOT NULL DEFAULT '',
    status      text NOT NULL CHECK (status IN ('proposed', 'in_force', 'replaced')),
    proposed_by uuid NOT NULL REFERENCES users (id),
    proposed_at timestamptz NOT NULL DEFAULT kb.now(),
    decided_by  uuid REFERENCES users (id) CHECK (decided_by <> proposed_by),
    decided_at  timestamptz,
    UNIQUE (call_id, no),
    CHECK ((kind = 'extension') = (new_closing IS NOT NULL)),
    CHECK ((status = 'in_force') = (decided_by IS NOT NULL AND number <> ''))
);
CREATE UNIQUE INDEX call_addenda_one_pending ON call_addenda (call_id, kind) WHERE status = 'proposed';
