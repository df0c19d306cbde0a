-- Many commands in one statement: each gets the verdict it would have got alone, in the order given, and the lines are
-- held in ascending id. For one that waits in a queue, for imports, for the yearly allocation.

-- A command as the kernel judges it. day is its effective day, refusal what was found against it so far.
CREATE TYPE ledger.command AS (item int, kind text, day date, document_kind text, document_id uuid, document_no text, key text, hash bytea,
    actor uuid, approver uuid, reason text, basis text, year int, year_to int, act text, role text, object uuid, refusal text, detail text);
CREATE TYPE ledger.leg AS (item int, leg int, account int, code text, dim bigint, line bigint, amount numeric);

-- The verdict on one command: refusal is NULL or a SQLSTATE of the kernel or the name of a check. One row for each control
-- line it touched, as it was after it.
CREATE TYPE ledger.outcome AS (item int, refusal text, detail text, journal_id bigint, number text, replay boolean, line_id bigint,
    authorised numeric, allocated numeric, reserved numeric, committed numeric, requested numeric, advanced numeric, disbursed numeric,
    returned numeric, closing numeric, version bigint);

-- Judges the commands one after the other on the lines as they stand, then writes all accepted ones at once. p_atomic
-- refuses the whole with the first refused command (HINT: its number).
CREATE FUNCTION ledger.write_batch(p_book int, p_items ledger.command[], p_legs ledger.leg[], p_atomic boolean)
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
            SELECT array_agg(x.v::bigint ORDER BY x.id, x.k) FROM (
                SELECT h.id, s.k, s.v FROM locked h CROSS JOIN LATERAL (VALUES (1, -h.authorised), (2, h.authorised - h.allocated - h.reserved
                    - h.committed - h.requested - h.advanced - h.disbursed - h.returned - h.closing), (3, h.allocated), (4, h.reserved),
                    (5, h.committed), (6, h.requested), (7, h.advanced), (8, h.disbursed), (9, h.returned), (10, h.closing)) s (k, v)) x)
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
                nos[r.item] := ledger.next_number(p_book, prefix, r.day);
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

-- Reads commands from an array of objects with what ledger.post takes, arrays as arrays, and judges their moves; the
-- accounts of the legs are looked up for all of them together.
CREATE TYPE ledger.judged AS (one ledger.command, legs ledger.leg[]);
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
        j.legs := NULL;
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
            j.legs := ARRAY(SELECT ROW(r.item, k, NULL, m.codes[k], m.dims[k], m.lines[k], m.amounts[k])::ledger.leg
                FROM generate_series(1, cardinality(m.codes)) k);
        EXCEPTION WHEN SQLSTATE 'KB014' OR SQLSTATE 'KB015' OR SQLSTATE 'KB016' OR SQLSTATE 'KB018' THEN
            i.refusal := SQLSTATE;
            GET STACKED DIAGNOSTICS i.detail = PG_EXCEPTION_DETAIL;
        END;
        j.one := i;
        RETURN NEXT j;
    END LOOP;
END $$;

-- Posts journals of one book, in the order of the array.
CREATE FUNCTION ledger.post_batch(p_book text, p_commands jsonb, p_atomic boolean) RETURNS SETOF ledger.outcome
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
    WITH judged AS MATERIALIZED (SELECT j.one, j.legs FROM ledger.judge_commands(b, p_book, p_commands) j)
    SELECT (SELECT array_agg(j.one ORDER BY (j.one).item) FROM judged j),
           (SELECT array_agg(ROW(l.item, l.leg, a.id, l.code, l.dim, l.line, l.amount)::ledger.leg ORDER BY l.item, l.leg)
              FROM judged j CROSS JOIN LATERAL unnest(j.legs) l
              JOIN ledger.accounts a ON a.book_id = b AND a.code = l.code AND a.currency = 'VND')
      INTO items, legs;
    RETURN QUERY SELECT * FROM ledger.write_batch(b, coalesce(items, '{}'), coalesce(legs, '{}'), p_atomic);
END $$;

-- Commits many amounts, each as ledger.commitment would alone; arrays run side by side.
CREATE FUNCTION ledger.commit_batch(p_lines bigint[], p_amounts numeric[], p_keys text[], p_actors uuid[], p_approvers uuid[], p_roles text[],
    p_objects uuid[], p_document_kinds text[], p_document_ids uuid[], p_document_nos text[], p_reasons text[], p_atomic boolean DEFAULT false)
    RETURNS SETOF ledger.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b     int := (SELECT x.id FROM ledger.books x WHERE x.code = 'BUDGET');
    today date := (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    ends  int[] := ledger.accounts_of(b, '{available,committed}', NULL);
    items ledger.command[];
    legs  ledger.leg[];
BEGIN
    SELECT array_agg(ROW(w.item, 'commit', today, u.document_kind, u.document_id, u.document_no, u.key,
               ledger.request_hash('commit', NULL, u.document_kind, u.document_id, u.document_no, u.actor, u.approver, u.reason, '', NULL,
                   ARRAY[u.line, u.line], '{available,committed}', ARRAY[c.dim_id, c.dim_id], ARRAY[-u.amount, u.amount]),
               u.actor, u.approver, u.reason, '', c.year, NULL, 'budget_line.commit', u.role, u.object,
               CASE WHEN bad THEN 'KB015' WHEN NOT c.valid @> today THEN 'KB018' END,
               CASE WHEN NOT bad AND NOT c.valid @> today THEN today::text END)::ledger.command ORDER BY w.item),
           array_agg(ROW(w.item, 1, ends[1], 'available', c.dim_id, u.line, -u.amount)::ledger.leg ORDER BY w.item) FILTER (WHERE NOT bad)
        || array_agg(ROW(w.item, 2, ends[2], 'committed', c.dim_id, u.line, u.amount)::ledger.leg ORDER BY w.item) FILTER (WHERE NOT bad)
      INTO items, legs
      FROM unnest(p_lines, p_amounts, p_keys, p_actors, p_approvers, p_roles, p_objects, p_document_kinds, p_document_ids, p_document_nos, p_reasons)
           WITH ORDINALITY u (line, amount, key, actor, approver, role, object, document_kind, document_id, document_no, reason, o)
     CROSS JOIN LATERAL (SELECT u.o::int AS item) w
      LEFT JOIN ledger.control_lines c ON c.id = u.line AND c.book_id = b AND c.kind = 'budget'
     CROSS JOIN LATERAL (SELECT (c.id IS NULL OR u.amount IS NULL OR u.amount <= 0 OR u.amount = 'NaN' OR u.amount > 999999999999999
            OR u.amount <> trunc(u.amount)) AS bad) x;
    RETURN QUERY SELECT * FROM ledger.write_batch(b, coalesce(items, '{}'), coalesce(legs, '{}'), p_atomic);
END $$;

REVOKE EXECUTE ON FUNCTION ledger.write_batch, ledger.judge_commands, ledger.post_batch, ledger.commit_batch FROM PUBLIC, kinhbac_app;
GRANT EXECUTE ON FUNCTION ledger.post_batch, ledger.commit_batch TO kinhbac_app;
