-- Venture funds with their charter. Shares are basis points. The checks repeat fund.Fund and fund.Charter on purpose.
CREATE TABLE funds (
    id               uuid PRIMARY KEY,
    code             text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9-]{2,20}$'),
    name_vi          text NOT NULL CHECK (name_vi <> ''),
    name_en          text NOT NULL DEFAULT '',
    legal_form       text NOT NULL CHECK (legal_form IN ('llc', 'jsc', 'bcc')),
    charter_capital  numeric(18,0) NOT NULL CHECK (charter_capital > 0), -- whole đồng
    state_cap_bp     int NOT NULL CHECK (state_cap_bp BETWEEN 1 AND 10000), -- of the charter, no default: the law names none
    loss_ceiling_bp  int NOT NULL CHECK (loss_ceiling_bp BETWEEN 1 AND 10000),
    investee_cap_bp  int NOT NULL CHECK (investee_cap_bp BETWEEN 0 AND 10000), -- 0: no limit
    cycle_years      int NOT NULL CHECK (cycle_years BETWEEN 1 AND 15),
    call_notice_days int NOT NULL CHECK (call_notice_days BETWEEN 0 AND 120), -- working days; 0: the rulebook's
    block_at_ceiling boolean NOT NULL,
    budget_line_id   uuid NOT NULL REFERENCES budget_lines(id), -- charter capital is development investment
    managing_unit_id uuid NOT NULL REFERENCES units(id),
    finance_unit_id  uuid NOT NULL REFERENCES units(id),
    status           text NOT NULL CHECK (status IN ('draft', 'active')),
    decision_no      text,
    established_on   date,
    cash_line        bigint,
    loss_line        bigint,
    created_by       uuid NOT NULL,
    approved_by      uuid CHECK (approved_by <> created_by),
    version          int NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT kb.now(),
    CHECK ((status = 'active') = (approved_by IS NOT NULL AND decision_no IS NOT NULL AND established_on IS NOT NULL
        AND cash_line IS NOT NULL AND loss_line IS NOT NULL))
);

-- Investors of a fund; committed, paid and distributed are the sums of approved records and payments.
CREATE TABLE fund_investors (
    id          uuid PRIMARY KEY,
    fund_id     uuid NOT NULL REFERENCES funds(id),
    position    int NOT NULL CHECK (position > 0), -- order of lines wherever an amount is split
    name        text NOT NULL CHECK (name <> ''),
    class       text NOT NULL CHECK (class IN ('state', 'private')),
    committed   numeric(18,0) NOT NULL DEFAULT 0 CHECK (committed >= 0),
    paid        numeric(18,0) NOT NULL DEFAULT 0 CHECK (paid >= 0),
    distributed numeric(18,0) NOT NULL DEFAULT 0 CHECK (distributed >= 0),
    UNIQUE (fund_id, position),
    UNIQUE (fund_id, name),
    CONSTRAINT fund_investors_paid_within_committed CHECK (paid <= committed)
);

-- The share of the State, committed and paid, held under the charter's cap by the database itself: the one cap
-- that is a ratio and so has a table of its own.
CREATE TABLE fund_capitals (
    fund_id uuid NOT NULL REFERENCES funds(id),
    side    text NOT NULL CHECK (side IN ('committed', 'paid')),
    cap_bp  int NOT NULL CHECK (cap_bp BETWEEN 1 AND 10000),
    total   numeric(18,0) NOT NULL DEFAULT 0 CHECK (total >= 0),
    state   numeric(18,0) NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND total),
    PRIMARY KEY (fund_id, side),
    CONSTRAINT fund_capitals_state_share CHECK (state * 10000 <= cap_bp * total)
);

-- The record of charter capital: what an investor committed or paid, by document, recorded by one and approved by another.
CREATE TABLE fund_capital_entries (
    id          uuid PRIMARY KEY,
    fund_id     uuid NOT NULL REFERENCES funds(id),
    investor_id uuid NOT NULL REFERENCES fund_investors(id),
    kind        text NOT NULL CHECK (kind IN ('commitment', 'contribution')),
    amount      numeric(18,0) NOT NULL CHECK (amount > 0),
    document_no text NOT NULL CHECK (document_no <> ''),
    document_on date NOT NULL,
    status      text NOT NULL CHECK (status IN ('recorded', 'approved')),
    recorded_by uuid NOT NULL,
    approved_by uuid CHECK (approved_by <> recorded_by),
    recorded_at timestamptz NOT NULL DEFAULT kb.now(),
    approved_at timestamptz,
    CONSTRAINT fund_capital_entries_document UNIQUE (fund_id, investor_id, kind, document_no), -- the same document counts once
    CHECK ((status = 'approved') = (approved_by IS NOT NULL AND approved_at IS NOT NULL))
);

-- Calls on the investors' commitments.
CREATE TABLE capital_calls (
    id          uuid PRIMARY KEY,
    fund_id     uuid NOT NULL REFERENCES funds(id),
    number      int NOT NULL CHECK (number > 0),
    code        text NOT NULL UNIQUE,
    investment  numeric(18,0) NOT NULL CHECK (investment >= 0),
    fee         numeric(18,0) NOT NULL CHECK (fee >= 0),
    expense     numeric(18,0) NOT NULL CHECK (expense >= 0),
    purpose     text NOT NULL,
    status      text NOT NULL CHECK (status IN ('draft', 'approved', 'issued', 'closed')),
    due_on      date NOT NULL,
    drafted_by  uuid NOT NULL,
    approved_by uuid CHECK (approved_by <> drafted_by),
    issued_on   date,
    closed_on   date,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT kb.now(),
    UNIQUE (fund_id, number),
    CHECK (investment + fee + expense > 0),
    CHECK ((status = 'draft') = (approved_by IS NULL)),
    CHECK ((status IN ('issued', 'closed')) = (issued_on IS NOT NULL)),
    CHECK ((status = 'closed') = (closed_on IS NOT NULL))
);

-- What one investor owes of a call; the amount is the sum of its buckets and is never overpaid.
CREATE TABLE capital_call_lines (
    id           uuid PRIMARY KEY,
    call_id      uuid NOT NULL REFERENCES capital_calls(id),
    investor_id  uuid NOT NULL REFERENCES fund_investors(id),
    position     int NOT NULL,
    investment   numeric(18,0) NOT NULL CHECK (investment >= 0),
    fee          numeric(18,0) NOT NULL CHECK (fee >= 0),
    expense      numeric(18,0) NOT NULL CHECK (expense >= 0),
    amount       numeric(18,0) NOT NULL CHECK (amount > 0 AND amount = investment + fee + expense),
    paid         numeric(18,0) NOT NULL DEFAULT 0 CHECK (paid BETWEEN 0 AND amount),
    last_paid_on date,
    paid_late    boolean NOT NULL DEFAULT false,
    UNIQUE (call_id, investor_id)
);

-- Payments that came in on a line; a bank reference counts once in a fund.
CREATE TABLE capital_call_payments (
    id          uuid PRIMARY KEY,
    fund_id     uuid NOT NULL REFERENCES funds(id),
    line_id     uuid NOT NULL REFERENCES capital_call_lines(id),
    amount      numeric(18,0) NOT NULL CHECK (amount > 0),
    paid_on     date NOT NULL,
    reference   text NOT NULL CHECK (reference <> ''),
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT kb.now(),
    CONSTRAINT capital_call_payments_reference UNIQUE (fund_id, reference)
);

-- Cash paid back to the investors.
CREATE TABLE fund_distributions (
    id          uuid PRIMARY KEY,
    fund_id     uuid NOT NULL REFERENCES funds(id),
    number      int NOT NULL CHECK (number > 0),
    code        text NOT NULL UNIQUE,
    kind        text NOT NULL CHECK (kind IN ('return_of_capital', 'gain', 'income')),
    amount      numeric(18,0) NOT NULL CHECK (amount > 0),
    status      text NOT NULL CHECK (status IN ('draft', 'approved')),
    drafted_by  uuid NOT NULL,
    approved_by uuid CHECK (approved_by <> drafted_by),
    paid_on     date,
    created_at  timestamptz NOT NULL DEFAULT kb.now(),
    UNIQUE (fund_id, number),
    CHECK ((status = 'approved') = (approved_by IS NOT NULL AND paid_on IS NOT NULL))
);

-- Every movement of the fund's cash: the single source of multiples and returns. Rows are only added.
CREATE TABLE fund_flows (
    id            uuid PRIMARY KEY,
    fund_id       uuid NOT NULL REFERENCES funds(id),
    kind          text NOT NULL CHECK (kind IN ('contribution', 'distribution', 'investment', 'proceeds', 'fee', 'expense')),
    investor_id   uuid REFERENCES fund_investors(id),
    holding_id    uuid, -- the holding of investments and proceeds; their table comes with a later room
    flow_on       date NOT NULL,
    amount        numeric(18,0) NOT NULL CHECK (amount > 0),
    document_kind text NOT NULL,
    document_id   uuid NOT NULL,
    CHECK ((investor_id IS NOT NULL) = (kind IN ('contribution', 'distribution'))),
    CHECK ((holding_id IS NOT NULL) = (kind IN ('investment', 'proceeds')))
);
CREATE INDEX fund_flows_by_day ON fund_flows (fund_id, flow_on);
REVOKE UPDATE, DELETE ON fund_flows FROM kinhbac_app;

INSERT INTO ledger.document_kinds (kind, relation, must_post) VALUES
    ('fund', 'funds', 'd.status = ''active'''),
    ('fund_capital', 'fund_capital_entries', 'd.status = ''approved'' AND d.kind = ''contribution'''),
    ('capital_call', 'capital_calls', 'd.status = ''closed'''),
    ('distribution', 'fund_distributions', 'd.status = ''approved''');
