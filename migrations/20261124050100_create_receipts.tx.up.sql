-- Public keys that signed something, so that a receipt can still be checked after a change of keys.
CREATE TABLE signing_keys (
    fingerprint   text PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{16}$'),
    public_key    bytea NOT NULL CHECK (octet_length(public_key) = 32),
    first_used_at timestamptz NOT NULL
);
REVOKE UPDATE, DELETE ON signing_keys FROM kinhbac_app;

-- Receipts of dossiers, signed; one a dossier. Rows are never changed.
CREATE TABLE receipts (
    id           uuid PRIMARY KEY,
    subject_kind text NOT NULL,
    subject_id   uuid NOT NULL,
    code         text NOT NULL UNIQUE,
    digest       text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    issued_at    timestamptz NOT NULL CHECK (issued_at = date_trunc('second', issued_at)),
    tracking_key text NOT NULL CHECK (tracking_key ~ '^[0-9A-HJKMNP-TV-Z]{8}$'),
    fingerprint  text NOT NULL REFERENCES signing_keys (fingerprint),
    signature    bytea NOT NULL CHECK (octet_length(signature) = 64),
    UNIQUE (subject_kind, subject_id)
);
REVOKE UPDATE, DELETE ON receipts FROM kinhbac_app;
