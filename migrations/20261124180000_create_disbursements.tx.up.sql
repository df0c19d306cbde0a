-- Requests to pay one accepted milestone of a grant agreement. The checks repeat disbursement.Request on purpose.
CREATE TABLE disbursement_requests (
    id               uuid PRIMARY KEY,
    no               text NOT NULL UNIQUE,
    agreement_id     uuid NOT NULL REFERENCES agreements (id),
    milestone_id     uuid NOT NULL REFERENCES agreement_milestones (id),
    organisation_id  uuid NOT NULL REFERENCES organisations (id),
    proposal_id      uuid NOT NULL REFERENCES proposals (id),
    budget_line_id   uuid NOT NULL REFERENCES budget_lines (id),
    amount           numeric(18,0) NOT NULL CHECK (amount > 0),
    note             text NOT NULL DEFAULT '',
    status           text NOT NULL CHECK (status IN ('draft', 'submitted', 'checked', 'ordered', 'paid', 'returned', 'rejected', 'cancelled')),
    reason           text NOT NULL DEFAULT '',
    prepared_by      uuid NOT NULL REFERENCES users (id),
    submitted_by     uuid REFERENCES users (id),
    submitted_at     timestamptz,
    checked_by       uuid REFERENCES users (id) CHECK (checked_by <> prepared_by AND checked_by <> submitted_by),
    checked_at       timestamptz,
    paid_at          timestamptz,
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    finance_unit_id  uuid NOT NULL REFERENCES units (id),
    created_at       timestamptz NOT NULL,
    version          int NOT NULL DEFAULT 1,
    CHECK ((submitted_by IS NULL) = (submitted_at IS NULL)),
    CHECK ((status IN ('checked', 'ordered', 'paid')) = (checked_by IS NOT NULL AND checked_at IS NOT NULL)),
    CHECK ((status = 'paid') = (paid_at IS NOT NULL)),
    CHECK (status NOT IN ('returned', 'rejected') OR reason <> '')
);
-- One open request a milestone, whoever asks at the same instant.
CREATE UNIQUE INDEX disbursement_requests_one_open ON disbursement_requests (milestone_id)
    WHERE status NOT IN ('returned', 'rejected', 'cancelled');
CREATE INDEX ON disbursement_requests (agreement_id);
CREATE INDEX ON disbursement_requests (created_at DESC, id);

-- Payment orders to the State Treasury. Four people: requester, maker, checker, approver.
CREATE TABLE payment_orders (
    id               uuid PRIMARY KEY,
    no               text NOT NULL UNIQUE,
    request_id       uuid NOT NULL REFERENCES disbursement_requests (id),
    amount           numeric(18,0) NOT NULL CHECK (amount > 0),
    payee_name       text NOT NULL,
    payee_bank       text NOT NULL,
    payee_account    text NOT NULL,
    organisation_id  uuid NOT NULL REFERENCES organisations (id),
    status           text NOT NULL CHECK (status IN ('made', 'checked', 'approved', 'released', 'paid', 'failed', 'cancelled')),
    made_by          uuid NOT NULL REFERENCES users (id),
    made_at          timestamptz NOT NULL,
    checked_by       uuid REFERENCES users (id) CHECK (checked_by <> made_by),
    checked_at       timestamptz,
    approved_by      uuid REFERENCES users (id) CHECK (approved_by <> made_by AND approved_by <> checked_by),
    approved_at      timestamptz,
    released_at      timestamptz,
    treasury_ref     text CONSTRAINT payment_orders_treasury_ref_key UNIQUE CHECK (treasury_ref <> ''),
    paid_at          timestamptz,
    recorded_by      uuid REFERENCES users (id),
    reason           text NOT NULL DEFAULT '',
    finance_unit_id  uuid NOT NULL REFERENCES units (id),
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    version          int NOT NULL DEFAULT 1,
    CHECK (status NOT IN ('checked', 'approved', 'released', 'paid', 'failed') OR checked_by IS NOT NULL),
    CHECK (status NOT IN ('approved', 'released', 'paid', 'failed') OR approved_by IS NOT NULL),
    CHECK (status NOT IN ('released', 'paid', 'failed') OR released_at IS NOT NULL),
    CHECK ((status = 'paid') = (treasury_ref IS NOT NULL AND paid_at IS NOT NULL)),
    CHECK (status NOT IN ('failed', 'cancelled') OR reason <> '')
);
CREATE UNIQUE INDEX payment_orders_one_open ON payment_orders (request_id) WHERE status NOT IN ('failed', 'cancelled');
CREATE INDEX ON payment_orders (approved_at) WHERE approved_at IS NOT NULL;

-- Serials of request and order numbers, per kind and year.
CREATE TABLE disbursement_serials (
    kind text NOT NULL CHECK (kind IN ('GN', 'LC')),
    year int NOT NULL,
    last int NOT NULL CHECK (last > 0),
    PRIMARY KEY (kind, year)
);

-- The requester of the payment is none of those who make, check or approve its order, whatever the program does.
CREATE FUNCTION payment_orders_four_people() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r disbursement_requests;
BEGIN
    SELECT * INTO r FROM disbursement_requests WHERE id = NEW.request_id;
    IF r.prepared_by IN (NEW.made_by, NEW.checked_by, NEW.approved_by)
        OR r.submitted_by IN (NEW.made_by, NEW.checked_by, NEW.approved_by) THEN
        RAISE EXCEPTION 'the requester takes part in the payment' USING ERRCODE = '23514', CONSTRAINT = 'payment_orders_four_people';
    END IF;
    IF NEW.amount <> r.amount THEN
        RAISE EXCEPTION 'the order pays another amount than the request' USING ERRCODE = '23514', CONSTRAINT = 'payment_orders_amount';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_orders_four_people BEFORE INSERT OR UPDATE ON payment_orders
    FOR EACH ROW EXECUTE FUNCTION payment_orders_four_people();

-- A checked request is owed; a paid order is spent.
INSERT INTO ledger.document_kinds (kind, relation, must_post) VALUES
    ('disbursement_request', 'disbursement_requests', 'd.checked_by IS NOT NULL'),
    ('payment_order', 'payment_orders', 'd.status = ''paid''');
