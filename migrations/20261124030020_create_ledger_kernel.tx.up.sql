-- The posting kernel. One call per journal; the conditional update of the control lines comes last, in ascending id,
-- so that a line is locked from there to the commit only. Refusals by SQLSTATE: KB010 the line has less than asked,
-- KB011 closed period, KB013 key used with other content, KB014 malformed journal, KB015 move not allowed,
-- KB016 a second person is missing; 23514 journals_same_person one person on both sides.

-- A leg on its way into a journal.
CREATE TYPE ledger.leg AS (leg int, account_id int, code text, class text, dim_id bigint, line_id bigint, amount numeric, currency text);

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
CREATE FUNCTION ledger.move_allowed(p_kind text, p_from text, p_to text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_kind = 'budget' THEN (p_from, p_to) IN (
        ('source', 'available'), ('available', 'source'), ('available', 'allocated'), ('allocated', 'available'),
        ('available', 'reserved'), ('reserved', 'available'), ('available', 'committed'), ('reserved', 'committed'),
        ('committed', 'available'), ('committed', 'requested'), ('requested', 'committed'), ('committed', 'advanced'),
        ('requested', 'advanced'), ('requested', 'disbursed'), ('advanced', 'disbursed'), ('advanced', 'available'),
        ('disbursed', 'available'), ('available', 'disbursed'), ('committed', 'disbursed'))
    ELSE p_from <> p_to AND 'allocated' NOT IN (p_from, p_to)
        AND (p_from <> 'source' OR p_to = 'available') AND (p_to <> 'source' OR p_from = 'available') END $$;

-- The period of a book that holds a day, opened when the book has none for that month. Years get their own run of
-- voucher numbers. One transaction at a time opens periods of a book.
CREATE FUNCTION ledger.period_of(p_book int, p_on date) RETURNS int LANGUAGE plpgsql AS $$
DECLARE p int;
BEGIN
    SELECT id INTO p FROM ledger.periods WHERE book_id = p_book AND starts_on = date_trunc('month', p_on)::date;
    IF FOUND THEN
        RETURN p;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ledger.periods'), p_book);
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS ledger.voucher_%s_%s', p_book, extract(year FROM p_on));
    INSERT INTO ledger.periods (book_id, starts_on) VALUES (p_book, date_trunc('month', p_on)::date)
    ON CONFLICT (book_id, starts_on) DO NOTHING;
    SELECT id INTO STRICT p FROM ledger.periods WHERE book_id = p_book AND starts_on = date_trunc('month', p_on)::date;
    RETURN p;
END $$;

-- Writes a journal with its legs, then the balances, the audit row where p_act names one, and the control lines last.
-- A key used before gives the first journal again when the content is the same.
CREATE FUNCTION ledger.write_journal(p_book int, p_kind text, p_on date, p_document_kind text, p_document_id uuid,
    p_document_no text, p_key text, p_hash bytea, p_actor uuid, p_approver uuid, p_reason text, p_reverses bigint,
    p_legs ledger.leg[], p_act text, p_role text, p_object uuid) RETURNS SETOF ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    a    ledger.answer;
    j    record;
    d    record;
    per  int;
    at   timestamptz := kb.now();
    day  date := coalesce(p_on, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);
    n    int := cardinality(p_legs);
    dig  bytea;
BEGIN
    SELECT x.id, x.number, x.content_hash INTO j FROM ledger.journals x WHERE x.book_id = p_book AND x.request_key = p_key;
    IF NOT FOUND THEN
        per := ledger.period_of(p_book, day);
        a.journal_id := nextval('ledger.journals_id_seq');
        SELECT b.prefix || '-' || extract(year FROM day) || '-'
               || lpad(nextval(format('ledger.voucher_%s_%s', p_book, extract(year FROM day))::regclass)::text, 6, '0')
          INTO a.number FROM ledger.books b WHERE b.id = p_book;
        dig := sha256(array_send(ARRAY['journal.1', 'i' || a.journal_id, 'i' || p_book, 't' || a.number, 't' || p_kind, 'd' || day,
                't' || p_document_kind, 'u' || p_document_id, 't' || p_document_no, 't' || p_key, 'x' || encode(p_hash, 'hex'),
                'i' || p_reverses, 't' || p_reason, 'u' || p_actor, 'u' || p_approver, audit.instant(at), 'i' || n])
            || (SELECT array_send(array_agg(ARRAY['i' || l.leg, 't' || l.code, 'i' || l.dim_id, 'i' || l.line_id,
                'n' || trim_scale(l.amount), 't' || l.currency] ORDER BY l.leg)) FROM unnest(p_legs) l));
        INSERT INTO ledger.journals (id, book_id, number, kind, effective_on, period_id, document_kind, document_id,
            document_no, request_key, content_hash, leg_count, reverses_id, reason, actor_id, approver_id, at, digest)
        VALUES (a.journal_id, p_book, a.number, p_kind, day, per, p_document_kind, p_document_id,
            p_document_no, p_key, p_hash, n, p_reverses, p_reason, p_actor, p_approver, at, dig)
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
    SELECT a.journal_id, l.leg, l.account_id, l.dim_id, l.line_id, l.amount, l.currency, c.minor_units
      FROM unnest(p_legs) l JOIN ledger.currencies c ON c.code = l.currency;
    IF p_act IS NOT NULL THEN
        INSERT INTO public.audit_log (act, actor_id, role, object_kind, object_id, label, state_after, reason, rule_id)
        SELECT p_act, p_actor, p_role, split_part(p_act, '.', 1), p_object, a.number,
               json_build_object('document', p_document_no, 'amount', trim_scale(sum(l.amount) FILTER (WHERE l.amount > 0))::text), p_reason, ''
          FROM unnest(p_legs) l;
    END IF;
    a.replay := false;
    IF EXISTS (SELECT FROM unnest(p_legs) l WHERE l.class <> 'stage') THEN
        INSERT INTO ledger.account_balances AS b (account_id, dim_id, period_id, debit, credit)
        SELECT l.account_id, l.dim_id, per, coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0),
               coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0)
          FROM unnest(p_legs) l WHERE l.class <> 'stage' GROUP BY l.account_id, l.dim_id ORDER BY l.account_id, l.dim_id
        ON CONFLICT (account_id, dim_id, period_id) DO UPDATE
           SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit, version = b.version + 1;
    END IF;
    FOR d IN SELECT l.line_id AS id, -coalesce(sum(l.amount) FILTER (WHERE l.code = 'source'), 0) AS authorised,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'allocated'), 0) AS allocated,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'reserved'), 0) AS reserved,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'committed'), 0) AS committed,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'requested'), 0) AS requested,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'advanced'), 0) AS advanced,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'disbursed'), 0) AS disbursed
               FROM unnest(p_legs) l WHERE l.line_id IS NOT NULL GROUP BY l.line_id ORDER BY l.line_id LOOP
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
            PERFORM ledger.refuse_insufficient(d.id, p_legs);
        END IF;
        RETURN NEXT a;
    END LOOP;
    IF a.line_id IS NULL THEN
        RETURN NEXT a;
    END IF;
END $$;

-- Says which stage of the line has less than the journal takes from it, and how much.
CREATE FUNCTION ledger.refuse_insufficient(p_line bigint, p_legs ledger.leg[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s record;
BEGIN
    SELECT x.stage, x.has, x.takes INTO s FROM (
        SELECT st.stage, st.has, -sum(l.amount) AS takes
          FROM ledger.control_lines c
         CROSS JOIN LATERAL (VALUES ('available', c.authorised - c.allocated - c.reserved - c.committed - c.requested
                - c.advanced - c.disbursed), ('allocated', c.allocated), ('reserved', c.reserved), ('committed', c.committed),
                ('requested', c.requested), ('advanced', c.advanced), ('disbursed', c.disbursed)) st (stage, has)
          JOIN unnest(p_legs) l ON l.line_id = c.id AND l.code = st.stage
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
    b    int;
    bad  text;
    legs ledger.leg[];
    hash bytea;
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
        IF NOT coalesce((SELECT ledger.move_allowed(c.kind, p_from[i], p_to[i])
                           FROM ledger.control_lines c WHERE c.id = p_lines[i] AND c.book_id = b), false) THEN
            RAISE EXCEPTION 'line % cannot move % to %', p_lines[i], p_from[i], p_to[i] USING ERRCODE = 'KB015';
        END IF;
        IF p_book = 'BUDGET' AND p_approver IS NULL AND ('source' IN (p_from[i], p_to[i]) OR p_to[i] = 'disbursed'
                OR (p_to[i] = 'committed' AND p_from[i] <> 'requested')) THEN
            RAISE EXCEPTION '% to % needs a second person', p_from[i], p_to[i] USING ERRCODE = 'KB016';
        END IF;
    END LOOP;
    -- What is pushed down arrives in full on other lines of the same journal, and the other way round.
    IF 'allocated' = ANY (p_from || p_to) AND (
        SELECT sum(CASE 'allocated' WHEN p_to[i] THEN p_moved[i] WHEN p_from[i] THEN -p_moved[i] ELSE 0 END)
            <> sum(CASE 'source' WHEN p_from[i] THEN p_moved[i] WHEN p_to[i] THEN -p_moved[i] ELSE 0 END)
          FROM generate_subscripts(p_lines, 1) i) THEN
        RAISE EXCEPTION 'an allocation gives its children what it takes from the parent' USING ERRCODE = 'KB015';
    END IF;

    SELECT array_agg((x.leg, a.id, x.code, a.class, coalesce(c.dim_id, x.dim_id), x.line_id, x.amount, 'VND')::ledger.leg ORDER BY x.leg),
           min(x.code) FILTER (WHERE a.id IS NULL)
      INTO legs, bad
      FROM (SELECT (2 * i - 1)::int AS leg, p_from[i] AS code, NULL::bigint AS dim_id, p_lines[i] AS line_id, -p_moved[i] AS amount
              FROM generate_subscripts(p_lines, 1) i
            UNION ALL
            SELECT (2 * i)::int, p_to[i], NULL, p_lines[i], p_moved[i] FROM generate_subscripts(p_lines, 1) i
            UNION ALL
            SELECT (2 * cardinality(p_lines) + i)::int, p_accounts[i], p_dims[i], NULL, p_amounts[i]
              FROM generate_subscripts(p_accounts, 1) i) x
      LEFT JOIN LATERAL (SELECT * FROM ledger.accounts y WHERE y.book_id = b AND y.code = x.code AND y.currency = 'VND' LIMIT 1) a ON true
      LEFT JOIN LATERAL (SELECT y.dim_id FROM ledger.control_lines y WHERE y.id = x.line_id LIMIT 1) c ON true;
    IF bad IS NOT NULL OR legs IS NULL THEN
        RAISE EXCEPTION 'no account % in book %', bad, p_book USING ERRCODE = 'KB014';
    END IF;
    hash := sha256(array_send(ARRAY[p_kind, p_on::text, p_document_kind, p_document_id::text, p_document_no, p_actor::text,
        p_approver::text, p_reason, p_lines::text, p_from::text, p_to::text, p_moved::text, p_accounts::text, p_dims::text,
        p_amounts::text]));
    RETURN QUERY SELECT * FROM ledger.write_journal(b, p_kind, p_on, p_document_kind, p_document_id, p_document_no,
        p_key, hash, p_actor, p_approver, p_reason, NULL, legs, p_act, p_role, p_object);
END $$;

-- The plain act: commits an amount of a budget line, with its audit row. p_approver signed the source document.
CREATE FUNCTION ledger.commitment(p_line bigint, p_amount numeric, p_key text, p_actor uuid, p_approver uuid, p_role text,
    p_object uuid, p_document_kind text, p_document_id uuid, p_document_no text, p_reason text) RETURNS SETOF ledger.answer
    LANGUAGE sql AS $$
    SELECT * FROM ledger.post('BUDGET', 'commit', NULL, p_document_kind, p_document_id, p_document_no, p_key, p_actor,
        p_approver, p_reason, ARRAY[p_line], ARRAY['available'], ARRAY['committed'], ARRAY[p_amount], '{}', '{}', '{}',
        'budget_line.commit', p_role, p_object) $$;

-- Takes a journal back whole: a new journal with every leg mirrored, dated in an open period. Once only.
CREATE FUNCTION ledger.reverse(p_number text, p_on date, p_key text, p_actor uuid, p_approver uuid, p_reason text)
    RETURNS SETOF ledger.answer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    o    ledger.journals;
    legs ledger.leg[];
    hash bytea;
BEGIN
    SELECT * INTO o FROM ledger.journals WHERE number = p_number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no journal %', p_number USING ERRCODE = 'KB014';
    END IF;
    IF o.kind = 'reverse' THEN
        RAISE EXCEPTION 'a reversal is not reversed' USING ERRCODE = 'KB015';
    END IF;
    SELECT array_agg((p.leg, p.account_id, a.code, a.class, p.dim_id, p.line_id, -p.amount, p.currency)::ledger.leg ORDER BY p.leg)
      INTO legs FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.journal_id = o.id;
    hash := sha256(array_send(ARRAY[p_number, p_on::text, p_actor::text, p_approver::text, p_reason]));
    RETURN QUERY SELECT * FROM ledger.write_journal(o.book_id, 'reverse', p_on, o.document_kind, o.document_id, o.document_no,
        p_key, hash, p_actor, p_approver, p_reason, o.id, legs, NULL, NULL, NULL);
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
