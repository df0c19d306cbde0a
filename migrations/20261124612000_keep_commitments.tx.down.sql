-- The documents go, their journals stay and name them by kind, number and people as before.
DELETE FROM ledger.document_kinds WHERE kind = 'commitment';
DROP TABLE ledger.commitments;

CREATE OR REPLACE FUNCTION ledger.commitment(p_line bigint, p_amount numeric, p_key text, p_actor uuid, p_approver uuid, p_role text,
    p_object uuid, p_document_kind text, p_document_id uuid, p_document_no text, p_reason text) RETURNS SETOF ledger.answer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a   ledger.answer;
    e   ledger.entered;
    l   record;
    at  timestamptz;
    day date;
BEGIN
    SELECT c.book_id, c.dim_id, c.year, c.valid, b.prefix, x.id AS available, y.id AS committed, s.shift INTO l
      FROM ledger.control_lines c, ledger.books b, ledger.accounts x, ledger.accounts y, kb.clock_shift s
     WHERE c.id = p_line AND c.kind = 'budget' AND b.id = c.book_id AND b.code = 'BUDGET'
       AND x.book_id = c.book_id AND x.code = 'available' AND x.currency = 'VND'
       AND y.book_id = c.book_id AND y.code = 'committed' AND y.currency = 'VND';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'line % is no budget line', p_line USING ERRCODE = 'KB015';
    ELSIF p_amount IS NULL OR p_amount <= 0 OR p_amount = 'NaN' OR p_amount > 999999999999999 OR p_amount <> trunc(p_amount) THEN
        RAISE EXCEPTION 'a move takes a positive amount' USING ERRCODE = 'KB015';
    END IF;
    at := now() + l.shift; -- kb.now()
    day := (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    IF l.valid IS NOT NULL AND NOT l.valid @> day THEN
        RAISE EXCEPTION 'codes of line % do not hold on %', p_line, day USING ERRCODE = 'KB018', DETAIL = day::text;
    END IF;
    e := ledger.enter(l.book_id, l.prefix, 'commit', day, at, p_document_kind, p_document_id, p_document_no, p_key,
        ledger.request_hash('commit', NULL, p_document_kind, p_document_id, p_document_no, p_actor, p_approver, p_reason, '', NULL,
            ARRAY[p_line, p_line], '{available,committed}', ARRAY[l.dim_id, l.dim_id], ARRAY[-p_amount, p_amount]),
        p_actor, p_approver, p_reason, '', NULL, NULL, l.year, NULL,
        ARRAY[ARRAY['i1', 'tavailable', 'i' || l.dim_id, 'i' || p_line, 'n' || -trim_scale(p_amount), 'tVND'],
              ARRAY['i2', 'tcommitted', 'i' || l.dim_id, 'i' || p_line, 'n' || trim_scale(p_amount), 'tVND']]);
    IF e.replay THEN
        RETURN QUERY SELECT * FROM ledger.answer_again(e);
        RETURN;
    END IF;
    INSERT INTO ledger.postings (journal_id, leg, account_id, dim_id, line_id, amount, currency, minor_units, effective_on)
    VALUES (e.id, 1, l.available, l.dim_id, p_line, -p_amount, 'VND', 0, day), (e.id, 2, l.committed, l.dim_id, p_line, p_amount, 'VND', 0, day);
    INSERT INTO public.audit_log (act, actor_id, role, object_kind, object_id, label, state_after, reason, rule_id)
    VALUES ('budget_line.commit', p_actor, p_role, 'budget_line', p_object, e.number,
        json_build_object('document', p_document_no, 'amount', trim_scale(p_amount)::text), p_reason, '');
    UPDATE ledger.control_lines c SET committed = c.committed + p_amount, version = c.version + 1
     WHERE c.id = p_line AND c.allocated + c.reserved + c.committed + c.requested + c.advanced + c.disbursed + c.returned + c.closing
         + p_amount <= c.authorised
    RETURNING c.authorised, c.allocated, c.reserved, c.committed, c.requested, c.advanced, c.disbursed, c.returned, c.closing, c.version
      INTO a.authorised, a.allocated, a.reserved, a.committed, a.requested, a.advanced, a.disbursed, a.returned, a.closing, a.version;
    IF NOT FOUND THEN
        PERFORM ledger.refuse_insufficient(p_line, ARRAY[p_line], '{available}', ARRAY[-p_amount]);
    END IF;
    a.journal_id := e.id;
    a.number := e.number;
    a.replay := false;
    a.line_id := p_line;
    RETURN NEXT a;
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
