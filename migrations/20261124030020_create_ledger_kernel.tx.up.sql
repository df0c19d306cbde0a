-- The posting kernel. One call per journal; the conditional update of the control lines comes last, in ascending id,
-- so that a line is locked from there to the commit only. Refusals by SQLSTATE: KB010 the line has less than asked,
-- KB011 closed period, KB013 key used with other content, KB014 malformed journal, KB015 move not allowed,
-- KB016 a second person is missing; 23514 journals_same_person one person on both sides.

-- What the kernel answers: the journal and, row by row, the control lines it touched as they are now.
CREATE TYPE ledger.answer AS (journal_id bigint, number text, replay boolean, line_id bigint, authorised numeric,
    allocated numeric, reserved numeric, committed numeric, requested numeric, advanced numeric, disbursed numeric,
    version bigint);

-- The dimension combination of these values, made when new. Equal values always give the same number.
CREATE FUNCTION ledger.dim(p_year int, p_level text, p_chapter text, p_category text, p_item text, p_sub_item text,
    p_programme text, p_source text, p_organisation uuid, p_project uuid, p_contract uuid, p_unit uuid, p_investee uuid)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE d bigint;
BEGIN
    FOR attempt IN 1..2 LOOP
        SELECT id INTO d FROM ledger.dim_sets s
         WHERE (s.budget_year, s.budget_level, s.chapter, s.category, s.item, s.sub_item, s.programme_code, s.source_code,
                s.organisation_id, s.project_id, s.contract_id, s.unit_id, s.investee_id)
            IS NOT DISTINCT FROM (p_year, p_level, p_chapter, p_category, p_item, p_sub_item, p_programme, p_source,
                p_organisation, p_project, p_contract, p_unit, p_investee);
        IF FOUND THEN
            RETURN d;
        END IF;
        INSERT INTO ledger.dim_sets (budget_year, budget_level, chapter, category, item, sub_item, programme_code,
                source_code, organisation_id, project_id, contract_id, unit_id, investee_id)
        VALUES (p_year, p_level, p_chapter, p_category, p_item, p_sub_item, p_programme,
                p_source, p_organisation, p_project, p_contract, p_unit, p_investee)
        ON CONFLICT DO NOTHING RETURNING id INTO d;
        IF FOUND THEN
            RETURN d;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'dimension combination vanished' USING ERRCODE = 'KB014';
END $$;

-- Opens a book, or adds to its chart what is missing. Every book has the stage accounts.
CREATE FUNCTION ledger.open_book(p_code text, p_prefix text, p_codes text[], p_names_vi text[], p_names_en text[], p_classes text[])
    RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE b int;
BEGIN
    INSERT INTO ledger.books (code, prefix) VALUES (p_code, p_prefix) ON CONFLICT (code) DO NOTHING;
    SELECT id INTO STRICT b FROM ledger.books WHERE code = p_code;
    INSERT INTO ledger.accounts (book_id, code, name_vi, name_en, class)
    SELECT b, c.code, c.vi, c.en, c.class FROM (
        VALUES ('source', 'Nguồn', 'Source', 'stage'), ('available', 'Khả dụng', 'Available', 'stage'),
               ('allocated', 'Đã phân bổ', 'Allocated', 'stage'), ('reserved', 'Dành trước', 'Reserved', 'stage'),
               ('committed', 'Cam kết', 'Committed', 'stage'), ('requested', 'Đề nghị chi', 'Requested', 'stage'),
               ('advanced', 'Tạm ứng', 'Advanced', 'stage'), ('disbursed', 'Đã chi', 'Disbursed', 'stage')
        UNION ALL SELECT * FROM unnest(p_codes, p_names_vi, p_names_en, p_classes)) AS c (code, vi, en, class)
    ON CONFLICT (book_id, code, currency) DO NOTHING;
    RETURN b;
END $$;

-- The control line of this book, kind, dimensions and subject, made with nothing authorised when new.
CREATE FUNCTION ledger.open_line(p_book text, p_kind text, p_dim bigint, p_subject uuid)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b int;
    l bigint;
BEGIN
    SELECT id INTO b FROM ledger.books WHERE code = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    END IF;
    INSERT INTO ledger.control_lines (book_id, kind, dim_id, subject_id) VALUES (b, p_kind, p_dim, p_subject)
    ON CONFLICT DO NOTHING RETURNING id INTO l;
    IF NOT FOUND THEN
        SELECT id INTO STRICT l FROM ledger.control_lines c
         WHERE c.book_id = b AND c.kind = p_kind AND c.dim_id = p_dim AND c.subject_id IS NOT DISTINCT FROM p_subject;
    END IF;
    RETURN l;
END $$;

-- The stage moves that mean something. A budget line goes through its stages; the other kinds are meters and caps
-- whose stages may be skipped, but nothing of them is allocated.
CREATE FUNCTION ledger.move_allowed(p_kind text, p_from text, p_to text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF p_kind = 'budget' THEN
        RETURN p_from || '>' || p_to = ANY ('{source>available,available>source,available>allocated,allocated>available,
            available>reserved,reserved>available,available>committed,reserved>committed,committed>available,
            committed>requested,requested>committed,committed>advanced,requested>advanced,requested>disbursed,
            advanced>disbursed,advanced>available,disbursed>available,available>disbursed,committed>disbursed}'::text[]);
    END IF;
    RETURN p_from <> p_to AND 'allocated' NOT IN (p_from, p_to)
        AND (p_from <> 'source' OR p_to = 'available') AND (p_to <> 'source' OR p_from = 'available');
END $$;

-- Opens the month of a day in a book, and the year's run of voucher numbers. One
-- transaction at a time opens periods of a book.
CREATE FUNCTION ledger.open_period(p_book int, p_on date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger.periods'), p_book);
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS ledger.voucher_%s_%s', p_book, extract(year FROM p_on));
    INSERT INTO ledger.periods (book_id, starts_on) VALUES (p_book, date_trunc('month', p_on)::date)
    ON CONFLICT (book_id, starts_on) DO NOTHING;
END $$;

-- Writes a journal with its legs, then the balances, the audit row where p_act names one, and the control lines last.
-- Leg i stands on account p_accounts[i] (code p_codes[i]) and, when it is a stage, on control line p_lines[i]. A key
-- used before gives the first journal again when the content is the same.
CREATE FUNCTION ledger.write_journal(p_book int, p_kind text, p_on date, p_document_kind text, p_document_id uuid,
    p_document_no text, p_key text, p_hash bytea, p_actor uuid, p_approver uuid, p_reason text, p_reverses bigint,
    p_accounts int[], p_codes text[], p_dims bigint[], p_lines bigint[], p_amounts numeric[], p_currency text,
    p_act text, p_role text, p_object uuid) RETURNS SETOF ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    a    ledger.answer;
    j    record;
    d    record;
    at    timestamptz := now() + (SELECT shift FROM kb.clock_shift); -- kb.now()
    day  date := coalesce(p_on, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);
    run  text := 'ledger.voucher_' || p_book || '_' || extract(year FROM day);
    n    int := cardinality(p_accounts);
    legs text[];
    book record;
    total numeric := 0; -- of the debit side
BEGIN
    SELECT x.id, x.number, x.content_hash INTO j FROM ledger.journals x WHERE x.book_id = p_book AND x.request_key = p_key;
    IF NOT FOUND THEN
        SELECT b.prefix, p.id AS period INTO book FROM ledger.books b
          LEFT JOIN ledger.periods p ON p.book_id = b.id AND p.starts_on = date_trunc('month', day)::date WHERE b.id = p_book;
        IF book.period IS NULL THEN
            PERFORM ledger.open_period(p_book, day);
        END IF;
        a.journal_id := nextval('ledger.journals_id_seq');
        a.number := book.prefix || '-' || extract(year FROM day) || '-' || lpad(nextval(run::regclass)::text, 6, '0');
        FOR i IN 1..n LOOP
            total := total + greatest(p_amounts[i], 0);
            legs := legs || ARRAY[ARRAY['i' || i, 't' || p_codes[i], 'i' || p_dims[i], 'i' || p_lines[i],
                'n' || trim_scale(p_amounts[i]), 't' || p_currency]];
        END LOOP;
        INSERT INTO ledger.journals (id, book_id, number, kind, effective_on, document_kind, document_id,
            document_no, request_key, content_hash, leg_count, reverses_id, reason, actor_id, approver_id, at, digest)
        VALUES (a.journal_id, p_book, a.number, p_kind, day, p_document_kind, p_document_id,
            p_document_no, p_key, p_hash, n, p_reverses, p_reason, p_actor, p_approver, at,
            sha256(array_send(ARRAY['journal.1', 'i' || a.journal_id, 'i' || p_book, 't' || a.number, 't' || p_kind, 'd' || day,
                't' || p_document_kind, 'u' || p_document_id, 't' || p_document_no, 't' || p_key, 'x' || encode(p_hash, 'hex'),
                'i' || p_reverses, 't' || p_reason, 'u' || p_actor, 'u' || p_approver, audit.instant(at), 'i' || n])
                || array_send(legs)))
        ON CONFLICT (book_id, request_key) DO NOTHING;
        IF NOT FOUND THEN -- somebody posted the key meanwhile and has committed
            SELECT x.id, x.number, x.content_hash INTO STRICT j FROM ledger.journals x
             WHERE x.book_id = p_book AND x.request_key = p_key;
        END IF;
    END IF;
    IF j.id IS NOT NULL THEN
        IF j.content_hash <> p_hash THEN
            RAISE EXCEPTION 'key % was used with other content', p_key USING ERRCODE = 'KB013';
        END IF;
        RETURN QUERY SELECT j.id, j.number, true, c.id, c.authorised, c.allocated, c.reserved, c.committed, c.requested,
                c.advanced, c.disbursed, c.version
           FROM (SELECT j.id) one LEFT JOIN ledger.control_lines c ON c.id IN (
                SELECT p.line_id FROM ledger.postings p WHERE p.journal_id = j.id) ORDER BY c.id;
        RETURN;
    END IF;

    INSERT INTO ledger.postings (journal_id, leg, account_id, dim_id, line_id, amount, currency, minor_units)
    SELECT a.journal_id, i, p_accounts[i], p_dims[i], p_lines[i], p_amounts[i], p_currency,
           CASE p_currency WHEN 'VND' THEN 0 ELSE (SELECT c.minor_units FROM ledger.currencies c WHERE c.code = p_currency) END
      FROM generate_series(1, n) i;
    IF p_act IS NOT NULL THEN
        INSERT INTO public.audit_log (act, actor_id, role, object_kind, object_id, label, state_after, reason, rule_id)
        VALUES (p_act, p_actor, p_role, split_part(p_act, '.', 1), p_object, a.number, json_build_object('document', p_document_no,
               'amount', trim_scale(total)::text), p_reason, '');
    END IF;
    a.replay := false;
    IF array_position(p_lines, NULL) IS NOT NULL THEN -- some legs are on real accounts
        INSERT INTO ledger.account_balances AS b (account_id, dim_id, period_id, debit, credit)
        SELECT l.account, l.dim, y.period_id, coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0),
               coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0)
          FROM unnest(p_accounts, p_dims, p_lines, p_amounts) l (account, dim, line, amount), ledger.journals y
         WHERE l.line IS NULL AND y.id = a.journal_id GROUP BY l.account, l.dim, y.period_id ORDER BY l.account, l.dim
        ON CONFLICT (account_id, dim_id, period_id) DO UPDATE
           SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit, version = b.version + 1;
    END IF;
    FOR d IN SELECT l.line AS id, -coalesce(sum(l.amount) FILTER (WHERE l.code = 'source'), 0) AS authorised,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'allocated'), 0) AS allocated,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'reserved'), 0) AS reserved,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'committed'), 0) AS committed,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'requested'), 0) AS requested,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'advanced'), 0) AS advanced,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'disbursed'), 0) AS disbursed
               FROM unnest(p_lines, p_codes, p_amounts) l (line, code, amount) WHERE l.line IS NOT NULL
              GROUP BY l.line ORDER BY l.line LOOP
        UPDATE ledger.control_lines c
           SET authorised = c.authorised + d.authorised, allocated = c.allocated + d.allocated,
               reserved = c.reserved + d.reserved, committed = c.committed + d.committed,
               requested = c.requested + d.requested, advanced = c.advanced + d.advanced,
               disbursed = c.disbursed + d.disbursed, version = c.version + 1
         WHERE c.id = d.id AND c.allocated + d.allocated >= 0 AND c.reserved + d.reserved >= 0
           AND c.committed + d.committed >= 0 AND c.requested + d.requested >= 0 AND c.advanced + d.advanced >= 0
           AND c.disbursed + d.disbursed >= 0
           AND c.allocated + d.allocated + c.reserved + d.reserved + c.committed + d.committed + c.requested + d.requested
             + c.advanced + d.advanced + c.disbursed + d.disbursed <= c.authorised + d.authorised
        RETURNING c.id, c.authorised, c.allocated, c.reserved, c.committed, c.requested, c.advanced, c.disbursed, c.version
          INTO a.line_id, a.authorised, a.allocated, a.reserved, a.committed, a.requested, a.advanced, a.disbursed, a.version;
        IF NOT FOUND THEN
            PERFORM ledger.refuse_insufficient(d.id, p_lines, p_codes, p_amounts);
        END IF;
        RETURN NEXT a;
    END LOOP;
    IF a.line_id IS NULL THEN
        RETURN NEXT a;
    END IF;
END $$;

-- Says which stage of the line has less than the journal takes from it, and how much.
CREATE FUNCTION ledger.refuse_insufficient(p_line bigint, p_lines bigint[], p_codes text[], p_amounts numeric[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s record;
BEGIN
    SELECT x.stage, x.has, x.takes INTO s FROM (
        SELECT st.stage, st.has, -sum(l.amount) AS takes
          FROM ledger.control_lines c
         CROSS JOIN LATERAL (VALUES ('available', c.authorised - c.allocated - c.reserved - c.committed - c.requested
                - c.advanced - c.disbursed), ('allocated', c.allocated), ('reserved', c.reserved), ('committed', c.committed),
                ('requested', c.requested), ('advanced', c.advanced), ('disbursed', c.disbursed)) st (stage, has)
          JOIN unnest(p_lines, p_codes, p_amounts) l (line, code, amount) ON l.line = c.id AND l.code = st.stage
         WHERE c.id = p_line GROUP BY st.stage, st.has) x
     ORDER BY x.has - x.takes LIMIT 1;
    RAISE EXCEPTION 'line % has less than asked', p_line USING ERRCODE = 'KB010',
        DETAIL = concat_ws(' ', p_line, s.stage, trim_scale(s.has), trim_scale(s.takes));
END $$;

-- Posts one journal: stage moves of control lines and further legs that sum to zero. p_on NULL is today. p_act, when
-- not NULL, also writes the audit row of the act on p_object.
CREATE FUNCTION ledger.post(p_book text, p_kind text, p_on date, p_document_kind text, p_document_id uuid,
    p_document_no text, p_key text, p_actor uuid, p_approver uuid, p_reason text,
    p_lines bigint[], p_from text[], p_to text[], p_moved numeric[],
    p_accounts text[], p_dims bigint[], p_amounts numeric[],
    p_act text DEFAULT NULL, p_role text DEFAULT NULL, p_object uuid DEFAULT NULL) RETURNS SETOF ledger.answer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b        int;
    l        record;
    accounts int[];
    codes    text[] := '{}';
    dims     bigint[] := '{}';
    lines    bigint[] := '{}';
    amounts  numeric[] := '{}';
BEGIN
    SELECT id INTO b FROM ledger.books WHERE code = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    END IF;
    IF p_kind = 'reverse' THEN
        RAISE EXCEPTION 'a reversal is made by ledger.reverse' USING ERRCODE = 'KB015';
    END IF;
    FOR i IN 1..cardinality(p_lines) LOOP
        IF p_moved[i] IS NULL OR p_moved[i] <= 0 OR p_moved[i] = 'NaN' OR p_moved[i] > 999999999999999 THEN
            RAISE EXCEPTION 'a move takes a positive amount' USING ERRCODE = 'KB015';
        END IF;
        SELECT c.kind, c.dim_id INTO l FROM ledger.control_lines c WHERE c.id = p_lines[i] AND c.book_id = b;
        IF NOT FOUND OR ledger.move_allowed(l.kind, p_from[i], p_to[i]) IS NOT TRUE THEN
            RAISE EXCEPTION 'line % cannot move % to %', p_lines[i], p_from[i], p_to[i] USING ERRCODE = 'KB015';
        END IF;
        IF p_book = 'BUDGET' AND p_approver IS NULL AND ('source' IN (p_from[i], p_to[i]) OR p_to[i] = 'disbursed'
                OR (p_to[i] = 'committed' AND p_from[i] <> 'requested')) THEN
            RAISE EXCEPTION '% to % needs a second person', p_from[i], p_to[i] USING ERRCODE = 'KB016';
        END IF;
        codes := codes || p_from[i] || p_to[i];
        dims := dims || l.dim_id || l.dim_id;
        lines := lines || p_lines[i] || p_lines[i];
        amounts := amounts || -p_moved[i] || p_moved[i];
    END LOOP;
    -- What is pushed down arrives in full on other lines of the same journal, and the other way round.
    IF 'allocated' = ANY (codes) AND (
        SELECT sum(x.amount) FILTER (WHERE x.code = 'allocated') IS DISTINCT FROM -sum(x.amount) FILTER (WHERE x.code = 'source')
          FROM unnest(codes, amounts) x (code, amount)) THEN
        RAISE EXCEPTION 'an allocation gives its children what it takes from the parent' USING ERRCODE = 'KB015';
    END IF;
    IF cardinality(p_accounts) > 0 THEN
        codes := codes || p_accounts;
        dims := dims || p_dims;
        lines := lines || array_fill(NULL::bigint, ARRAY[cardinality(p_accounts)]);
        amounts := amounts || p_amounts;
    END IF;
    SELECT array_agg(y.id ORDER BY x.i) INTO accounts FROM unnest(codes) WITH ORDINALITY x (code, i)
      JOIN LATERAL (SELECT id FROM ledger.accounts y WHERE y.book_id = b AND y.code = x.code AND y.currency = 'VND' LIMIT 1) y ON true;
    IF accounts IS NULL OR cardinality(accounts) <> cardinality(codes) THEN
        RAISE EXCEPTION 'book % lacks one of the accounts %', p_book, codes USING ERRCODE = 'KB014';
    END IF;
    RETURN QUERY SELECT * FROM ledger.write_journal(b, p_kind, p_on, p_document_kind, p_document_id, p_document_no, p_key,
        sha256(array_send(ARRAY[p_kind, p_on::text, p_document_kind, p_document_id::text, p_document_no, p_actor::text,
            p_approver::text, p_reason, lines::text, codes::text, dims::text, amounts::text])),
        p_actor, p_approver, p_reason, NULL, accounts, codes, dims, lines, amounts, 'VND', p_act, p_role, p_object);
END $$;

-- The plain act: commits an amount of a budget line, with its audit row. p_approver signed the source document.
CREATE FUNCTION ledger.commitment(p_line bigint, p_amount numeric, p_key text, p_actor uuid, p_approver uuid, p_role text,
    p_object uuid, p_document_kind text, p_document_id uuid, p_document_no text, p_reason text) RETURNS SETOF ledger.answer
    LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT * FROM ledger.post('BUDGET', 'commit', NULL, p_document_kind, p_document_id, p_document_no, p_key,
        p_actor, p_approver, p_reason, ARRAY[p_line], '{available}', '{committed}', ARRAY[p_amount], '{}', '{}', '{}',
        'budget_line.commit', p_role, p_object);
END $$;

-- Takes a journal back whole: a new journal with every leg mirrored, dated in an open period. Once only.
CREATE FUNCTION ledger.reverse(p_number text, p_on date, p_key text, p_actor uuid, p_approver uuid, p_reason text)
    RETURNS SETOF ledger.answer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    o ledger.journals;
    l record;
BEGIN
    SELECT * INTO o FROM ledger.journals WHERE number = p_number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no journal %', p_number USING ERRCODE = 'KB014';
    END IF;
    IF o.kind = 'reverse' THEN
        RAISE EXCEPTION 'a reversal is not reversed' USING ERRCODE = 'KB015';
    END IF;
    SELECT array_agg(p.account_id ORDER BY p.leg) AS accounts, array_agg(a.code ORDER BY p.leg) AS codes,
           array_agg(p.dim_id ORDER BY p.leg) AS dims, array_agg(p.line_id ORDER BY p.leg) AS lines,
           array_agg(-p.amount ORDER BY p.leg) AS amounts, min(p.currency) AS currency
      INTO l FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.journal_id = o.id;
    RETURN QUERY SELECT * FROM ledger.write_journal(o.book_id, 'reverse', p_on, o.document_kind, o.document_id, o.document_no,
        p_key, sha256(array_send(ARRAY[p_number, p_on::text, p_actor::text, p_approver::text, p_reason])), p_actor, p_approver,
        p_reason, o.id, l.accounts, l.codes, l.dims, l.lines, l.amounts, l.currency, NULL, NULL, NULL);
END $$;

SELECT ledger.open_book('BUDGET', 'NS', '{}', '{}', '{}', '{}');
SELECT ledger.open_book('CONTRACT', 'HD', '{}', '{}', '{}', '{}');
SELECT ledger.open_book('ACTUAL', 'KT',
    '{cash_treasury,cash_bank,advances,fund_contribution,payable,recovery,state_budget,sponsorship,grant_expense}',
    '{Tiền tại kho bạc,Tiền gửi ngân hàng,Tạm ứng,Vốn góp vào quỹ,Phải trả,Phải thu hồi,Nguồn ngân sách,Nguồn tài trợ,Chi hỗ trợ}',
    '{Cash at treasury,Cash at bank,Advances,Contributions to the fund,Payables,Recoveries due,State budget,Sponsorship,Grant expense}',
    '{asset,asset,asset,asset,liability,asset,equity,equity,expense}');

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC, kinhbac_app;
GRANT EXECUTE ON FUNCTION ledger.dim, ledger.open_book, ledger.open_line, ledger.post, ledger.commitment, ledger.reverse TO kinhbac_app;
