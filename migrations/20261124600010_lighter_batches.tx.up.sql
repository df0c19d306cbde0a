-- A batch is looked at once: the quick look at the legs of a single journal no longer runs over the legs of thousands,
-- and the legs of a batch are spread out in one step for all commands.

CREATE OR REPLACE FUNCTION ledger.check_legs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
    one record;
    o   record;
BEGIN
    SELECT x.id, x.book_id, x.leg_count, x.effective_on, x.budget_year, x.recorded_xid, x.reverses_id, x.adjusts_id INTO one
      FROM ledger.journals x WHERE x.id = (SELECT n.journal_id FROM added n LIMIT 1);
    IF FOUND AND one.reverses_id IS NULL AND one.adjusts_id IS NULL AND one.recorded_xid = pg_current_xact_id()
       AND (SELECT count(*) FROM (SELECT FROM added LIMIT one.leg_count + 1) n) = one.leg_count AND (
        SELECT max(n.leg) = one.leg_count AND min(n.line_id) = max(n.line_id) AND sum(n.amount) = 0
           AND bool_and((n.journal_id = one.id AND n.effective_on = one.effective_on AND n.currency = 'VND' AND a.currency = 'VND' AND n.minor_units = 0
               AND a.book_id = one.book_id AND a.class = 'stage' AND l.book_id = one.book_id AND l.dim_id = n.dim_id
               AND (l.year IS NULL OR l.year = one.budget_year)) IS TRUE)
          FROM added n
          LEFT JOIN LATERAL (SELECT y.book_id, y.currency, y.class FROM ledger.accounts y WHERE y.id = n.account_id LIMIT 1) a ON true
          LEFT JOIN LATERAL (SELECT y.book_id, y.dim_id, y.year FROM ledger.control_lines y WHERE y.id = n.line_id LIMIT 1) l ON true) THEN
        RETURN NULL;
    END IF;
    SELECT min(x.why) AS why, max(x.back) AS back, bool_or(x.mixed) AS mixed INTO bad FROM (
        SELECT coalesce(j.reverses_id, j.adjusts_id) AS back, min(n.currency) <> max(n.currency) OR min(n.line_id) <> max(n.line_id)
            OR count(n.line_id) BETWEEN 1 AND count(*) - 1 AS mixed,
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
          LEFT JOIN ledger.accounts a ON a.id = n.account_id
          LEFT JOIN LATERAL (SELECT * FROM ledger.control_lines l WHERE l.id = n.line_id LIMIT 1) l ON true
         GROUP BY n.journal_id, j.id, j.recorded_xid, j.leg_count, coalesce(j.reverses_id, j.adjusts_id)) x;
    IF bad.why IS NULL AND bad.mixed THEN
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

CREATE OR REPLACE FUNCTION ledger.write_batch(p_book int, p_items ledger.command[], p_legs ledger.leg[], p_atomic boolean)
    RETURNS SETOF ledger.outcome LANGUAGE plpgsql AS $$
DECLARE
    stages text[] := '{source,available,allocated,reserved,committed,requested,advanced,disbursed,returned,closing}';
    n      int := cardinality(p_items);
    at     timestamptz := now() + (SELECT shift FROM kb.clock_shift); -- kb.now()
    prefix text := (SELECT b.prefix FROM ledger.books b WHERE b.id = p_book);
    ids    bigint[] := array_fill(NULL::bigint, ARRAY[n]); -- journal of an accepted or repeated command
    nos    text[] := array_fill(NULL::text, ARRAY[n]);
    hashes bytea[] := array_fill(NULL::bytea, ARRAY[n]);
    closed text[] := array_fill(NULL::text, ARRAY[n]);
    days   text[] := array_fill(NULL::text, ARRAY[n]);
    done   int[] := '{}';     -- accepted commands
    held   bigint[] := '{}';  -- the lines, ascending
    ver    bigint[] := '{}';
    st     bigint[] := '{}';  -- ten places a line, in the order of stages; source is authorised with a minus
    o      ledger.outcome;
    none   ledger.outcome;
    r      record;
    d      int;
    k      int;
    v      bigint;
    found  text;
    series regclass; -- of the vouchers of of_year
    of_year int;
BEGIN
    -- What was posted before under these keys.
    FOR r IN SELECT i.item, j.id, j.number, j.content_hash FROM unnest(p_items) i JOIN ledger.journals j ON j.book_id = p_book AND j.request_key = i.key LOOP
        ids[r.item] := r.id;
        nos[r.item] := r.number;
        hashes[r.item] := r.content_hash;
    END LOOP;
    -- Months and years, under their share locks to the end of the transaction.
    FOR r IN SELECT i.kind, min(i.day) AS day, i.year, i.year_to, array_agg(i.item) AS items, bool_or(p.id IS NULL) AS new FROM unnest(p_items) i
              LEFT JOIN ledger.periods p ON p.book_id = p_book AND p.starts_on = date_trunc('month', i.day)::date
             WHERE i.refusal IS NULL GROUP BY i.kind, date_trunc('month', i.day), i.year, i.year_to ORDER BY 2, 1 LOOP
        BEGIN
            IF r.new THEN
                PERFORM ledger.open_period(p_book, r.day);
            END IF;
            PERFORM ledger.judge_day(p_book, r.kind, r.day, r.year, r.year_to);
        EXCEPTION WHEN SQLSTATE 'KB011' OR SQLSTATE 'KB012' THEN
            GET STACKED DIAGNOSTICS found = PG_EXCEPTION_DETAIL;
            FOREACH k IN ARRAY r.items LOOP
                closed[k] := SQLSTATE;
                days[k] := found;
            END LOOP;
        END;
    END LOOP;
    WITH locked AS MATERIALIZED (
        SELECT c.* FROM ledger.control_lines c WHERE c.id IN (SELECT l.line FROM unnest(p_legs) l) ORDER BY c.id FOR NO KEY UPDATE)
    SELECT array_agg(h.id ORDER BY h.id), array_agg(h.version ORDER BY h.id), (
            SELECT array_agg(s.v) FROM unnest((SELECT array_agg(ARRAY[-h.authorised, h.authorised - h.allocated - h.reserved - h.committed
                    - h.requested - h.advanced - h.disbursed - h.returned - h.closing, h.allocated, h.reserved, h.committed, h.requested,
                    h.advanced, h.disbursed, h.returned, h.closing]::bigint[] ORDER BY h.id) FROM locked h)) s (v)) -- ten in a row for each line
      INTO held, ver, st FROM locked h;

    FOR r IN SELECT i.*, g.slots, g.nets, lag(i.item) OVER (PARTITION BY i.key ORDER BY i.item) AS twin FROM unnest(p_items) i
          LEFT JOIN (SELECT x.item, array_agg(x.slot ORDER BY x.slot) AS slots, array_agg(x.net ORDER BY x.slot) AS nets FROM (
                SELECT l.item, (h.ord::int - 1) * 10 + s.k::int AS slot, sum(l.amount)::bigint AS net FROM unnest(p_legs) l
                  JOIN unnest(held) WITH ORDINALITY h (id, ord) ON h.id = l.line
                  JOIN unnest(stages) WITH ORDINALITY s (code, k) ON s.code = l.code GROUP BY 1, 2) x GROUP BY x.item) g ON g.item = i.item
         ORDER BY i.item LOOP
        o := none;
        o.item := r.item;
        o.replay := false;
        d := r.twin; -- the command before it under its key that has a journal
        WHILE d IS NOT NULL AND ids[d] IS NULL LOOP
            d := (SELECT max(i.item) FROM unnest(p_items) i WHERE i.key = r.key AND i.item < d);
        END LOOP;
        IF r.refusal IS NOT NULL THEN
            o.refusal := r.refusal;
            o.detail := r.detail;
            ids[r.item] := NULL;
        ELSIF coalesce(d, CASE WHEN ids[r.item] IS NOT NULL THEN r.item END) IS NOT NULL THEN
            d := coalesce(d, r.item);
            IF hashes[d] = r.hash THEN
                o.journal_id := ids[d];
                o.number := nos[d];
                o.replay := true;
            ELSE
                o.refusal := 'KB013';
            END IF;
        ELSIF closed[r.item] IS NOT NULL THEN
            o.refusal := closed[r.item];
            o.detail := days[r.item];
        ELSIF r.basis = '' AND r.kind = 'carry_over' THEN -- in the order in which the table checks
            o.refusal := 'journals_basis';
        ELSIF r.reason = '' AND ledger.needs_reason(r.kind) THEN
            o.refusal := 'journals_reason';
        ELSIF r.actor = r.approver THEN
            o.refusal := 'journals_same_person';
        ELSIF r.approver IS NULL AND ledger.needs_second(r.kind) THEN
            o.refusal := 'journals_second_person';
        ELSE
            d := NULL;
            FOR k IN 1..coalesce(cardinality(r.slots), 0) LOOP
                v := st[r.slots[k]] + r.nets[k];
                st[r.slots[k]] := v;
                IF d IS NULL AND r.nets[k] <> 0 AND (v < 0 AND r.slots[k] % 10 <> 1 OR v > 0 AND r.slots[k] % 10 = 1) THEN
                    d := (r.slots[k] - 1) / 10; -- the first line that has too little
                END IF;
            END LOOP;
            IF d IS NOT NULL THEN
                FOR k IN 1..cardinality(r.slots) LOOP
                    st[r.slots[k]] := st[r.slots[k]] - r.nets[k];
                END LOOP;
                o.refusal := 'KB010';
                o.detail := (SELECT concat_ws(' ', held[d + 1], x.stage, x.has, -x.net) FROM (
                    SELECT stages[s.slot - d * 10] AS stage, st[s.slot] AS has, s.net FROM unnest(r.slots, r.nets) s (slot, net)
                     WHERE s.slot BETWEEN d * 10 + 2 AND d * 10 + 10) x ORDER BY x.has + x.net, x.stage LIMIT 1);
            ELSE
                ids[r.item] := nextval('ledger.journals_id_seq'::regclass);
                IF series IS NULL OR extract(year FROM r.day) <> of_year THEN -- the sequence is looked up once, not for every number
                    of_year := extract(year FROM r.day);
                    series := ('ledger.voucher_' || p_book || '_' || of_year)::regclass;
                END IF;
                nos[r.item] := prefix || '-' || of_year || '-' || lpad(nextval(series)::text, 6, '0');
                hashes[r.item] := r.hash;
                done := done || r.item;
                o.journal_id := ids[r.item];
                o.number := nos[r.item];
            END IF;
        END IF;
        IF o.refusal IS NOT NULL AND p_atomic THEN
            RAISE EXCEPTION 'command % is refused: %', r.item, o.refusal USING HINT = r.item::text, DETAIL = coalesce(o.detail, ''),
                ERRCODE = CASE WHEN o.refusal LIKE 'KB0__' THEN o.refusal ELSE '23514' END,
                CONSTRAINT = CASE WHEN o.refusal LIKE 'KB0__' THEN '' ELSE o.refusal END;
        END IF;
        IF o.refusal IS NOT NULL OR r.slots IS NULL THEN
            RETURN NEXT o;
        ELSE
            d := NULL;
            FOR k IN 1..cardinality(r.slots) LOOP
                IF (r.slots[k] - 1) / 10 IS DISTINCT FROM d THEN
                    d := (r.slots[k] - 1) / 10;
                    IF NOT o.replay THEN
                        ver[d + 1] := ver[d + 1] + 1;
                    END IF;
                    o.line_id := held[d + 1];
                    o.authorised := -st[d * 10 + 1];
                    o.allocated := st[d * 10 + 3];
                    o.reserved := st[d * 10 + 4];
                    o.committed := st[d * 10 + 5];
                    o.requested := st[d * 10 + 6];
                    o.advanced := st[d * 10 + 7];
                    o.disbursed := st[d * 10 + 8];
                    o.returned := st[d * 10 + 9];
                    o.closing := st[d * 10 + 10];
                    o.version := ver[d + 1];
                    RETURN NEXT o;
                END IF;
            END LOOP;
        END IF;
    END LOOP;
    IF cardinality(done) = 0 THEN
        RETURN;
    END IF;

    INSERT INTO ledger.journals (id, book_id, number, kind, effective_on, document_kind, document_id, document_no, request_key,
        content_hash, leg_count, reason, legal_basis, actor_id, approver_id, at, budget_year, budget_year_to, digest)
    SELECT w.id, p_book, w.number, i.kind, i.day, i.document_kind, i.document_id, i.document_no, i.key, i.hash, g.n, i.reason, i.basis,
           i.actor, i.approver, at, i.year, i.year_to, ledger.journal_digest(w.id, p_book, w.number, i.kind, i.day, i.document_kind,
               i.document_id, i.document_no, i.key, i.hash, NULL, NULL, i.reason, i.basis, i.actor, i.approver, at, g.n, g.legs)
      FROM unnest(p_items) i JOIN unnest(done) a (item) ON a.item = i.item
      JOIN unnest(ids, nos) WITH ORDINALITY w (id, number, item) ON w.item = i.item
      JOIN (SELECT l.item, count(*)::int AS n, array_agg(ARRAY['i' || l.leg, 't' || l.code, 'i' || l.dim, 'i' || l.line, 'n' || trim_scale(l.amount), 'tVND']
               ORDER BY l.leg) AS legs FROM unnest(p_legs) l GROUP BY l.item) g ON g.item = i.item
     ORDER BY i.item
    ON CONFLICT (book_id, request_key) DO NOTHING;
    GET DIAGNOSTICS k = ROW_COUNT;
    IF k <> cardinality(done) THEN -- somebody posted one of the keys meanwhile: judge again
        RAISE EXCEPTION 'a key of the batch was posted meanwhile' USING ERRCODE = '40001';
    END IF;
    INSERT INTO ledger.postings (journal_id, leg, account_id, dim_id, line_id, amount, currency, minor_units, effective_on)
    SELECT w.id, l.leg, l.account, l.dim, l.line, l.amount, 'VND', 0, i.day FROM unnest(p_legs) l
      JOIN unnest(done) a (item) ON a.item = l.item JOIN unnest(ids) WITH ORDINALITY w (id, item) ON w.item = l.item
      JOIN unnest(p_items) i ON i.item = l.item ORDER BY l.item, l.leg;
    INSERT INTO public.audit_log (act, actor_id, role, object_kind, object_id, label, state_after, reason, rule_id)
    SELECT i.act, i.actor, i.role, split_part(i.act, '.', 1), i.object, w.number, json_build_object('document', i.document_no, 'amount',
           (trim_scale(g.amount))::text), i.reason, ''
      FROM unnest(p_items) i JOIN unnest(done) a (item) ON a.item = i.item
      JOIN unnest(nos) WITH ORDINALITY w (number, item) ON w.item = i.item
      JOIN (SELECT l.item, sum(l.amount) FILTER (WHERE l.amount > 0) AS amount FROM unnest(p_legs) l GROUP BY l.item) g ON g.item = i.item
     WHERE i.act IS NOT NULL ORDER BY i.item;
    INSERT INTO ledger.account_balances AS b (account_id, dim_id, period_id, debit, credit)
    SELECT l.account, l.dim, p.id, coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0), coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0)
      FROM unnest(p_legs) l JOIN unnest(done) a (item) ON a.item = l.item JOIN unnest(p_items) i ON i.item = l.item
      JOIN ledger.periods p ON p.book_id = p_book AND p.starts_on = date_trunc('month', i.day)::date
     WHERE l.line IS NULL GROUP BY l.account, l.dim, p.id ORDER BY l.account, l.dim
    ON CONFLICT (account_id, dim_id, period_id) DO UPDATE
       SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit, version = b.version + 1;
    UPDATE ledger.control_lines c
       SET authorised = c.authorised + s.authorised, allocated = c.allocated + s.allocated, reserved = c.reserved + s.reserved,
           committed = c.committed + s.committed, requested = c.requested + s.requested, advanced = c.advanced + s.advanced,
           disbursed = c.disbursed + s.disbursed, returned = c.returned + s.returned, closing = c.closing + s.closing, version = c.version + s.n
      FROM (SELECT l.line, count(DISTINCT l.item) AS n, -coalesce(sum(l.amount) FILTER (WHERE l.code = 'source'), 0) AS authorised,
                   coalesce(sum(l.amount) FILTER (WHERE l.code = 'allocated'), 0) AS allocated,
                   coalesce(sum(l.amount) FILTER (WHERE l.code = 'reserved'), 0) AS reserved,
                   coalesce(sum(l.amount) FILTER (WHERE l.code = 'committed'), 0) AS committed,
                   coalesce(sum(l.amount) FILTER (WHERE l.code = 'requested'), 0) AS requested,
                   coalesce(sum(l.amount) FILTER (WHERE l.code = 'advanced'), 0) AS advanced,
                   coalesce(sum(l.amount) FILTER (WHERE l.code = 'disbursed'), 0) AS disbursed,
                   coalesce(sum(l.amount) FILTER (WHERE l.code = 'returned'), 0) AS returned,
                   coalesce(sum(l.amount) FILTER (WHERE l.code = 'closing'), 0) AS closing
              FROM unnest(p_legs) l JOIN unnest(done) a (item) ON a.item = l.item WHERE l.line IS NOT NULL GROUP BY l.line) s
     WHERE c.id = s.line;
END $$;

CREATE OR REPLACE FUNCTION ledger.legs_of(p_book int, p_code text, p_kind text, p_on date, p_approver uuid, p_refers bigint,
    p_lines bigint[], p_from text[], p_to text[], p_moved numeric[]) RETURNS ledger.moved LANGUAGE plpgsql AS $$
DECLARE
    m       ledger.moved;
    codes   text[] := '{}';
    dims    bigint[] := '{}';
    lines   bigint[] := '{}';
    amounts numeric[] := '{}';
    first   int; -- budget years
    last    int;
    l       record;
    s       record;
BEGIN
    FOR i IN 1..cardinality(p_lines) LOOP
        IF p_moved[i] IS NULL OR p_moved[i] <= 0 OR p_moved[i] = 'NaN' OR p_moved[i] > 999999999999999 OR p_moved[i] <> trunc(p_moved[i]) THEN
            RAISE EXCEPTION 'a move takes a positive amount' USING ERRCODE = 'KB015';
        END IF;
        SELECT c.kind, c.dim_id, c.year, c.valid, k.kind IS NOT NULL AS listed INTO l FROM ledger.control_lines c
          LEFT JOIN ledger.kind_moves k ON k.kind = p_kind AND k.from_stage = p_from[i] AND k.to_stage = p_to[i]
         WHERE c.id = p_lines[i] AND c.book_id = p_book;
        IF NOT FOUND OR p_from[i] = p_to[i] THEN
            RAISE EXCEPTION 'line % cannot move % to %', p_lines[i], p_from[i], p_to[i] USING ERRCODE = 'KB015';
        ELSIF p_kind = 'correct' THEN NULL; -- mirrors what its original moved
        ELSIF p_code = 'BUDGET' AND l.kind = 'budget' THEN
            IF NOT l.listed THEN
                RAISE EXCEPTION '% does not move % to %', p_kind, p_from[i], p_to[i] USING ERRCODE = 'KB015';
            ELSIF p_kind = 'refund' AND (p_to[i] = 'returned') <> coalesce(extract(year FROM p_on) > l.year, false) THEN
                RAISE EXCEPTION 'money paid back in % does not go to % of a line of %', extract(year FROM p_on), p_to[i], l.year USING ERRCODE = 'KB015';
            END IF;
        ELSIF ledger.move_allowed(l.kind, p_from[i], p_to[i]) IS NOT TRUE THEN
            RAISE EXCEPTION 'line % cannot move % to %', p_lines[i], p_from[i], p_to[i] USING ERRCODE = 'KB015';
        END IF;
        IF p_code = 'BUDGET' AND p_approver IS NULL AND ('source' IN (p_from[i], p_to[i]) OR p_to[i] = 'disbursed'
                OR (p_to[i] = 'committed' AND p_from[i] <> 'requested')) THEN
            RAISE EXCEPTION '% to % needs a second person', p_from[i], p_to[i] USING ERRCODE = 'KB016';
        ELSIF l.valid IS NOT NULL AND NOT l.valid @> p_on THEN
            RAISE EXCEPTION 'codes of line % do not hold on %', p_lines[i], p_on USING ERRCODE = 'KB018', DETAIL = p_on::text;
        END IF;
        first := least(first, l.year); -- of those that have one
        last := greatest(last, l.year);
        codes := codes || ARRAY[p_from[i], p_to[i]];
        dims := dims || ARRAY[l.dim_id, l.dim_id];
        lines := lines || ARRAY[p_lines[i], p_lines[i]];
        amounts := amounts || ARRAY[-p_moved[i], p_moved[i]];
    END LOOP;
    m := ROW(codes, dims, lines, amounts, first, nullif(last, first));
    IF cardinality(m.lines) = 0 OR p_kind = 'correct' THEN
        RETURN m;
    ELSIF p_kind = 'carry_over' OR m.year_to IS NOT NULL THEN
        -- What leaves the old year arrives in the new one, in full.
        SELECT coalesce(sum(x.amount) FILTER (WHERE x.code = 'closing'), 0) AS gone, -coalesce(sum(x.amount) FILTER (WHERE x.code = 'source'), 0) AS come,
               bool_or(x.code = 'closing' AND c.year IS DISTINCT FROM m.year OR x.code = 'source' AND c.year IS DISTINCT FROM m.year_to) AS astray
          INTO s FROM unnest(m.lines, m.codes, m.amounts) x (line, code, amount) JOIN ledger.control_lines c ON c.id = x.line
         WHERE x.code IN ('closing', 'source');
        IF p_kind <> 'carry_over' OR m.year_to IS NULL OR s.gone = 0 OR s.gone <> s.come OR s.astray THEN
            RAISE EXCEPTION 'a carry-over takes from one year what it gives to a later one' USING ERRCODE = 'KB015';
        END IF;
    ELSIF p_kind = 'transfer' AND (SELECT coalesce(sum(x.amount), 1) <> 0 OR count(DISTINCT x.line) < 2
            FROM unnest(m.lines, m.codes, m.amounts) x (line, code, amount) WHERE x.code = 'source') THEN
        RAISE EXCEPTION 'a transfer gives to one line what it takes from another' USING ERRCODE = 'KB015';
    ELSIF 'allocated' = ANY (m.codes) AND ( -- what is pushed down arrives in full on other lines, and the other way round
            SELECT sum(x.amount) FILTER (WHERE x.code = 'allocated') IS DISTINCT FROM -sum(x.amount) FILTER (WHERE x.code = 'source')
              FROM unnest(m.codes, m.amounts) x (code, amount)) THEN
        RAISE EXCEPTION 'an allocation gives its children what it takes from the parent' USING ERRCODE = 'KB015';
    END IF;
    RETURN m;
END $$;

DROP FUNCTION ledger.judge_commands;
DROP TYPE ledger.judged;
CREATE TYPE ledger.judged AS (one ledger.command, codes text[], dims bigint[], lines bigint[], amounts numeric[]);
CREATE FUNCTION ledger.judge_commands(p_book int, p_code text, p_commands jsonb) RETURNS SETOF ledger.judged LANGUAGE plpgsql AS $$
DECLARE
    today date := (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    i     ledger.command;
    m     ledger.moved;
    r     record;
    j     ledger.judged;
BEGIN
    FOR r IN SELECT x.ord::int AS item, c.* FROM jsonb_array_elements(p_commands) WITH ORDINALITY x (one, ord)
          CROSS JOIN LATERAL jsonb_to_record(x.one) c (kind text, effective_on date, document_kind text, document_id uuid, document_no text, key text,
              actor uuid, approver uuid, reason text, basis text, lines bigint[], from_stages text[], to_stages text[], moved numeric[],
              accounts text[], dims bigint[], amounts numeric[]) ORDER BY x.ord LOOP
        i := ROW(r.item, r.kind, coalesce(r.effective_on, today), r.document_kind, r.document_id, r.document_no, r.key, NULL, r.actor, r.approver,
            r.reason, r.basis, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        j := NULL;
        BEGIN
            IF r.kind IN ('reverse', 'fx_revalue', 'correct', 'reclassify') THEN
                RAISE EXCEPTION '% is an act of its own', r.kind USING ERRCODE = 'KB015';
            END IF;
            m := ledger.legs_of(p_book, p_code, r.kind, i.day, r.approver, NULL, r.lines, r.from_stages, r.to_stages, r.moved);
            IF cardinality(r.accounts) > 0 THEN
                PERFORM ledger.check_codes(r.dims, i.day);
                m.codes := m.codes || r.accounts;
                m.dims := m.dims || r.dims;
                m.lines := m.lines || array_fill(NULL::bigint, ARRAY[cardinality(r.accounts)]);
                m.amounts := m.amounts || r.amounts;
                PERFORM ledger.accounts_of(p_book, r.accounts, NULL);
                IF (SELECT sum(x) FROM unnest(r.amounts) x) <> 0 OR array_position(r.amounts, 0) IS NOT NULL THEN
                    RAISE EXCEPTION 'journal % does not sum to zero', r.key USING ERRCODE = 'KB014';
                END IF;
            ELSIF cardinality(m.codes) = 0 THEN
                RAISE EXCEPTION 'journal % is empty', r.key USING ERRCODE = 'KB014';
            END IF;
            i.year := m.year;
            i.year_to := m.year_to;
            i.hash := ledger.request_hash(r.kind, r.effective_on, r.document_kind, r.document_id, r.document_no, r.actor, r.approver, r.reason, r.basis,
                NULL, m.lines, m.codes, m.dims, m.amounts);
            j.codes := m.codes;
            j.dims := m.dims;
            j.lines := m.lines;
            j.amounts := m.amounts;
        EXCEPTION WHEN SQLSTATE 'KB014' OR SQLSTATE 'KB015' OR SQLSTATE 'KB016' OR SQLSTATE 'KB018' THEN
            i.refusal := SQLSTATE;
            GET STACKED DIAGNOSTICS i.detail = PG_EXCEPTION_DETAIL;
        END;
        j.one := i;
        RETURN NEXT j;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION ledger.post_batch(p_book text, p_commands jsonb, p_atomic boolean) RETURNS SETOF ledger.outcome
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b     int;
    items ledger.command[];
    legs  ledger.leg[];
BEGIN
    SELECT id INTO b FROM ledger.books WHERE code = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    END IF;
    WITH judged AS MATERIALIZED (SELECT j.* FROM ledger.judge_commands(b, p_book, p_commands) j)
    SELECT (SELECT array_agg(j.one ORDER BY (j.one).item) FROM judged j),
           (SELECT array_agg(ROW((j.one).item, l.leg, a.id, l.code, l.dim, l.line, l.amount)::ledger.leg ORDER BY (j.one).item, l.leg)
              FROM judged j CROSS JOIN LATERAL unnest(j.codes, j.dims, j.lines, j.amounts) WITH ORDINALITY l (code, dim, line, amount, leg)
              JOIN ledger.accounts a ON a.book_id = b AND a.code = l.code AND a.currency = 'VND')
      INTO items, legs;
    RETURN QUERY SELECT * FROM ledger.write_batch(b, coalesce(items, '{}'), coalesce(legs, '{}'), p_atomic);
END $$;

REVOKE EXECUTE ON FUNCTION ledger.judge_commands FROM PUBLIC, kinhbac_app;
