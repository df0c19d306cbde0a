-- Outbox of messages to people, written in the transaction of the act and delivered by a job. address is copied
-- so that a message goes where the person could be reached at that time.
CREATE TABLE messages (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users (id),
    address    text NOT NULL CHECK (address <> ''),
    code       text NOT NULL CHECK (code <> ''), -- catalogue code; .subject and .body
    args       jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(args) = 'array'),
    href       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT kb.now(),
    read_at    timestamptz, -- opened in the program
    sent_at    timestamptz,
    tries      int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_try   timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error text NOT NULL DEFAULT ''
);
CREATE INDEX messages_waiting ON messages (next_try) WHERE sent_at IS NULL;
CREATE INDEX messages_user ON messages (user_id, created_at DESC);

-- Messages carry links that confirm addresses.
REVOKE ALL ON messages FROM kinhbac_read;
