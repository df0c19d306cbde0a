-- Who takes part. The checks repeat party.Organisation on purpose. tax_code holds digits only; its check digit is
-- the program's to judge. A personal id of a natural person is never stored here.
CREATE TABLE organisations (
    id                 uuid PRIMARY KEY,
    name               text NOT NULL CHECK (btrim(name) <> '' AND length(name) <= 300),
    short_name         text CHECK (length(short_name) <= 100),
    tax_code           text UNIQUE CHECK (tax_code ~ '^[0-9]{10}([0-9]{3})?$'),
    tax_code_warned    boolean NOT NULL DEFAULT false,
    kind               text NOT NULL CHECK (kind IN ('firm', 'unit', 'group', 'person')),
    registered_on      date, -- first registration; the age of a start-up counts from it
    province           text NOT NULL DEFAULT '24' CHECK (province ~ '^[0-9]{2}$'),
    commune            text NOT NULL REFERENCES communes (code),
    address            text NOT NULL CHECK (btrim(address) <> ''),
    head_name          text NOT NULL CHECK (btrim(head_name) <> ''),
    head_since         date, -- since when the head advises on investment, finance and business support
    support_org        boolean NOT NULL DEFAULT false, -- gives services, facilities, investment or media to start-ups
    support_process    text, -- its process of support, in a line, with the number of the paper
    support_agreements text, -- its agreements with partners
    representative_id  uuid REFERENCES users (id),
    email              text NOT NULL CHECK (email LIKE '%_@_%'),
    phone              text NOT NULL,
    created_by         uuid REFERENCES users (id),
    created_at         timestamptz NOT NULL DEFAULT kb.now(),
    version            int NOT NULL DEFAULT 1 CHECK (version > 0),
    CHECK ((kind IN ('firm', 'unit')) = (tax_code IS NOT NULL)),
    CHECK (kind NOT IN ('firm', 'unit') OR registered_on IS NOT NULL),
    CHECK (support_org OR (support_process IS NULL AND support_agreements IS NULL))
);
CREATE INDEX organisations_name ON organisations (name, id);

-- People who act for an organisation. An invitation waits until the person with that sign-in name accepts it.
CREATE TABLE organisation_members (
    id              uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    login           text NOT NULL CHECK (login = lower(login) AND login <> ''),
    user_id         uuid REFERENCES users (id),
    signatory       boolean NOT NULL, -- signs agreements for the organisation besides filling in dossiers
    invited_by      uuid REFERENCES users (id),
    invited_at      timestamptz NOT NULL DEFAULT kb.now(),
    accepted_at     timestamptz,
    ended_at        timestamptz,
    CHECK ((user_id IS NULL) = (accepted_at IS NULL))
);
CREATE UNIQUE INDEX organisation_members_once ON organisation_members (organisation_id, login) WHERE ended_at IS NULL;
CREATE INDEX organisation_members_login ON organisation_members (login) WHERE accepted_at IS NULL AND ended_at IS NULL;

-- Facts that bar an organisation from new money: state money not settled or repaid, a suspension, a prosecution.
-- The checks repeat party.Bar on purpose.
CREATE TABLE organisation_bars (
    id              uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    kind            text NOT NULL CHECK (kind IN ('unrepaid', 'unsettled', 'suspended', 'prosecuted')),
    amount          numeric(18,0) NOT NULL CHECK (amount >= 0), -- whole đồng still owed, 0 when not about money
    since           date NOT NULL,
    document        text NOT NULL CHECK (document <> ''), -- number and date of the paper
    recorded_by     uuid REFERENCES users (id),
    recorded_at     timestamptz NOT NULL DEFAULT kb.now(),
    lifted_on       date CHECK (lifted_on >= since),
    lifted_document text CHECK (lifted_document <> ''),
    lifted_by       uuid REFERENCES users (id) CHECK (lifted_by <> recorded_by),
    CHECK ((lifted_on IS NULL) = (lifted_document IS NULL)),
    CHECK (kind NOT IN ('unrepaid', 'unsettled') OR amount > 0)
);
CREATE INDEX organisation_bars_organisation ON organisation_bars (organisation_id);
