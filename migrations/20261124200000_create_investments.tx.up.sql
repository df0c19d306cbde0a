-- Deals of a fund with one firm each. The checks repeat investment.Deal on purpose.
CREATE TABLE deals (
    id              uuid PRIMARY KEY,
    fund_id         uuid NOT NULL REFERENCES funds(id),
    number          int NOT NULL CHECK (number > 0),
    code            text NOT NULL UNIQUE,
    organisation_id uuid NOT NULL REFERENCES organisations(id),
    title           text NOT NULL CHECK (title <> ''),
    sector          text NOT NULL,
    round           text NOT NULL,
    instrument      text NOT NULL CHECK (instrument IN ('common', 'preferred', 'convertible_note', 'safe')),
    amount          numeric(18,0) NOT NULL CHECK (amount > 0), -- whole đồng the fund would put in
    drawn           numeric(18,0) NOT NULL DEFAULT 0, -- recorded as tranches
    pre_money       numeric(18,0) NOT NULL CHECK (pre_money >= 0), -- 0: not agreed
    summary         text NOT NULL,
    screening       text NOT NULL DEFAULT '',
    findings        text NOT NULL DEFAULT '',
    terms           text NOT NULL DEFAULT '',
    status          text NOT NULL CHECK (status IN ('sourced', 'screened', 'due_diligence', 'recommended', 'voted', 'approved', 'contracted', 'rejected')),
    created_by      uuid NOT NULL,
    recommended_by  uuid CHECK (recommended_by <> created_by),
    approved_by     uuid CHECK (approved_by <> created_by AND approved_by <> recommended_by),
    contract_no     text,
    contract_on     date,
    cap_line        bigint, -- control line of the firm, where the charter has a cap
    version         int NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT kb.now(),
    UNIQUE (fund_id, number),
    CONSTRAINT deals_drawn_within_amount CHECK (drawn BETWEEN 0 AND amount),
    CHECK (drawn = 0 OR status = 'contracted'),
    CHECK (status IN ('sourced', 'rejected') OR screening <> ''),
    CHECK (status NOT IN ('due_diligence', 'recommended', 'voted', 'approved', 'contracted') OR findings <> ''),
    CHECK (status NOT IN ('recommended', 'voted', 'approved', 'contracted') OR recommended_by IS NOT NULL),
    CHECK ((status IN ('approved', 'contracted')) = (approved_by IS NOT NULL)),
    CHECK ((status = 'contracted') = (contract_no IS NOT NULL AND contract_on IS NOT NULL))
);
CREATE INDEX deals_by_fund ON deals (fund_id, status);

-- What a fund holds of one firm. adjustment is what the newest locked valuation adds to, or takes off, the cost of its day.
CREATE TABLE holdings (
    id              uuid PRIMARY KEY,
    fund_id         uuid NOT NULL REFERENCES funds(id),
    organisation_id uuid NOT NULL REFERENCES organisations(id),
    sector          text NOT NULL,
    round           text NOT NULL, -- the newest
    instrument      text NOT NULL,
    ownership       numeric(5,2) CHECK (ownership BETWEEN 0 AND 100), -- percent after the newest tranche; NULL: not equity yet
    cost            numeric(18,0) NOT NULL CHECK (cost > 0),
    adjustment      numeric(18,0) NOT NULL DEFAULT 0,
    valued_on       date,
    status          text NOT NULL CHECK (status IN ('active', 'exited')),
    created_at      timestamptz NOT NULL DEFAULT kb.now(),
    UNIQUE (fund_id, organisation_id),
    CHECK (cost + adjustment >= 0)
);

-- Tranches: money that went to the firm under a contracted deal, recorded by one and confirmed by another.
CREATE TABLE investments (
    id           uuid PRIMARY KEY,
    fund_id      uuid NOT NULL REFERENCES funds(id),
    deal_id      uuid NOT NULL REFERENCES deals(id),
    holding_id   uuid REFERENCES holdings(id),
    tranche      int NOT NULL CHECK (tranche > 0),
    amount       numeric(18,0) NOT NULL CHECK (amount > 0),
    shares       numeric(18,0) NOT NULL CHECK (shares >= 0), -- 0: an instrument without shares
    price        numeric(18,0) NOT NULL CHECK (price >= 0), -- đồng a share
    ownership    numeric(5,2) CHECK (ownership BETWEEN 0 AND 100),
    round_total  numeric(18,0) NOT NULL CHECK (round_total = 0 OR round_total >= amount),
    co_investors text NOT NULL DEFAULT '',
    paid_on      date NOT NULL,
    reference    text NOT NULL CHECK (reference <> ''),
    status       text NOT NULL CHECK (status IN ('recorded', 'confirmed')),
    recorded_by  uuid NOT NULL,
    confirmed_by uuid CHECK (confirmed_by <> recorded_by),
    created_at   timestamptz NOT NULL DEFAULT kb.now(),
    UNIQUE (deal_id, tranche),
    CONSTRAINT investments_reference UNIQUE (fund_id, reference), -- the same payment counts once
    CHECK ((status = 'confirmed') = (confirmed_by IS NOT NULL AND holding_id IS NOT NULL))
);
CREATE INDEX investments_by_holding ON investments (holding_id);

-- Valuations of a holding at a quarter's end: proposed, approved and locked by three people.
CREATE TABLE valuations (
    id          uuid PRIMARY KEY,
    fund_id     uuid NOT NULL REFERENCES funds(id),
    holding_id  uuid NOT NULL REFERENCES holdings(id),
    quarter_end date NOT NULL,
    method      text NOT NULL CHECK (method IN ('round_price', 'round_calibrated', 'multiples', 'discounted_cash', 'net_assets', 'written_down')),
    inputs      text NOT NULL CHECK (inputs <> ''),
    cost        numeric(18,0) NOT NULL CHECK (cost > 0), -- of the quarter's end
    fair        numeric(18,0) NOT NULL CHECK (fair >= 0),
    previous    numeric(18,0) NOT NULL CHECK (previous >= 0), -- fair value before, at the same cost
    status      text NOT NULL CHECK (status IN ('proposed', 'approved', 'locked')),
    proposed_by uuid NOT NULL,
    approved_by uuid CHECK (approved_by <> proposed_by),
    approved_at timestamptz,
    locked_by   uuid CHECK (locked_by <> proposed_by AND locked_by <> approved_by),
    locked_at   timestamptz,
    created_at  timestamptz NOT NULL DEFAULT kb.now(),
    CONSTRAINT valuations_once UNIQUE (holding_id, quarter_end),
    CHECK ((status = 'proposed') = (approved_by IS NULL)),
    CHECK ((status = 'locked') = (locked_by IS NOT NULL AND locked_at IS NOT NULL))
);
CREATE INDEX valuations_by_quarter ON valuations (fund_id, quarter_end);

ALTER TABLE fund_flows ADD FOREIGN KEY (holding_id) REFERENCES holdings(id);

INSERT INTO ledger.document_kinds (kind, relation, must_post) VALUES
    ('deal', 'deals', NULL),
    ('investment', 'investments', 'd.status = ''confirmed'''),
    ('valuation', 'valuations', 'd.status = ''locked'' AND d.fair <> d.previous');
