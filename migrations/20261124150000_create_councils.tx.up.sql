-- Councils: bodies of seats named by one establishment decision, and the quorum bound to them. The checks
-- repeat council.Council on purpose.
CREATE TABLE councils (
    id               uuid PRIMARY KEY,
    kind             text NOT NULL CHECK (kind IN ('grant', 'investment')),
    subject_kind     text NOT NULL CHECK (subject_kind IN ('call', 'fund')),
    subject_id       uuid NOT NULL,
    name_vi          text NOT NULL CHECK (name_vi <> ''),
    name_en          text NOT NULL DEFAULT '',
    status           text NOT NULL CHECK (status IN ('proposed', 'established')),
    rule_set         text NOT NULL,
    quorum_num       int NOT NULL CHECK (quorum_num > 0),
    quorum_den       int NOT NULL CHECK (quorum_den >= quorum_num),
    quorum_strict    boolean NOT NULL,
    quorum_chair     boolean NOT NULL,
    quorum_critics   int NOT NULL CHECK (quorum_critics >= 0),
    decision_no      text,
    decided_on       date,
    secretary_id     uuid NOT NULL REFERENCES users (id), -- administrative: no seat, no vote
    managing_unit_id uuid REFERENCES units (id),
    fund_id          uuid,
    proposed_by      uuid NOT NULL REFERENCES users (id),
    approved_by      uuid REFERENCES users (id) CHECK (approved_by <> proposed_by),
    created_at       timestamptz NOT NULL,
    approved_at      timestamptz,
    version          int NOT NULL DEFAULT 1,
    CHECK ((kind = 'grant') = (subject_kind = 'call')),
    CHECK ((kind = 'grant') = (managing_unit_id IS NOT NULL)),
    CHECK ((kind = 'investment') = (fund_id IS NOT NULL)),
    CHECK ((status = 'established') = (decision_no IS NOT NULL AND decided_on IS NOT NULL
        AND approved_by IS NOT NULL AND approved_at IS NOT NULL)));
CREATE INDEX councils_subject ON councils (subject_id);

-- Seats of a decision. One chair, one scientific secretary, one place a person.
CREATE TABLE council_seats (
    id          uuid PRIMARY KEY,
    council_id  uuid NOT NULL REFERENCES councils (id),
    position    int NOT NULL CHECK (position > 0),
    kind        text NOT NULL CHECK (kind IN ('chair', 'vice', 'scientific_secretary', 'critic', 'member')),
    person_id   uuid NOT NULL REFERENCES users (id),
    person_name text NOT NULL CHECK (person_name <> ''),
    field       text NOT NULL DEFAULT '',
    votes       boolean NOT NULL,
    ended_at    timestamptz,
    UNIQUE (council_id, position),
    UNIQUE (council_id, person_id));
CREATE UNIQUE INDEX council_seats_single ON council_seats (council_id, kind) WHERE kind IN ('chair', 'vice', 'scientific_secretary') AND ended_at IS NULL;

-- Sessions: one meeting each, with its minutes. Both signatures are over minutes_digest.
CREATE TABLE council_sessions (
    id                  uuid PRIMARY KEY,
    council_id          uuid NOT NULL REFERENCES councils (id),
    number              int NOT NULL CHECK (number > 0),
    starts_at           timestamptz NOT NULL,
    place               text NOT NULL CHECK (place <> ''),
    online              boolean NOT NULL DEFAULT false,
    status              text NOT NULL CHECK (status IN ('scheduled', 'open', 'ended', 'drafted', 'signed')),
    presiding_seat_id   uuid REFERENCES council_seats (id), -- by written authorisation of the chair
    authorisation_no    text CHECK ((authorisation_no IS NULL) = (presiding_seat_id IS NULL)),
    opened_at           timestamptz,
    ended_at            timestamptz,
    opened_by           uuid REFERENCES users (id),
    minutes_body        text,
    minutes_digest      text,
    drafted_by          uuid REFERENCES users (id),
    drafted_at          timestamptz,
    secretary_signed    uuid REFERENCES users (id),
    secretary_signed_at timestamptz,
    chair_signed        uuid REFERENCES users (id) CHECK (chair_signed <> secretary_signed AND chair_signed <> drafted_by),
    chair_signed_at     timestamptz,
    version             int NOT NULL DEFAULT 1,
    UNIQUE (council_id, number),
    CHECK ((status = 'scheduled') = (opened_at IS NULL)),
    CHECK ((status IN ('ended', 'drafted', 'signed')) = (ended_at IS NOT NULL)),
    CHECK ((status IN ('drafted', 'signed')) = (minutes_digest IS NOT NULL AND drafted_by IS NOT NULL)),
    CHECK ((status = 'signed') = (secretary_signed IS NOT NULL AND chair_signed IS NOT NULL)));

-- Who sits in the room: the newest mark of a seat counts.
CREATE TABLE council_attendances (
    session_id uuid NOT NULL REFERENCES council_sessions (id),
    seat_id    uuid NOT NULL REFERENCES council_seats (id),
    presence   text NOT NULL CHECK (presence IN ('present', 'online', 'absent')),
    note       text NOT NULL DEFAULT '', -- reason, or the written remarks read out
    marked_by  uuid NOT NULL REFERENCES users (id),
    marked_at  timestamptz NOT NULL,
    PRIMARY KEY (session_id, seat_id));

-- Matters: one proposal or deal in one session. Results are NULL until the count.
CREATE TABLE council_matters (
    id              uuid PRIMARY KEY,
    council_id      uuid NOT NULL REFERENCES councils (id),
    session_id      uuid NOT NULL REFERENCES council_sessions (id),
    position        int NOT NULL CHECK (position > 0),
    kind            text NOT NULL CHECK (kind IN ('proposal', 'deal')),
    subject_id      uuid NOT NULL,
    organisation_id uuid,
    code            text NOT NULL,
    title_vi        text NOT NULL,
    title_en        text NOT NULL DEFAULT '',
    org_name        text NOT NULL DEFAULT '',
    requested       numeric(18,0) NOT NULL CHECK (requested >= 0), -- whole đồng
    ballot_kind     text NOT NULL CHECK (ballot_kind IN ('points', 'pass_fail', 'approve')),
    status          text NOT NULL CHECK (status IN ('waiting', 'presented', 'balloting', 'counted', 'concluded')),
    presented_at    timestamptz,
    balloting_at    timestamptz,
    counted_at      timestamptz,
    concluded_at    timestamptz,
    mean            numeric(5,2) CHECK (mean BETWEEN 0 AND 100), -- official, of valid ballots, rounded once
    initial_mean    numeric(5,2) CHECK (initial_mean BETWEEN 0 AND 100),
    lowest          int,
    highest         int,
    passed          boolean,
    failed_by       text CHECK (failed_by IN ('pass_mark', 'zero', 'content', 'vote', 'no_valid')),
    votes_for       int NOT NULL DEFAULT 0 CHECK (votes_for >= 0),
    votes_against   int NOT NULL DEFAULT 0 CHECK (votes_against >= 0),
    votes_cast      int NOT NULL DEFAULT 0 CHECK (votes_cast >= votes_valid),
    votes_valid     int NOT NULL DEFAULT 0 CHECK (votes_valid >= 0),
    conclusion      text CHECK (conclusion IN ('support', 'support_adjusted', 'not_support')),
    proposed        numeric(18,0) CHECK (proposed BETWEEN 0 AND requested), -- whole đồng
    note            text NOT NULL DEFAULT '',
    concluded_by    uuid REFERENCES users (id),
    put_forward_at  timestamptz, -- the award set that holds it was proposed
    version         int NOT NULL DEFAULT 1,
    UNIQUE (session_id, position),
    UNIQUE (session_id, kind, subject_id),
    CHECK ((status IN ('counted', 'concluded')) = (passed IS NOT NULL AND counted_at IS NOT NULL)),
    CHECK (passed IS NOT NULL OR (mean IS NULL AND initial_mean IS NULL AND lowest IS NULL AND highest IS NULL AND votes_cast = 0)),
    CHECK ((status = 'concluded') = (conclusion IS NOT NULL AND concluded_by IS NOT NULL AND concluded_at IS NOT NULL)),
    CHECK (conclusion = 'not_support' OR passed IS NOT FALSE));
CREATE INDEX council_matters_subject ON council_matters (kind, subject_id);

-- Content items of a pass or fail matter, and their result after the count.
CREATE TABLE council_items (
    id         uuid PRIMARY KEY,
    matter_id  uuid NOT NULL REFERENCES council_matters (id),
    position   int NOT NULL CHECK (position > 0),
    name_vi    text NOT NULL CHECK (name_vi <> ''),
    name_en    text NOT NULL DEFAULT '',
    pass_count int CHECK (pass_count >= 0),
    passed     boolean,
    UNIQUE (matter_id, position));

-- Ballots (phiếu đánh giá): once a seat and matter, for ever. number and valid come with the count.
CREATE TABLE ballots (
    id        uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES council_matters (id),
    seat_id   uuid NOT NULL REFERENCES council_seats (id),
    number    int CHECK (number > 0),
    choice    text CHECK (choice IN ('for', 'against', 'abstain')),
    total     int CHECK (total BETWEEN 0 AND 100),
    valid     boolean,
    remark    text NOT NULL DEFAULT '',
    cast_at   timestamptz NOT NULL,
    CONSTRAINT ballots_once UNIQUE (matter_id, seat_id),
    UNIQUE (matter_id, number));

-- Lines of a ballot: points of a criterion, or pass or fail of a content item with its reason.
CREATE TABLE ballot_lines (
    id           uuid PRIMARY KEY,
    ballot_id    uuid NOT NULL REFERENCES ballots (id),
    criterion_id uuid REFERENCES call_criteria (id),
    item_id      uuid REFERENCES council_items (id),
    points       int CHECK (points BETWEEN 0 AND 100),
    passed       boolean,
    comment      text NOT NULL DEFAULT '',
    UNIQUE (ballot_id, criterion_id),
    UNIQUE (ballot_id, item_id),
    CHECK ((criterion_id IS NULL) <> (item_id IS NULL)),
    CHECK ((criterion_id IS NULL) = (points IS NULL)),
    CHECK ((item_id IS NULL) = (passed IS NULL)),
    CHECK (passed IS NOT FALSE OR comment <> ''));

-- Whether a person may not take part in a matter: a conflict of interest with its subject or the party behind it,
-- or being that party.
CREATE FUNCTION council_barred(p_matter uuid, p_person uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM access_ties t JOIN council_matters m ON m.id = p_matter
        WHERE t.subject_id = p_person AND t.object_id IN (m.subject_id, m.organisation_id)
        AND (t.kind = 'conflict' OR t.kind = 'own' AND t.object_kind IN ('proposal', 'organisation'))
        AND t.valid_from <= kb.now() AND (t.valid_to IS NULL OR t.valid_to > kb.now()));
END $$;

-- Whether a seat takes part: marked present or online, not ended, and not barred from the matter (NULL = no matter).
CREATE FUNCTION council_takes_part(p_session uuid, p_seat uuid, p_matter uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM council_attendances a JOIN council_seats s ON s.id = a.seat_id
        WHERE a.session_id = p_session AND a.seat_id = p_seat AND a.presence <> 'absent' AND s.ended_at IS NULL
        AND (p_matter IS NULL OR NOT council_barred(p_matter, s.person_id)));
END $$;

-- Whether the quorum is met over the seats of the decision, for a session or for one matter of it.
CREATE FUNCTION council_quorum(p_session uuid, p_matter uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE met boolean;
BEGIN
    SELECT CASE WHEN c.quorum_strict THEN n.here * c.quorum_den > n.seats * c.quorum_num
                ELSE n.here * c.quorum_den >= n.seats * c.quorum_num END
           AND (NOT c.quorum_chair OR n.lead > 0) AND n.critics >= c.quorum_critics
      INTO met
      FROM council_sessions ses JOIN councils c ON c.id = ses.council_id,
           LATERAL (SELECT count(*) AS seats,
                count(*) FILTER (WHERE council_takes_part(ses.id, s.id, p_matter)) AS here,
                count(*) FILTER (WHERE (s.kind IN ('chair', 'vice') OR s.id = ses.presiding_seat_id)
                    AND council_takes_part(ses.id, s.id, p_matter)) AS lead,
                count(*) FILTER (WHERE s.kind = 'critic' AND council_takes_part(ses.id, s.id, p_matter)) AS critics
                FROM council_seats s WHERE s.council_id = c.id) n
     WHERE ses.id = p_session;
    RETURN coalesce(met, false);
END $$;

-- Whether a person presides instead of the chair: by the seat of vice chair, or by written authorisation, while
-- the chair is absent or barred.
CREATE FUNCTION council_presiding(p_session uuid, p_matter uuid, p_person uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM council_sessions ses JOIN council_seats s ON s.council_id = ses.council_id
        WHERE ses.id = p_session AND s.person_id = p_person AND (s.kind = 'vice' OR s.id = ses.presiding_seat_id)
        AND council_takes_part(ses.id, s.id, p_matter))
      AND NOT EXISTS (SELECT 1 FROM council_sessions ses JOIN council_seats s ON s.council_id = ses.council_id
        WHERE ses.id = p_session AND s.kind = 'chair' AND council_takes_part(ses.id, s.id, p_matter));
END $$;

-- Whether every seat that votes and takes part has cast its ballot.
CREATE FUNCTION council_all_ballots(p_matter uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM ballots b WHERE b.matter_id = p_matter)
      AND NOT EXISTS (SELECT 1 FROM council_matters m JOIN council_seats s ON s.council_id = m.council_id
        WHERE m.id = p_matter AND s.votes AND council_takes_part(m.session_id, s.id, m.id)
        AND NOT EXISTS (SELECT 1 FROM ballots b WHERE b.matter_id = m.id AND b.seat_id = s.id));
END $$;
