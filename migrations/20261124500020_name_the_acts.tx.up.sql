-- The acts: what the program may call to post one journal.

-- Legs of stage moves on control lines, and the budget years they stand in.
CREATE TYPE ledger.moved AS (codes text[], dims bigint[], lines bigint[], amounts numeric[], year int, year_to int);

-- Judges the moves of a kind and gives their legs. p_refers is the journal a correction takes back from, or NULL.
CREATE FUNCTION ledger.legs_of(p_book int, p_code text, p_kind text, p_on date, p_approver uuid, p_refers bigint,
    p_lines bigint[], p_from text[], p_to text[], p_moved numeric[]) RETURNS ledger.moved LANGUAGE plpgsql AS $$
DECLARE
    m ledger.moved := ROW('{}', '{}', '{}', '{}', NULL, NULL);
    l record;
    s record;
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
        m.year := least(m.year, l.year); -- of those that have one
        m.year_to := greatest(m.year_to, l.year);
        m.codes := m.codes || p_from[i] || p_to[i];
        m.dims := m.dims || l.dim_id || l.dim_id;
        m.lines := m.lines || p_lines[i] || p_lines[i];
        m.amounts := m.amounts || -p_moved[i] || p_moved[i];
    END LOOP;
    IF m.year = m.year_to THEN
        m.year_to := NULL;
    END IF;
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

-- The accounts of a book by code and currency, in the order asked; p_currencies NULL means đồng.
CREATE FUNCTION ledger.accounts_of(p_book int, p_codes text[], p_currencies text[]) RETURNS int[] LANGUAGE plpgsql STABLE AS $$
DECLARE ids int[];
BEGIN
    SELECT array_agg(y.id ORDER BY x.i) INTO ids FROM unnest(p_codes) WITH ORDINALITY x (code, i)
      JOIN LATERAL (SELECT id FROM ledger.accounts y WHERE y.book_id = p_book AND y.code = x.code
            AND y.currency = coalesce(p_currencies[x.i], 'VND') LIMIT 1) y ON true;
    IF ids IS NULL OR cardinality(ids) <> cardinality(p_codes) THEN
        RAISE EXCEPTION 'the book lacks one of the accounts %', p_codes USING ERRCODE = 'KB014';
    END IF;
    RETURN ids;
END $$;

-- Refuses dimensions whose codes do not hold on the day.
CREATE FUNCTION ledger.check_codes(p_dims bigint[], p_on date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger.dim_spans s WHERE s.dim_id = ANY (p_dims) AND NOT s.valid @> p_on) THEN
        RAISE EXCEPTION 'codes do not hold on %', p_on USING ERRCODE = 'KB018', DETAIL = p_on::text;
    END IF;
END $$;

-- Posts one journal: stage moves of control lines and further legs in đồng that sum to zero. p_on NULL is today. p_adjusts
-- is the number of the journal that a correction or reclassification takes back from. p_act, when not NULL, also writes the
-- audit row of the act on p_object.
CREATE FUNCTION ledger.post(p_book text, p_kind text, p_on date, p_document_kind text, p_document_id uuid,
    p_document_no text, p_key text, p_actor uuid, p_approver uuid, p_reason text, p_basis text, p_adjusts text,
    p_lines bigint[], p_from text[], p_to text[], p_moved numeric[],
    p_accounts text[], p_dims bigint[], p_amounts numeric[],
    p_act text DEFAULT NULL, p_role text DEFAULT NULL, p_object uuid DEFAULT NULL) RETURNS SETOF ledger.answer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b        int;
    day      date := coalesce(p_on, (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);
    m        ledger.moved;
    original bigint;
BEGIN
    SELECT id INTO b FROM ledger.books WHERE code = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    ELSIF p_kind IN ('reverse', 'fx_revalue') OR (p_adjusts IS NOT NULL) <> (p_kind IN ('correct', 'reclassify')) THEN
        RAISE EXCEPTION '% is an act of its own', p_kind USING ERRCODE = 'KB015';
    END IF;
    IF p_adjusts IS NOT NULL THEN -- held, so that two corrections of one journal see each other
        SELECT j.id INTO original FROM ledger.journals j WHERE j.number = p_adjusts AND j.book_id = b AND j.kind NOT IN ('reverse', 'correct') FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no journal % to correct', p_adjusts USING ERRCODE = 'KB015';
        END IF;
    END IF;
    m := ledger.legs_of(b, p_book, p_kind, day, p_approver, original, p_lines, p_from, p_to, p_moved);
    IF cardinality(p_accounts) > 0 THEN
        PERFORM ledger.check_codes(p_dims, day);
        m.codes := m.codes || p_accounts;
        m.dims := m.dims || p_dims;
        m.lines := m.lines || array_fill(NULL::bigint, ARRAY[cardinality(p_accounts)]);
        m.amounts := m.amounts || p_amounts;
    END IF;
    RETURN QUERY SELECT * FROM ledger.write_journal(b, p_kind, p_on, p_document_kind, p_document_id, p_document_no, p_key,
        ledger.request_hash(p_kind, p_on, p_document_kind, p_document_id, p_document_no, p_actor, p_approver, p_reason, p_basis,
            p_adjusts, m.lines, m.codes, m.dims, m.amounts),
        p_actor, p_approver, p_reason, p_basis, NULL, original, m.year, m.year_to, ledger.accounts_of(b, m.codes, NULL), m.codes, m.dims,
        m.lines, m.amounts, NULL, NULL, NULL, p_act, p_role, p_object);
END $$;

-- The plain act: commits an amount of a budget line, with its audit row. p_approver signed the source document. The same
-- as ledger.post with one move from available to committed, in as few statements as it takes: it is what waits in a queue
-- at year end.
CREATE FUNCTION ledger.commitment(p_line bigint, p_amount numeric, p_key text, p_actor uuid, p_approver uuid, p_role text,
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

-- Takes a journal back whole: a new journal with every leg mirrored, dated in an open period. Once only, and not after a
-- part of it was taken back.
CREATE FUNCTION ledger.reverse(p_number text, p_on date, p_key text, p_actor uuid, p_approver uuid, p_reason text)
    RETURNS SETOF ledger.answer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    o ledger.journals;
    l record;
BEGIN
    SELECT * INTO o FROM ledger.journals WHERE number = p_number FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no journal %', p_number USING ERRCODE = 'KB014';
    END IF;
    IF o.kind = 'reverse' THEN
        RAISE EXCEPTION 'a reversal is not reversed' USING ERRCODE = 'KB015';
    END IF;
    SELECT array_agg(p.account_id ORDER BY p.leg) AS accounts, array_agg(a.code ORDER BY p.leg) AS codes,
           array_agg(p.dim_id ORDER BY p.leg) AS dims, array_agg(p.line_id ORDER BY p.leg) AS lines,
           array_agg(-p.amount ORDER BY p.leg) AS amounts, array_agg(p.currency ORDER BY p.leg) AS currencies,
           array_agg(-p.base_amount ORDER BY p.leg) AS bases, array_agg(p.rate_id ORDER BY p.leg) AS rates,
           bool_or(p.currency <> 'VND') AS foreign_legs
      INTO l FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.journal_id = o.id;
    IF NOT l.foreign_legs THEN
        l.currencies := NULL;
        l.bases := NULL;
    END IF;
    RETURN QUERY SELECT * FROM ledger.write_journal(o.book_id, 'reverse', p_on, o.document_kind, o.document_id, o.document_no,
        p_key, sha256(array_send(ARRAY[p_number, p_on::text, p_actor::text, p_approver::text, p_reason])), p_actor, p_approver,
        p_reason, '', o.id, NULL, o.budget_year, o.budget_year_to, l.accounts, l.codes, l.dims, l.lines, l.amounts,
        l.currencies, l.bases, l.rates, NULL, NULL, NULL);
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC, kinhbac_app;
GRANT EXECUTE ON FUNCTION ledger.dim, ledger.open_book, ledger.open_line, ledger.refresh_codes, ledger.post, ledger.commitment,
    ledger.reverse TO kinhbac_app;
