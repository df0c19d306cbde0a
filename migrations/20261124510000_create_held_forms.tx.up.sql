-- What a person had typed into a form when their session ended, kept until they have signed in again. Never files,
-- passwords or codes; only the same person reads it, for 12 hours by the machine's clock.
CREATE TABLE held_forms (
    id      uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    page    text NOT NULL CHECK (page LIKE '/%' AND length(page) <= 500), -- path that shows the form
    fields  jsonb NOT NULL CHECK (octet_length(fields::text) <= 400000),  -- name → typed text
    held_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX held_forms_user_id ON held_forms (user_id, held_at);
CREATE INDEX held_forms_held_at ON held_forms (held_at);
REVOKE ALL ON held_forms FROM kinhbac_read;
