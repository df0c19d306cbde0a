-- What sponsors promised: who, for which line, for what and under which restriction. pledged is what is expected, in
-- whole đồng. The checks repeat budget.Sponsorship.
CREATE TABLE sponsorships (
    id          uuid PRIMARY KEY,
    line_id     uuid NOT NULL REFERENCES budget_lines (id),
    donor       text NOT NULL CHECK (donor <> ''),
    purpose     text NOT NULL CHECK (purpose <> ''),
    restriction text NOT NULL DEFAULT '', -- '' = none beyond the purpose
    document_no text NOT NULL CHECK (document_no <> ''),
    document_on date NOT NULL,
    pledged     numeric(18,0) NOT NULL CHECK (pledged > 0),
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    version     int NOT NULL DEFAULT 1,
    UNIQUE (line_id, donor, document_no)
);

-- Money of a sponsor that came in: recorded by a finance officer, confirmed by the chief accountant, then posted to
-- the sponsor's line and to the books of what really moved.
CREATE TABLE sponsorship_receipts (
    id             uuid PRIMARY KEY,
    sponsorship_id uuid NOT NULL REFERENCES sponsorships (id),
    amount         numeric(18,0) NOT NULL CHECK (amount > 0),
    account        text NOT NULL CHECK (account IN ('cash_treasury', 'cash_bank')),
    reference      text NOT NULL CONSTRAINT sponsorship_receipts_reference_key UNIQUE CHECK (reference <> ''), -- of treasury or bank
    received_on    date NOT NULL,
    basis          text NOT NULL DEFAULT '',
    basis_article  text NOT NULL DEFAULT '',
    status         text NOT NULL CHECK (status IN ('recorded', 'confirmed', 'declined')),
    reason         text NOT NULL DEFAULT '',
    recorded_by    uuid NOT NULL REFERENCES users (id),
    recorded_at    timestamptz NOT NULL,
    confirmed_by   uuid REFERENCES users (id) CHECK (confirmed_by <> recorded_by),
    confirmed_at   timestamptz,
    voucher        text NOT NULL DEFAULT '',
    version        int NOT NULL DEFAULT 1,
    CHECK ((status = 'recorded') = (confirmed_by IS NULL AND confirmed_at IS NULL)),
    CHECK ((status = 'confirmed') = (voucher <> '')),
    CHECK (status <> 'declined' OR reason <> '')
);
CREATE INDEX sponsorships_line ON sponsorships (line_id);
CREATE INDEX sponsorship_receipts_sponsorship ON sponsorship_receipts (sponsorship_id);
CREATE INDEX sponsorship_receipts_pending ON sponsorship_receipts (recorded_at) WHERE status = 'recorded';

INSERT INTO ledger.document_kinds (kind, relation, must_post, amount) VALUES
    ('sponsorship_receipt', 'sponsorship_receipts', 'd.status = ''confirmed''', 'd.amount');

-- Money of a sponsor enters its source by a journal of its own kind.
INSERT INTO ledger.kinds (kind, adjusting, soft_closed) VALUES ('sponsor', false, false);
INSERT INTO ledger.kind_moves (kind, from_stage, to_stage) VALUES ('sponsor', 'source', 'available');
