-- Signed-in browsers. id is the SHA-256 of the secret in the cookie, in hex; the secret itself is nowhere kept.
-- All times are of the clock of the machine.
CREATE TABLE sessions (
    id           text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
    previous_id  text UNIQUE, -- before the last step-up; good for requests under way, for a minute
    user_id      uuid NOT NULL REFERENCES users (id),
    active_role  text NOT NULL DEFAULT '',
    idle_seconds int NOT NULL CHECK (idle_seconds > 0), -- staff 30 min, others 2 h
    created_at   timestamptz NOT NULL,
    renewed_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL CHECK (seen_at >= created_at),
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at), -- absolute end
    address      text NOT NULL DEFAULT '',
    agent        text NOT NULL DEFAULT '',
    purpose      text NOT NULL DEFAULT '' -- reason code and case number given before reading
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_previous ON sessions (previous_id) WHERE previous_id IS NOT NULL; -- read at every request

-- Second factor (or password) proven for one act on one content in one session, for five minutes.
CREATE TABLE step_ups (
    session_id text NOT NULL REFERENCES sessions (id) ON UPDATE CASCADE ON DELETE CASCADE,
    act        text NOT NULL CHECK (act <> ''),
    digest     text NOT NULL CHECK (digest <> ''),
    proven_at  timestamptz NOT NULL,
    PRIMARY KEY (session_id, act, digest)
);

REVOKE ALL ON sessions, step_ups FROM kinhbac_read;
