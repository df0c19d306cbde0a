-- Uploads. The content lies on disk under its sha256; many rows may share one content. Rows are never changed.
CREATE TABLE files (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (name <> '' AND length(name) <= 120 AND name !~ '[/\\[:cntrl:]]'),
    type        text NOT NULL CHECK (type IN ('application/pdf', 'image/png', 'image/jpeg',
        'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')),
    size        bigint NOT NULL CHECK (size BETWEEN 1 AND 20971520), -- bytes
    digest      text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    created_at  timestamptz NOT NULL
);
CREATE INDEX files_digest ON files (digest);
REVOKE UPDATE ON files FROM kinhbac_app;
