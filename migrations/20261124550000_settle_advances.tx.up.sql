-- Advances (tạm ứng): a milestone paid before the work, settled by vouchers or paid back. The checks repeat
-- disbursement.Settlement on purpose.
ALTER TABLE agreement_milestones
    ADD COLUMN kind text NOT NULL DEFAULT 'content' CHECK (kind IN ('content', 'advance')),
    ADD CHECK (kind = 'content' OR status IN ('pending', 'paid')); -- nothing is reported on an advance
ALTER TABLE disbursement_requests
    ADD COLUMN advance boolean NOT NULL DEFAULT false,
    ADD COLUMN advance_year int, -- the budget year an advance was paid in; its settlement takes it off this year's account
    ADD CONSTRAINT disbursement_requests_advanced CHECK ((advance_year IS NOT NULL) = (advance AND status = 'paid'));
CREATE INDEX disbursement_requests_advances ON disbursement_requests (agreement_id) WHERE advance AND status = 'paid';

-- What takes off an advance: vouchers of what was spent (kind vouchers), or money paid back (kind refund).
CREATE TABLE advance_settlements (
    id               uuid PRIMARY KEY,
    no               text NOT NULL UNIQUE,
    request_id       uuid NOT NULL REFERENCES disbursement_requests (id),
    agreement_id     uuid NOT NULL REFERENCES agreements (id),
    organisation_id  uuid NOT NULL REFERENCES organisations (id),
    proposal_id      uuid NOT NULL REFERENCES proposals (id),
    kind             text NOT NULL CHECK (kind IN ('vouchers', 'refund')),
    amount           numeric(18,0) NOT NULL CHECK (amount >= 0), -- of vouchers: their sum
    treasury_ref     text CONSTRAINT advance_settlements_treasury_ref_key UNIQUE CHECK (treasury_ref <> ''),
    paid_back_on     date,
    status           text NOT NULL CHECK (status IN ('draft', 'submitted', 'checked', 'confirmed', 'returned')),
    reason           text NOT NULL DEFAULT '',
    prepared_by      uuid NOT NULL REFERENCES users (id),
    submitted_by     uuid REFERENCES users (id),
    submitted_at     timestamptz,
    checked_by       uuid REFERENCES users (id),
    checked_at       timestamptz,
    confirmed_by     uuid REFERENCES users (id) CHECK (confirmed_by <> checked_by AND confirmed_by <> prepared_by AND confirmed_by <> submitted_by),
    confirmed_at     timestamptz,
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    finance_unit_id  uuid NOT NULL REFERENCES units (id),
    created_at       timestamptz NOT NULL,
    version          int NOT NULL DEFAULT 1,
    CHECK (kind = 'refund' OR checked_by <> prepared_by AND checked_by <> submitted_by),
    CHECK ((kind = 'refund') = (treasury_ref IS NOT NULL AND paid_back_on IS NOT NULL)),
    CHECK (status = 'draft' OR amount > 0),
    CHECK ((submitted_by IS NULL) = (submitted_at IS NULL) AND (submitted_by IS NULL) = (status = 'draft')),
    CHECK ((checked_by IS NULL) = (checked_at IS NULL) AND (status NOT IN ('checked', 'confirmed') OR checked_by IS NOT NULL)),
    CHECK ((status = 'confirmed') = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)),
    CHECK (status <> 'returned' OR reason <> '')
);
CREATE UNIQUE INDEX advance_settlements_one_draft ON advance_settlements (request_id) WHERE status = 'draft';
CREATE INDEX advance_settlements_request ON advance_settlements (request_id);
CREATE INDEX advance_settlements_agreement ON advance_settlements (agreement_id) WHERE status = 'confirmed';

-- The vouchers of a settlement, each with its file.
CREATE TABLE advance_vouchers (
    id            uuid PRIMARY KEY,
    settlement_id uuid NOT NULL REFERENCES advance_settlements (id),
    no            text NOT NULL CHECK (no <> ''),
    issued_on     date NOT NULL,
    amount        numeric(18,0) NOT NULL CHECK (amount > 0),
    file_id       uuid NOT NULL REFERENCES files (id),
    added_by      uuid NOT NULL REFERENCES users (id),
    added_at      timestamptz NOT NULL,
    CONSTRAINT advance_vouchers_once UNIQUE (settlement_id, no, issued_on)
);

ALTER TABLE disbursement_serials
    DROP CONSTRAINT disbursement_serials_kind_check,
    ADD CONSTRAINT disbursement_serials_kind_check CHECK (kind IN ('GN', 'LC', 'TU'));

INSERT INTO ledger.document_kinds (kind, relation, must_post, amount) VALUES
    ('advance_settlement', 'advance_settlements', 'd.status = ''confirmed''', 'd.amount');
-- An advance is paid back before it was spent.
INSERT INTO ledger.kind_moves (kind, from_stage, to_stage) VALUES ('refund', 'advanced', 'available'), ('refund', 'advanced', 'returned');
