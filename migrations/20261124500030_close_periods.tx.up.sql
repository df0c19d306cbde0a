-- Closing: months in their order, budget years one state at a time, both back again by two people with a reason. Each
-- change is a record; a month that closes leaves its trial balance with a digest and the head of the sealed tree it stands on.
CREATE TABLE ledger.state_changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    book_id     int NOT NULL REFERENCES ledger.books (id),
    period_id   int REFERENCES ledger.periods (id),
    year        int CHECK ((year IS NULL) = (period_id IS NOT NULL)),
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    backwards   boolean NOT NULL,
    actor_id    uuid NOT NULL,
    approver_id uuid,
    reason      text NOT NULL,
    at          timestamptz NOT NULL, -- deciding time
    recorded_at timestamptz NOT NULL,
    version     int,                  -- of the trial balance of the month: 1, then one more after each reopening
    journals    bigint,
    tree_size   bigint,
    tree_root   bytea CHECK (octet_length(tree_root) = 32),
    digest      bytea CHECK (octet_length(digest) = 32),
    CONSTRAINT state_changes_same_person CHECK (actor_id <> approver_id),
    CONSTRAINT state_changes_second_person CHECK (NOT backwards OR approver_id IS NOT NULL),
    CONSTRAINT state_changes_reason CHECK (NOT backwards OR reason <> ''),
    CHECK ((version IS NOT NULL AND digest IS NOT NULL AND journals IS NOT NULL) = (period_id IS NOT NULL AND to_state = 'closed')),
    CHECK (version IS NULL OR (tree_size IS NULL) = (journals = 0)),
    CHECK ((tree_size IS NULL) = (tree_root IS NULL)),
    UNIQUE (period_id, version)
);
CREATE INDEX state_changes_book ON ledger.state_changes (book_id, id);

-- The trial balance a month was closed with: per account, dimensions and control line (0 for none) what stood before it
-- and its turnover. Balances of any day start from the last of these.
CREATE TABLE ledger.period_balances (
    change_id  bigint NOT NULL REFERENCES ledger.state_changes (id) DEFERRABLE INITIALLY DEFERRED, -- the rows come first, then their digest
    line_id    bigint NOT NULL,
    account_id int NOT NULL,
    dim_id     bigint NOT NULL,
    opening    numeric(24,4) NOT NULL,
    debit      numeric(24,4) NOT NULL CHECK (debit >= 0),
    credit     numeric(24,4) NOT NULL CHECK (credit >= 0),
    PRIMARY KEY (change_id, line_id, account_id, dim_id)
);
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.state_changes EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.period_balances EXECUTE FUNCTION audit.refuse_change();

-- The trial balance that stands for each closed month.
CREATE VIEW ledger.closed_months AS
    SELECT p.book_id, p.id AS period_id, p.starts_on, p.ends_on, c.id AS change_id, c.version, c.digest, c.tree_size, c.tree_root
      FROM ledger.periods p
      JOIN LATERAL (SELECT * FROM ledger.state_changes c WHERE c.period_id = p.id AND c.version IS NOT NULL ORDER BY c.version DESC LIMIT 1) c ON true
     WHERE p.state = 'closed';

-- Whoever changes the state of a month or a year waits for the postings in it and they for him, by hand too.
CREATE FUNCTION ledger.hold_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.book_id, NEW.starts_on) IS DISTINCT FROM (OLD.id, OLD.book_id, OLD.starts_on) THEN
        RAISE EXCEPTION 'a period keeps its book and its days' USING ERRCODE = 'KB001';
    END IF;
    PERFORM pg_advisory_xact_lock(ledger.period_lock(NEW.book_id, NEW.starts_on));
    RETURN NEW;
END $$;
CREATE TRIGGER hold BEFORE UPDATE ON ledger.periods FOR EACH ROW EXECUTE FUNCTION ledger.hold_period();
CREATE FUNCTION ledger.hold_year() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.book_id, NEW.year) IS DISTINCT FROM (OLD.book_id, OLD.year) THEN
        RAISE EXCEPTION 'a year keeps its book' USING ERRCODE = 'KB001';
    END IF;
    PERFORM pg_advisory_xact_lock(ledger.year_lock(NEW.book_id, NEW.year));
    RETURN NEW;
END $$;
CREATE TRIGGER hold BEFORE UPDATE ON ledger.budget_years FOR EACH ROW EXECUTE FUNCTION ledger.hold_year();

-- The first place where control lines or balances of a book differ from the postings, NULL when none does. One statement,
-- so that what is posted meanwhile is seen whole or not at all.
CREATE FUNCTION ledger.drift(p_book int) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT x.place FROM (
        SELECT 'control_lines ' || c.id AS place FROM ledger.control_lines c
          LEFT JOIN (SELECT p.line_id, a.code, sum(p.amount) AS amount FROM ledger.postings p
                       JOIN ledger.accounts a ON a.id = p.account_id AND a.book_id = p_book
                      WHERE p.line_id IS NOT NULL GROUP BY p.line_id, a.code) s ON s.line_id = c.id
         WHERE c.book_id = p_book
         GROUP BY c.id HAVING (c.authorised, c.allocated, c.reserved, c.committed, c.requested, c.advanced, c.disbursed, c.returned, c.closing)
            <> (-coalesce(sum(s.amount) FILTER (WHERE s.code = 'source'), 0), coalesce(sum(s.amount) FILTER (WHERE s.code = 'allocated'), 0),
                coalesce(sum(s.amount) FILTER (WHERE s.code = 'reserved'), 0), coalesce(sum(s.amount) FILTER (WHERE s.code = 'committed'), 0),
                coalesce(sum(s.amount) FILTER (WHERE s.code = 'requested'), 0), coalesce(sum(s.amount) FILTER (WHERE s.code = 'advanced'), 0),
                coalesce(sum(s.amount) FILTER (WHERE s.code = 'disbursed'), 0), coalesce(sum(s.amount) FILTER (WHERE s.code = 'returned'), 0),
                coalesce(sum(s.amount) FILTER (WHERE s.code = 'closing'), 0))
        UNION ALL
        SELECT 'accounts ' || coalesce(b.account_id, s.account_id) FROM (
            SELECT b.account_id, b.dim_id, sum(b.debit - b.credit) AS amount FROM ledger.account_balances b
              JOIN ledger.accounts a ON a.id = b.account_id AND a.book_id = p_book GROUP BY b.account_id, b.dim_id) b
          FULL JOIN (SELECT p.account_id, p.dim_id, sum(p.amount) AS amount FROM ledger.postings p
                       JOIN ledger.accounts a ON a.id = p.account_id AND a.book_id = p_book
                      WHERE p.line_id IS NULL GROUP BY p.account_id, p.dim_id) s ON (s.account_id, s.dim_id) = (b.account_id, b.dim_id)
         WHERE b.amount IS DISTINCT FROM s.amount) x ORDER BY x.place LIMIT 1);
END $$;

-- Takes a budget year to its next state, or back to the one before. Years close in their order; one that still holds
-- money which may be spent does not close: it is cancelled or carried over before. Refusals: KB020 order, KB021 money left.
CREATE FUNCTION ledger.move_year(p_book text, p_year int, p_to text, p_actor uuid, p_approver uuid, p_reason text)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    states text[] := '{open,adjusting,closed}';
    b    int;
    was  text;
    step int;
    held record;
    r    bigint;
BEGIN
    SELECT id INTO b FROM ledger.books WHERE code = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    END IF;
    PERFORM pg_advisory_xact_lock(ledger.year_lock(b, p_year));
    INSERT INTO ledger.budget_years (book_id, year) VALUES (b, p_year) ON CONFLICT DO NOTHING;
    SELECT y.state INTO was FROM ledger.budget_years y WHERE y.book_id = b AND y.year = p_year FOR UPDATE;
    step := array_position(states, p_to) - array_position(states, was);
    IF step IS NULL OR step NOT IN (-1, 1) THEN
        RAISE EXCEPTION 'year % does not go from % to %', p_year, was, p_to USING ERRCODE = 'KB020', DETAIL = p_year::text;
    ELSIF p_to = 'closed' AND EXISTS (SELECT FROM ledger.budget_years y WHERE y.book_id = b AND y.year < p_year AND y.state <> 'closed')
       OR was = 'closed' AND EXISTS (SELECT FROM ledger.budget_years y WHERE y.book_id = b AND y.year > p_year AND y.state = 'closed') THEN
        RAISE EXCEPTION 'years close in their order and reopen backwards' USING ERRCODE = 'KB020', DETAIL = p_year::text;
    END IF;
    IF p_to = 'closed' THEN
        SELECT count(*) AS n, min(c.id) AS first INTO held FROM ledger.control_lines c
         WHERE c.book_id = b AND c.year = p_year AND c.authorised <> c.allocated + c.disbursed + c.returned + c.closing;
        IF held.n > 0 THEN
            RAISE EXCEPTION '% lines of % still hold money, the first is %', held.n, p_year, held.first USING ERRCODE = 'KB021', DETAIL = held.n::text;
        END IF;
    END IF;
    UPDATE ledger.budget_years y SET state = p_to WHERE y.book_id = b AND y.year = p_year;
    INSERT INTO ledger.state_changes (book_id, year, from_state, to_state, backwards, actor_id, approver_id, reason, at, recorded_at)
    VALUES (b, p_year, was, p_to, step < 0, p_actor, p_approver, p_reason, kb.now(), clock_timestamp()) RETURNING id INTO r;
    RETURN r;
END $$;

-- Takes a month of a book to another state. It closes when every earlier one is closed, nothing drifts and all of its
-- journals are sealed, and then keeps its trial balance; it reopens when no later one is closed. Refusals: KB020 order,
-- KB022 drift, KB023 journals that are not sealed yet.
CREATE FUNCTION ledger.move_period(p_book text, p_month date, p_to text, p_actor uuid, p_approver uuid, p_reason text)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    states text[] := '{open,soft_closed,closed}';
    b     int;
    p     ledger.periods;
    step  int;
    place text;
    head  record;
    r     bigint;
    ver   int;
    n     bigint;
    hash  bytea;
BEGIN
    SELECT id INTO b FROM ledger.books WHERE code = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    END IF;
    PERFORM pg_advisory_xact_lock(ledger.period_lock(b, p_month));
    PERFORM pg_advisory_xact_lock(hashtext('ledger.periods'), b); -- nobody opens one meanwhile
    SELECT * INTO p FROM ledger.periods x WHERE x.book_id = b AND x.starts_on = date_trunc('month', p_month)::date;
    IF NOT FOUND THEN
        PERFORM ledger.open_period(b, p_month);
        SELECT * INTO p FROM ledger.periods x WHERE x.book_id = b AND x.starts_on = date_trunc('month', p_month)::date;
    END IF;
    step := array_position(states, p_to) - array_position(states, p.state);
    IF step IS NULL OR step = 0 THEN
        RAISE EXCEPTION 'the month does not go from % to %', p.state, p_to USING ERRCODE = 'KB020', DETAIL = to_char(p.starts_on, 'MM/YYYY');
    ELSIF p_to = 'closed' AND EXISTS (SELECT FROM ledger.periods x WHERE x.book_id = b AND x.starts_on < p.starts_on AND x.state <> 'closed')
       OR p.state = 'closed' AND EXISTS (SELECT FROM ledger.periods x WHERE x.book_id = b AND x.starts_on > p.starts_on AND x.state = 'closed') THEN
        RAISE EXCEPTION 'months close in their order and reopen backwards' USING ERRCODE = 'KB020', DETAIL = to_char(p.starts_on, 'MM/YYYY');
    END IF;
    IF p_to <> 'closed' THEN
        INSERT INTO ledger.state_changes (book_id, period_id, from_state, to_state, backwards, actor_id, approver_id, reason, at, recorded_at)
        VALUES (b, p.id, p.state, p_to, step < 0, p_actor, p_approver, p_reason, kb.now(), clock_timestamp()) RETURNING id INTO r;
        UPDATE ledger.periods x SET state = p_to WHERE x.id = p.id;
        RETURN r;
    END IF;

    place := ledger.drift(b);
    IF place IS NOT NULL THEN
        RAISE EXCEPTION 'book % drifts at %', p_book, place USING ERRCODE = 'KB022', DETAIL = place;
    END IF;
    SELECT h.size, h.root INTO head FROM public.seal_heads h WHERE h.tree = 'ledger' ORDER BY h.size DESC LIMIT 1;
    SELECT count(*), count(*) FILTER (WHERE l.leaf IS NULL OR l.leaf >= coalesce(head.size, 0)) INTO n, step FROM ledger.journals j
      LEFT JOIN public.seal_leaves l ON l.tree = 'ledger' AND l.row_id = j.id WHERE j.period_id = p.id;
    IF step > 0 THEN
        RAISE EXCEPTION '% journals of the month are not sealed', step USING ERRCODE = 'KB023', DETAIL = step::text;
    END IF;
    SELECT coalesce(max(c.version), 0) + 1 INTO ver FROM ledger.state_changes c WHERE c.period_id = p.id;
    r := nextval(pg_get_serial_sequence('ledger.state_changes', 'id'));
    INSERT INTO ledger.period_balances (change_id, line_id, account_id, dim_id, opening, debit, credit)
    SELECT r, x.line_id, x.account_id, x.dim_id, sum(x.opening), sum(x.debit), sum(x.credit) FROM (
        SELECT q.line_id, q.account_id, q.dim_id, q.opening + q.debit - q.credit AS opening, 0 AS debit, 0 AS credit
          FROM (SELECT * FROM ledger.closed_months m WHERE m.book_id = b AND m.ends_on < p.starts_on ORDER BY m.ends_on DESC LIMIT 1) m
          JOIN ledger.period_balances q ON q.change_id = m.change_id
        UNION ALL
        SELECT coalesce(g.line_id, 0), g.account_id, g.dim_id,
               CASE WHEN g.effective_on < p.starts_on THEN g.amount ELSE 0 END,
               CASE WHEN g.effective_on >= p.starts_on AND g.amount > 0 THEN g.amount ELSE 0 END,
               CASE WHEN g.effective_on >= p.starts_on AND g.amount < 0 THEN -g.amount ELSE 0 END
          FROM ledger.postings g JOIN ledger.accounts a ON a.id = g.account_id AND a.book_id = b
         WHERE g.effective_on <= p.ends_on
           AND g.effective_on > coalesce((SELECT max(m.ends_on) FROM ledger.closed_months m WHERE m.book_id = b AND m.ends_on < p.starts_on), '-infinity')) x
     GROUP BY x.line_id, x.account_id, x.dim_id
    HAVING sum(x.opening) <> 0 OR sum(x.debit) <> 0 OR sum(x.credit) <> 0;
    SELECT sha256(array_send(ARRAY['trial.1', 't' || p_book, 'd' || p.starts_on, 'i' || ver, 'i' || n, 'i' || head.size, 'x' || encode(head.root, 'hex')])
               || coalesce(string_agg(sha256(array_send(ARRAY['i' || t.line_id, 'i' || t.account_id, 'i' || t.dim_id, 'n' || trim_scale(t.opening),
                      'n' || trim_scale(t.debit), 'n' || trim_scale(t.credit)])), '' ORDER BY t.line_id, t.account_id, t.dim_id), ''))
      INTO hash FROM ledger.period_balances t WHERE t.change_id = r;
    INSERT INTO ledger.state_changes (id, book_id, period_id, from_state, to_state, backwards, actor_id, approver_id, reason, at, recorded_at,
        version, journals, tree_size, tree_root, digest)
    OVERRIDING SYSTEM VALUE VALUES (r, b, p.id, p.state, 'closed', false, p_actor, p_approver, p_reason, kb.now(), clock_timestamp(),
        ver, n, CASE WHEN n > 0 THEN head.size END, CASE WHEN n > 0 THEN head.root END, hash);
    UPDATE ledger.periods x SET state = 'closed' WHERE x.id = p.id;
    RETURN r;
END $$;

GRANT SELECT ON ledger.state_changes, ledger.period_balances, ledger.closed_months TO kinhbac_app, kinhbac_read;
REVOKE INSERT, UPDATE, DELETE ON ledger.state_changes, ledger.period_balances, ledger.closed_months FROM kinhbac_app;
REVOKE EXECUTE ON FUNCTION ledger.hold_period, ledger.hold_year, ledger.drift, ledger.move_year, ledger.move_period FROM PUBLIC, kinhbac_app;
GRANT EXECUTE ON FUNCTION ledger.move_year, ledger.move_period TO kinhbac_app;
