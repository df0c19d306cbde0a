-- Units of the administration that take part in the plan. duty says which family of roles the unit serves for
-- the whole province: objects that no unit manages fall to the unit with that duty.
CREATE TABLE units (
    id      uuid PRIMARY KEY,
    code    text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9.]{2,20}$'),
    name_vi text NOT NULL CHECK (name_vi <> ''),
    name_en text NOT NULL CHECK (name_en <> ''),
    kind    text NOT NULL CHECK (kind IN ('department', 'committee', 'inspectorate', 'commune', 'fund', 'other')),
    duty    text NOT NULL DEFAULT 'none' CHECK (duty IN ('managing', 'finance', 'none'))
);
CREATE UNIQUE INDEX units_one_per_duty ON units (duty) WHERE duty <> 'none';

INSERT INTO units (id, code, name_vi, name_en, kind, duty) VALUES
    ('5c1e0000-0000-4000-8000-000000000001', 'KHCN', 'Sở Khoa học và Công nghệ', 'Department of Science and Technology', 'department', 'managing'),
    ('5c1e0000-0000-4000-8000-000000000002', 'TC', 'Sở Tài chính', 'Department of Finance', 'department', 'finance'),
    ('5c1e0000-0000-4000-8000-000000000003', 'UBND', 'Ủy ban nhân dân tỉnh', 'Provincial People''s Committee', 'committee', 'none'),
    ('5c1e0000-0000-4000-8000-000000000004', 'TTT', 'Thanh tra tỉnh', 'Provincial Inspectorate', 'inspectorate', 'none');

-- Accounts. login is an address or a short name, folded (lower case, NFC) before it is stored. person_id is the
-- natural person behind the account: two accounts of one person share it, and duties are kept apart by person.
CREATE TABLE users (
    id                  uuid PRIMARY KEY,
    person_id           uuid NOT NULL,
    login               text NOT NULL UNIQUE CHECK (login = lower(login) AND login <> '' AND login !~ '\s' AND length(login) <= 254),
    name                text NOT NULL CHECK (btrim(name) <> '' AND length(name) <= 200),
    unit_id             uuid REFERENCES units (id),
    origin              text NOT NULL CHECK (origin IN ('public', 'office')), -- made by the public form, or by the office
    password_hash       text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    password_changed_at timestamptz NOT NULL,
    confirmed_at        timestamptz, -- the address was confirmed; the office confirms by making the account
    disabled_at         timestamptz,
    created_at          timestamptz NOT NULL DEFAULT kb.now(),
    version             int NOT NULL DEFAULT 1 CHECK (version > 0)
);
CREATE INDEX users_person ON users (person_id);

-- The second factor, apart from the account. secret is sealed with the server's key (AES-256-GCM over the user id).
CREATE TABLE user_factors (
    user_id      uuid PRIMARY KEY REFERENCES users (id),
    secret       text NOT NULL CHECK (secret LIKE 'v1:%'),
    confirmed_at timestamptz -- NULL until the first right code
);

-- One-time codes that were accepted: each step of 30 s at most once per person.
CREATE TABLE used_codes (
    user_id uuid NOT NULL REFERENCES users (id),
    step    bigint NOT NULL CHECK (step > 0),
    PRIMARY KEY (user_id, step)
);

-- Links that confirm an address; only the digest of the token is kept. Name and password are those typed with it.
CREATE TABLE confirmations (
    token_hash text PRIMARY KEY CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    user_id    uuid NOT NULL REFERENCES users (id),
    name       text NOT NULL,
    password_hash text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

-- Attempts counted for limits: failed sign-ins by account and by address, failed codes by person.
CREATE TABLE attempts (
    key        text NOT NULL CHECK (key <> ''),
    started_at timestamptz NOT NULL, -- start of the window
    count      int NOT NULL CHECK (count > 0),
    PRIMARY KEY (key, started_at)
);

-- Reports read who people are, never how they prove it.
REVOKE ALL ON users, user_factors, used_codes, confirmations, attempts FROM kinhbac_read;
GRANT SELECT (id, person_id, login, name, unit_id, origin, confirmed_at, disabled_at, created_at) ON users TO kinhbac_read;
