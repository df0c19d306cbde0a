-- Idempotency keys of commands sent over HTTP. The row is written in the transaction of the command: a command
-- that was refused leaves no key. created_at is the machine's clock on purpose: it only serves to forget old keys.
CREATE TABLE command_keys (
    scope      text NOT NULL CHECK (scope <> ''), -- the person's id, or guest:<hash>
    key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 100),
    act        text NOT NULL,
    digest     text NOT NULL CHECK (length(digest) = 64), -- SHA-256 of what was sent
    answer     text, -- JSON as it was answered; NULL only inside the transaction that claimed the key
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (scope, key)
);
CREATE INDEX command_keys_created_at ON command_keys (created_at);
