-- What connects a person, or an organisation, with an object; every row condition of the policies asks here.
-- Written by the rooms in the transaction of the act. A tie that ended counts no more from that transaction on.
CREATE TABLE access_ties (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('own', 'assigned', 'seat', 'coi_declared', 'conflict', 'contract')),
    subject_id  uuid NOT NULL, -- a user, or an organisation
    object_kind text NOT NULL CHECK (object_kind <> ''),
    object_id   uuid NOT NULL,
    reason      text NOT NULL DEFAULT '',
    valid_from  timestamptz NOT NULL DEFAULT kb.now(),
    valid_to    timestamptz CHECK (valid_to >= valid_from),
    CHECK (kind <> 'seat' OR reason IN ('chair', 'vice', 'scientific_secretary', 'critic', 'member', 'secretary'))
);
CREATE UNIQUE INDEX access_ties_once ON access_ties (subject_id, kind, object_kind, object_id, reason) WHERE valid_to IS NULL;
CREATE INDEX access_ties_object ON access_ties (object_id, kind) WHERE valid_to IS NULL;

-- Steps people made on the pending chain of an object; not_maker looks here. A chain that was reset or ended
-- keeps its rows. person_id is the natural person at the time of the step.
CREATE TABLE access_steps (
    id          uuid PRIMARY KEY,
    object_kind text NOT NULL CHECK (object_kind <> ''),
    object_id   uuid NOT NULL,
    step        text NOT NULL CHECK (step <> ''),
    actor_id    uuid NOT NULL REFERENCES users (id),
    person_id   uuid NOT NULL,
    role        text NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT kb.now(),
    cleared_at  timestamptz
);
CREATE INDEX access_steps_pending ON access_steps (object_id, object_kind, person_id) WHERE cleared_at IS NULL;

-- Ties and steps end; they are not deleted.
REVOKE DELETE ON access_ties, access_steps FROM kinhbac_app;
