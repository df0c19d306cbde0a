-- Budget years as a lock beside the months, the two stages in which a year ends, and what journals and legs need to say
-- of corrections, legal basis, day and foreign currency.

-- Budget years of a book. open takes every kind, adjusting (chỉnh lý quyết toán) only those of ledger.kinds that may,
-- closed nothing. A year that is not here is open. Source of the adjusting period: Thông tư 26/2026/TT-BTC, Điều 15(2), 19(3).
CREATE TABLE ledger.budget_years (
    book_id int NOT NULL REFERENCES ledger.books (id),
    year    int NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    state   text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'adjusting', 'closed')),
    PRIMARY KEY (book_id, year)
);
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON ledger.budget_years EXECUTE FUNCTION audit.refuse_change();

-- What an adjusting year and a softly closed month still take, by kind of journal.
CREATE TABLE ledger.kinds (
    kind        text PRIMARY KEY,
    adjusting   boolean NOT NULL,
    soft_closed boolean NOT NULL
);
INSERT INTO ledger.kinds (kind, adjusting, soft_closed) VALUES
    ('appropriate', false, false), ('adjust', false, false), ('cut', false, false), ('allocate', false, false),
    ('transfer', false, false), ('reserve', false, false), ('commit', false, false), ('request', false, false),
    ('disburse', true, false), ('release', true, false), ('advance', false, false), ('clear_advance', true, false),
    ('refund', true, false), ('cancel', true, false), ('carry_over', true, false),
    ('reverse', true, true), ('correct', true, true), ('reclassify', true, true), ('fx_revalue', false, true);

-- The moves each kind makes on a budget line of the book BUDGET; no other kind moves one.
CREATE TABLE ledger.kind_moves (
    kind       text NOT NULL REFERENCES ledger.kinds (kind),
    from_stage text NOT NULL,
    to_stage   text NOT NULL,
    PRIMARY KEY (kind, from_stage, to_stage)
);
INSERT INTO ledger.kind_moves (kind, from_stage, to_stage) VALUES
    ('appropriate', 'source', 'available'),
    ('adjust', 'source', 'available'), ('adjust', 'available', 'source'),
    ('cut', 'available', 'source'), ('cut', 'allocated', 'available'),
    ('allocate', 'available', 'allocated'), ('allocate', 'source', 'available'), ('allocate', 'allocated', 'available'),
    ('allocate', 'available', 'source'),
    ('transfer', 'available', 'source'), ('transfer', 'source', 'available'),
    ('reserve', 'available', 'reserved'),
    ('commit', 'available', 'committed'), ('commit', 'reserved', 'committed'),
    ('request', 'committed', 'requested'),
    ('advance', 'committed', 'advanced'), ('advance', 'requested', 'advanced'),
    ('disburse', 'committed', 'requested'), ('disburse', 'requested', 'disbursed'), ('disburse', 'committed', 'disbursed'),
    ('clear_advance', 'advanced', 'disbursed'),
    ('release', 'reserved', 'available'), ('release', 'committed', 'available'), ('release', 'requested', 'committed'),
    ('release', 'requested', 'available'), ('release', 'advanced', 'available'),
    ('refund', 'disbursed', 'available'), ('refund', 'disbursed', 'returned'),
    ('cancel', 'available', 'closing'),
    ('carry_over', 'available', 'closing'), ('carry_over', 'reserved', 'closing'), ('carry_over', 'committed', 'closing'),
    ('carry_over', 'advanced', 'closing'), ('carry_over', 'source', 'available'), ('carry_over', 'source', 'reserved'),
    ('carry_over', 'source', 'committed'), ('carry_over', 'source', 'advanced'),
    ('reclassify', 'disbursed', 'available'), ('reclassify', 'available', 'disbursed'), ('reclassify', 'committed', 'available'),
    ('reclassify', 'available', 'committed'), ('reclassify', 'reserved', 'available'), ('reclassify', 'available', 'reserved');

-- What the checks of the hot tables ask, one function a table. A statement prepares the expression of every check it meets
-- anew, and thirty of them cost a third of a commitment; a function is prepared once a session.
CREATE FUNCTION ledger.within(p_authorised numeric, p_allocated numeric, p_reserved numeric, p_committed numeric, p_requested numeric,
    p_advanced numeric, p_disbursed numeric, p_returned numeric, p_closing numeric) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN least(p_allocated, p_reserved, p_committed, p_requested, p_advanced, p_disbursed, p_returned, p_closing) >= 0
       AND p_allocated + p_reserved + p_committed + p_requested + p_advanced + p_disbursed + p_returned + p_closing <= p_authorised
       AND p_authorised = round(p_authorised);
END $$;
CREATE FUNCTION ledger.leg_holds(p_leg int, p_amount numeric, p_minor_units int, p_currency text, p_base numeric, p_rate bigint)
    RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN p_leg >= 1 AND p_amount <> 'NaN' AND p_amount = round(p_amount, p_minor_units)
       AND CASE WHEN p_currency = 'VND' THEN p_amount <> 0 AND p_base IS NULL AND p_rate IS NULL
                ELSE p_base = round(p_base) AND p_base <> 'NaN' AND (p_amount <> 0 OR p_base <> 0) END IS TRUE;
END $$;

-- Two more stages: returned (paid back in a later year, never available again) and closing (carried over or cancelled
-- out of the year). year and valid repeat the dimensions of the line, so that the hot path reads one row.
DROP TRIGGER same_line ON ledger.control_lines;
ALTER TABLE ledger.control_lines
    ADD COLUMN returned numeric(24,4) NOT NULL DEFAULT 0,
    ADD COLUMN closing  numeric(24,4) NOT NULL DEFAULT 0,
    ADD COLUMN year     int,       -- budget year, NULL when none
    ADD COLUMN valid    daterange, -- days on which the codes hold, NULL for always
    DROP CONSTRAINT control_lines_check,
    DROP CONSTRAINT control_lines_authorised_check,
    DROP CONSTRAINT control_lines_allocated_check,
    DROP CONSTRAINT control_lines_reserved_check,
    DROP CONSTRAINT control_lines_committed_check,
    DROP CONSTRAINT control_lines_requested_check,
    DROP CONSTRAINT control_lines_advanced_check,
    DROP CONSTRAINT control_lines_disbursed_check,
    ADD CONSTRAINT control_lines_ceiling
        CHECK (ledger.within(authorised, allocated, reserved, committed, requested, advanced, disbursed, returned, closing));
UPDATE ledger.control_lines c SET year = d.budget_year FROM ledger.dim_sets d WHERE d.id = c.dim_id;
CREATE TRIGGER same_line BEFORE UPDATE OF id, book_id, kind, dim_id, subject_id, year ON ledger.control_lines
    EXECUTE FUNCTION audit.refuse_change();
INSERT INTO ledger.budget_years (book_id, year)
SELECT DISTINCT c.book_id, c.year FROM ledger.control_lines c JOIN ledger.books b ON b.id = c.book_id
 WHERE b.code = 'BUDGET' AND c.year IS NOT NULL;

-- Days on which the codes of a combination hold; a combination that is not here holds always.
CREATE TABLE ledger.dim_spans (
    dim_id bigint PRIMARY KEY REFERENCES ledger.dim_sets (id),
    valid  daterange NOT NULL
);

-- Which kinds need a second person, and which a reason, in every book.
CREATE FUNCTION ledger.needs_second(p_kind text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN p_kind = ANY ('{appropriate,allocate,adjust,cut,transfer,commit,advance,disburse,clear_advance,release,refund,
        cancel,carry_over,reverse,correct,reclassify,sponsor,fx_revalue}'::text[]);
END $$;
CREATE FUNCTION ledger.needs_reason(p_kind text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN p_kind = ANY ('{release,adjust,cut,transfer,refund,cancel,carry_over,reverse,correct,reclassify}'::text[]);
END $$;

-- The rules of a journal's row; each refuses under its own name.
CREATE FUNCTION ledger.journal_holds(p_kind text, p_document_kind text, p_key text, p_hash bytea, p_digest bytea, p_legs int, p_reverses bigint,
    p_adjusts bigint, p_reason text, p_basis text, p_actor uuid, p_approver uuid, p_year int, p_year_to int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE rule text;
BEGIN
    rule := CASE
        WHEN p_kind = 'carry_over' AND p_basis = '' THEN 'journals_basis'
        WHEN p_reason = '' AND ledger.needs_reason(p_kind) THEN 'journals_reason'
        WHEN p_actor = p_approver THEN 'journals_same_person'
        WHEN p_approver IS NULL AND ledger.needs_second(p_kind) THEN 'journals_second_person'
        WHEN (p_kind = 'reverse') <> (p_reverses IS NOT NULL) OR (p_kind IN ('correct', 'reclassify')) <> (p_adjusts IS NOT NULL) THEN 'journals_refers'
        WHEN p_year_to <= p_year OR p_year_to IS NOT NULL AND p_kind NOT IN ('carry_over', 'reverse', 'correct') THEN 'journals_years'
        WHEN p_legs < 2 OR p_document_kind = '' OR p_key = '' OR octet_length(p_hash) <> 32 OR octet_length(p_digest) <> 32
            OR p_kind !~ '^[a-z][a-z0-9_]*$' THEN 'journals_holds' END;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'a journal breaks %', rule USING ERRCODE = '23514', CONSTRAINT = rule, SCHEMA = 'ledger', TABLE = 'journals';
    END IF;
    RETURN true;
END $$;

-- Journals: adjusts_id points at the one they take back a part of; the budget years are those of their lines, two of
-- them only for what goes from one year into another. A key in which most rows are null need not hold those.
ALTER TABLE ledger.journals
    ADD COLUMN adjusts_id     bigint,
    ADD COLUMN legal_basis    text NOT NULL DEFAULT '', -- code of the rulebook
    ADD COLUMN budget_year    int,
    ADD COLUMN budget_year_to int,
    DROP CONSTRAINT journals_reverses_id_key,
    DROP CONSTRAINT journals_reverses_id_fkey,
    DROP CONSTRAINT journals_second_person,
    DROP CONSTRAINT journals_same_person,
    DROP CONSTRAINT journals_check,
    DROP CONSTRAINT journals_check1,
    DROP CONSTRAINT journals_content_hash_check,
    DROP CONSTRAINT journals_digest_check,
    DROP CONSTRAINT journals_document_kind_check,
    DROP CONSTRAINT journals_kind_check,
    DROP CONSTRAINT journals_leg_count_check,
    DROP CONSTRAINT journals_request_key_check,
    ADD CONSTRAINT journals_holds CHECK (ledger.journal_holds(kind, document_kind, request_key, content_hash, digest, leg_count, reverses_id,
        adjusts_id, reason, legal_basis, actor_id, approver_id, budget_year, budget_year_to));
CREATE UNIQUE INDEX journals_reverses_id_key ON ledger.journals (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX journals_adjusts ON ledger.journals (adjusts_id) WHERE adjusts_id IS NOT NULL;

-- Rates of foreign currencies, in đồng for one unit; written once, a better one is another row.
CREATE TABLE ledger.rates (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    currency    text NOT NULL REFERENCES ledger.currencies (code) CHECK (currency <> 'VND'),
    day         date NOT NULL,
    source      text NOT NULL CHECK (source <> ''), -- who publishes it
    document    text NOT NULL CHECK (document <> ''),
    bid         numeric(18,6) NOT NULL CHECK (bid > 0),
    ask         numeric(18,6) NOT NULL CHECK (ask >= bid),
    accounting  numeric(18,6) NOT NULL CHECK (accounting > 0),
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX rates_day ON ledger.rates (currency, day DESC, id DESC);
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.rates EXECUTE FUNCTION audit.refuse_change();

-- Legs carry the day of their journal, so that a line is read by day from one index; those in a foreign currency their
-- worth in đồng. A leg without an amount only changes that worth.
ALTER TABLE ledger.postings DISABLE TRIGGER USER;
ALTER TABLE ledger.postings
    ADD COLUMN effective_on date,
    ADD COLUMN base_amount  numeric(24,4),
    ADD COLUMN rate_id      bigint,
    DROP CONSTRAINT postings_amount_check,
    DROP CONSTRAINT postings_leg_check,
    DROP CONSTRAINT postings_check,
    ADD CONSTRAINT postings_holds CHECK (ledger.leg_holds(leg, amount, minor_units, currency, base_amount, rate_id));
UPDATE ledger.postings p SET effective_on = j.effective_on FROM ledger.journals j WHERE j.id = p.journal_id;
ALTER TABLE ledger.postings ALTER COLUMN effective_on SET NOT NULL;
ALTER TABLE ledger.postings ENABLE TRIGGER USER;
DROP INDEX ledger.postings_line;
CREATE INDEX postings_line ON ledger.postings (line_id, effective_on, journal_id) WHERE line_id IS NOT NULL;
CREATE INDEX postings_day ON ledger.postings USING brin (effective_on);
ALTER TABLE ledger.account_balances ADD COLUMN base numeric(24,4); -- worth in đồng of a foreign balance, debit positive

-- The advisory locks of a month and of a budget year of a book.
CREATE FUNCTION ledger.period_lock(p_book int, p_on date) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN 7735236100096 + p_book * 65536::bigint + extract(year FROM p_on)::int * 12 + extract(month FROM p_on)::int;
END $$;
CREATE FUNCTION ledger.year_lock(p_book int, p_year int) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN 7739531067392 + p_book * 65536::bigint + p_year;
END $$;

-- Takes the share locks of the month and the budget years of a journal and says which period holds it. Postings pass
-- each other; whoever moves a month or a year takes the same lock alone, so the two wait for one another. The state is
-- read by a statement of its own after the lock, which a transaction with one view for all of its statements would not see.
CREATE FUNCTION ledger.judge_day(p_book int, p_kind text, p_on date, p_year int, p_year_to int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    d record;
    k record;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed'
       OR pg_advisory_xact_lock_shared(ledger.period_lock(p_book, p_on)) IS NULL
       OR (p_year IS NOT NULL AND pg_advisory_xact_lock_shared(ledger.year_lock(p_book, p_year)) IS NULL)
       OR (p_year_to IS NOT NULL AND pg_advisory_xact_lock_shared(ledger.year_lock(p_book, p_year_to)) IS NULL) THEN
        RAISE EXCEPTION 'a journal is written at read committed' USING ERRCODE = 'KB014';
    END IF;
    SELECT p.id, p.state, coalesce(y.state, 'open') AS year, coalesce(z.state, 'open') AS year_to INTO d FROM ledger.periods p
      LEFT JOIN ledger.budget_years y ON y.book_id = p_book AND y.year = p_year
      LEFT JOIN ledger.budget_years z ON z.book_id = p_book AND z.year = p_year_to
     WHERE p.book_id = p_book AND p.starts_on = date_trunc('month', p_on)::date;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no period of this book holds %', p_on USING ERRCODE = 'KB014';
    END IF;
    IF d.state = 'open' AND d.year = 'open' AND d.year_to = 'open' THEN
        RETURN d.id;
    END IF;
    SELECT bool_or(x.adjusting) AS adjusting, bool_or(x.soft_closed) AS soft INTO k FROM ledger.kinds x WHERE x.kind = p_kind;
    IF d.state = 'closed' OR (d.state = 'soft_closed' AND k.soft IS NOT TRUE) THEN
        RAISE EXCEPTION 'period of % is %', p_on, d.state USING ERRCODE = 'KB011', DETAIL = to_char(p_on, 'MM/YYYY');
    ELSIF d.year = 'closed' OR (d.year = 'adjusting' AND k.adjusting IS NOT TRUE) THEN
        RAISE EXCEPTION 'year % is %', p_year, d.year USING ERRCODE = 'KB012', DETAIL = concat_ws(' ', p_year, d.year);
    ELSIF d.year_to = 'closed' OR (d.year_to = 'adjusting' AND k.adjusting IS NOT TRUE) THEN
        RAISE EXCEPTION 'year % is %', p_year_to, d.year_to USING ERRCODE = 'KB012', DETAIL = concat_ws(' ', p_year_to, d.year_to);
    END IF;
    RETURN d.id;
END $$;

CREATE OR REPLACE FUNCTION ledger.check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.period_id := ledger.judge_day(NEW.book_id, NEW.kind, NEW.effective_on, NEW.budget_year, NEW.budget_year_to);
    NEW.recorded_at := clock_timestamp();
    NEW.recorded_xid := pg_current_xact_id();
    RETURN NEW;
END $$;

-- As before, and: legs stand on the day and in the budget years of their journal, the worth in đồng of all of them
-- sums to zero, and what takes back a part of a journal stays within it. Nearly every statement brings the two legs of one
-- journal on one line: one look at them without groups is enough, and what it does not find in order is looked at again.
CREATE OR REPLACE FUNCTION ledger.check_legs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
    one record;
    o   record;
BEGIN
    SELECT x.id, x.book_id, x.leg_count, x.effective_on, x.budget_year, x.recorded_xid, x.reverses_id, x.adjusts_id INTO one
      FROM ledger.journals x WHERE x.id = (SELECT n.journal_id FROM added n LIMIT 1);
    IF FOUND AND one.reverses_id IS NULL AND one.adjusts_id IS NULL AND one.recorded_xid = pg_current_xact_id() AND (
        SELECT count(*) = one.leg_count AND max(n.leg) = one.leg_count AND min(n.line_id) = max(n.line_id) AND sum(n.amount) = 0
           AND bool_and((n.journal_id = one.id AND n.effective_on = one.effective_on AND n.currency = 'VND' AND a.currency = 'VND' AND n.minor_units = 0
               AND a.book_id = one.book_id AND a.class = 'stage' AND l.book_id = one.book_id AND l.dim_id = n.dim_id
               AND (l.year IS NULL OR l.year = one.budget_year)) IS TRUE)
          FROM added n
          LEFT JOIN LATERAL (SELECT y.book_id, y.currency, y.class FROM ledger.accounts y WHERE y.id = n.account_id LIMIT 1) a ON true
          LEFT JOIN LATERAL (SELECT y.book_id, y.dim_id, y.year FROM ledger.control_lines y WHERE y.id = n.line_id LIMIT 1) l ON true) THEN
        RETURN NULL;
    END IF;
    SELECT min(x.why) AS why, max(x.back) AS back, max(x.groups) AS groups INTO bad FROM (
        SELECT coalesce(j.reverses_id, j.adjusts_id) AS back, count(DISTINCT (n.currency, n.line_id)) AS groups,
            'journal ' || n.journal_id || CASE
            WHEN j.id IS NULL THEN ' has no journal'
            WHEN j.recorded_xid <> pg_current_xact_id() THEN ' was closed by its own transaction'
            WHEN count(*) <> j.leg_count OR max(n.leg) <> j.leg_count THEN ' has other legs than declared'
            WHEN sum(n.amount) <> 0 AND min(n.currency) = max(n.currency) OR sum(n.base_amount) <> 0 THEN ' does not sum to zero'
            WHEN bool_or(n.effective_on <> j.effective_on) THEN ' has a leg of another day'
            WHEN bool_or(a.id IS NULL OR a.book_id <> j.book_id) THEN ' has an account of another book'
            WHEN bool_or(a.currency <> n.currency OR a.minor_units <> n.minor_units) THEN ' has another currency than its account'
            WHEN bool_or((a.class = 'stage') <> (n.line_id IS NOT NULL)) THEN ' has a stage without a line'
            WHEN bool_or(n.line_id IS NOT NULL AND (l.id IS NULL OR l.book_id <> j.book_id OR l.dim_id <> n.dim_id))
                THEN ' has a line of another book'
            WHEN bool_or(l.year <> j.budget_year AND l.year IS DISTINCT FROM j.budget_year_to OR l.year > 0 AND j.budget_year IS NULL)
                THEN ' has a line of another year'
            END AS why
          FROM added n
          LEFT JOIN LATERAL (SELECT * FROM ledger.journals j WHERE j.id = n.journal_id LIMIT 1) j ON true
          LEFT JOIN LATERAL (SELECT * FROM ledger.accounts a WHERE a.id = n.account_id LIMIT 1) a ON true
          LEFT JOIN LATERAL (SELECT * FROM ledger.control_lines l WHERE l.id = n.line_id LIMIT 1) l ON true
         GROUP BY n.journal_id, j.id, j.recorded_xid, j.leg_count, coalesce(j.reverses_id, j.adjusts_id)) x;
    IF bad.why IS NULL AND bad.groups > 1 THEN
        SELECT min('journal ' || n.journal_id || ' does not sum to zero') AS why, bad.back AS back INTO bad
          FROM (SELECT journal_id FROM added GROUP BY journal_id, currency, line_id HAVING sum(amount) <> 0) n;
    END IF;
    IF bad.why IS NOT NULL THEN
        RAISE EXCEPTION '%', bad.why USING ERRCODE = 'KB014';
    END IF;
    IF bad.back IS NOT NULL THEN
        FOR o IN SELECT DISTINCT n.journal_id, r.kind, r.reverses_id, r.adjusts_id FROM added n
            JOIN LATERAL (SELECT j.kind, j.reverses_id, j.adjusts_id FROM ledger.journals j WHERE j.id = n.journal_id LIMIT 1) r
              ON coalesce(r.reverses_id, r.adjusts_id) IS NOT NULL ORDER BY n.journal_id LOOP
            IF o.adjusts_id IS NOT NULL THEN
                PERFORM ledger.check_correction(o.journal_id, o.adjusts_id, o.kind);
            ELSIF EXISTS (SELECT FROM ledger.journals j WHERE j.adjusts_id = o.reverses_id
                    AND NOT EXISTS (SELECT FROM ledger.journals r WHERE r.reverses_id = j.id)) THEN
                RAISE EXCEPTION 'a part of the journal was taken back before' USING ERRCODE = 'KB017';
            ELSIF EXISTS (
                SELECT FROM (SELECT * FROM added n WHERE n.journal_id = o.journal_id) m
                  FULL JOIN (SELECT * FROM ledger.postings p WHERE p.journal_id = o.reverses_id) q
                    ON q.leg = m.leg AND q.account_id = m.account_id AND q.dim_id = m.dim_id
                   AND coalesce(q.line_id, 0) = coalesce(m.line_id, 0) AND q.currency = m.currency AND q.amount = -m.amount
                   AND coalesce(q.base_amount, 0) = -coalesce(m.base_amount, 0)
                 WHERE q.leg IS NULL OR m.leg IS NULL) THEN
                RAISE EXCEPTION 'a reversal mirrors every leg' USING ERRCODE = 'KB014';
            END IF;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

-- A correction takes back parts of legs of its original: per account, dimensions, line and side never more, with all
-- earlier corrections that stand, than the original put there, and nothing of one that was reversed. Every leg of a correction does so;
-- a reclassification takes back at least one and puts it elsewhere. Whoever corrects or reverses holds the original's row.
CREATE FUNCTION ledger.check_correction(p_journal bigint, p_original bigint, p_kind text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    IF EXISTS (SELECT FROM ledger.journals j WHERE j.reverses_id = p_original) THEN
        RAISE EXCEPTION 'the journal was reversed before' USING ERRCODE = 'KB017', CONSTRAINT = 'journals_reverses_id_key';
    END IF;
    SELECT count(*) FILTER (WHERE x.own IS NOT NULL AND x.original IS NOT NULL) AS taken,
           count(*) FILTER (WHERE x.own IS NOT NULL AND x.original IS NULL) AS elsewhere,
           count(*) FILTER (WHERE x.own IS NOT NULL AND x.back > x.original) AS over INTO bad
      FROM (SELECT y.account_id, y.dim_id, y.line_id, y.side, sum(y.amount) FILTER (WHERE y.id = p_original) AS original,
                   sum(y.amount) FILTER (WHERE y.id <> p_original) AS back, sum(y.amount) FILTER (WHERE y.id = p_journal) AS own
              FROM (SELECT p.journal_id AS id, p.account_id, p.dim_id, p.line_id, abs(p.amount) AS amount,
                           sign(p.amount) * CASE WHEN p.journal_id = p_original THEN 1 ELSE -1 END AS side
                      FROM ledger.postings p WHERE p.journal_id = p_original
                        OR p.journal_id IN (SELECT j.id FROM ledger.journals j WHERE j.adjusts_id = p_original
                              AND NOT EXISTS (SELECT FROM ledger.journals r WHERE r.reverses_id = j.id))) y
             GROUP BY y.account_id, y.dim_id, y.line_id, y.side) x;
    IF bad.over > 0 THEN
        RAISE EXCEPTION 'more than is left of the journal' USING ERRCODE = 'KB017';
    ELSIF bad.taken = 0 OR (p_kind = 'correct' AND bad.elsewhere > 0) THEN
        RAISE EXCEPTION 'the journal has no such leg' USING ERRCODE = 'KB015';
    END IF;
END $$;

GRANT SELECT ON ledger.budget_years, ledger.kinds, ledger.kind_moves, ledger.dim_spans, ledger.rates TO kinhbac_app, kinhbac_read;
REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ledger FROM kinhbac_app;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC, kinhbac_app;
