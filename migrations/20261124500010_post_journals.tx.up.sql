-- The posting kernel, one journal a call. The conditional update of the control lines comes last, in ascending id, so
-- that a line is locked from there to the commit only. Refusals by SQLSTATE: KB010 the line has less than asked, KB011
-- closed period, KB012 closed year, KB013 key used with other content, KB014 malformed journal, KB015 move not allowed,
-- KB016 a second person is missing, KB017 more than is left of a journal, KB018 codes that do not hold on the day;
-- 23514 journals_same_person, journals_second_person, journals_reason, journals_basis.

-- What the kernel answers: the journal and, row by row, the control lines it touched as they are now.
CREATE TYPE ledger.answer AS (journal_id bigint, number text, replay boolean, line_id bigint, authorised numeric,
    allocated numeric, reserved numeric, committed numeric, requested numeric, advanced numeric, disbursed numeric,
    returned numeric, closing numeric, version bigint);
CREATE TYPE ledger.entered AS (id bigint, number text, replay boolean);

-- Days on which all of these codes hold, 'empty' when one is unknown, NULL when nothing is known of any. The room that
-- keeps the lists of codes puts its own in this place.
CREATE FUNCTION ledger.code_span(p_year int, p_level text, p_chapter text, p_category text, p_item text, p_sub_item text,
    p_source text) RETURNS daterange LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN NULL;
END $$;

-- A number by which a combination is found: the unique key of the table holds its uniqueness, but rows with nulls are not
-- looked up by it.
CREATE FUNCTION ledger.dim_key(p_year int, p_level text, p_chapter text, p_category text, p_item text, p_sub_item text,
    p_programme text, p_source text, p_organisation uuid, p_project uuid, p_contract uuid, p_unit uuid, p_investee uuid, p_milestone uuid)
    RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN hashtextextended(ARRAY[p_year::text, p_level, p_chapter, p_category, p_item, p_sub_item, p_programme, p_source,
        p_organisation::text, p_project::text, p_contract::text, p_unit::text, p_investee::text, p_milestone::text]::text, 0);
END $$;
CREATE INDEX dim_sets_key ON ledger.dim_sets (ledger.dim_key(budget_year, budget_level, chapter, category, item, sub_item, programme_code,
    source_code, organisation_id, project_id, contract_id, unit_id, investee_id, milestone_id));

-- The dimension combination of these values, made when new. Equal values always give the same number. (A plan made while
-- the table was small would walk through all of it when it is not.)
CREATE FUNCTION ledger.dim(p_year int, p_level text, p_chapter text, p_category text, p_item text, p_sub_item text,
    p_programme text, p_source text, p_organisation uuid, p_project uuid, p_contract uuid, p_unit uuid, p_investee uuid, p_milestone uuid DEFAULT NULL)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    d    bigint;
    span daterange;
    key  bigint := ledger.dim_key(p_year, p_level, p_chapter, p_category, p_item, p_sub_item, p_programme, p_source,
        p_organisation, p_project, p_contract, p_unit, p_investee, p_milestone);
BEGIN
    FOR attempt IN 1..2 LOOP
        SELECT id INTO d FROM ledger.dim_sets s
         WHERE ledger.dim_key(s.budget_year, s.budget_level, s.chapter, s.category, s.item, s.sub_item, s.programme_code, s.source_code,
                s.organisation_id, s.project_id, s.contract_id, s.unit_id, s.investee_id, s.milestone_id) = key
           AND (s.budget_year, s.budget_level, s.chapter, s.category, s.item, s.sub_item, s.programme_code, s.source_code,
                s.organisation_id, s.project_id, s.contract_id, s.unit_id, s.investee_id, s.milestone_id)
            IS NOT DISTINCT FROM (p_year, p_level, p_chapter, p_category, p_item, p_sub_item, p_programme, p_source,
                p_organisation, p_project, p_contract, p_unit, p_investee, p_milestone);
        IF FOUND THEN
            RETURN d;
        END IF;
        span := ledger.code_span(p_year, p_level, p_chapter, p_category, p_item, p_sub_item, p_source);
        IF isempty(span) THEN
            RAISE EXCEPTION 'unknown code' USING ERRCODE = 'KB018',
                DETAIL = concat_ws(' ', p_level, p_chapter, p_category, p_item, p_sub_item, p_source);
        END IF;
        INSERT INTO ledger.dim_sets (budget_year, budget_level, chapter, category, item, sub_item, programme_code,
                source_code, organisation_id, project_id, contract_id, unit_id, investee_id, milestone_id)
        VALUES (p_year, p_level, p_chapter, p_category, p_item, p_sub_item, p_programme,
                p_source, p_organisation, p_project, p_contract, p_unit, p_investee, p_milestone)
        ON CONFLICT DO NOTHING RETURNING id INTO d;
        IF FOUND THEN
            INSERT INTO ledger.dim_spans (dim_id, valid) SELECT d, span WHERE span IS NOT NULL;
            RETURN d;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'dimension combination vanished' USING ERRCODE = 'KB014';
END $$;

-- Asks code_span again for every combination, after codes were imported.
CREATE FUNCTION ledger.refresh_codes() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger.dim_spans (dim_id, valid)
    SELECT x.id, coalesce(x.span, daterange(NULL, NULL)) FROM (
        SELECT d.id, ledger.code_span(d.budget_year, d.budget_level, d.chapter, d.category, d.item, d.sub_item, d.source_code) AS span
          FROM ledger.dim_sets d) x
     WHERE x.span IS NOT NULL OR EXISTS (SELECT FROM ledger.dim_spans s WHERE s.dim_id = x.id)
    ON CONFLICT (dim_id) DO UPDATE SET valid = excluded.valid;
    UPDATE ledger.control_lines c SET valid = s.valid FROM ledger.dim_spans s
     WHERE s.dim_id = c.dim_id AND c.valid IS DISTINCT FROM s.valid;
END $$;

-- The control line of this book, kind, dimensions and subject, made with nothing authorised when new.
CREATE FUNCTION ledger.open_line(p_book text, p_kind text, p_dim bigint, p_subject uuid)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    b int;
    l bigint;
BEGIN
    SELECT id INTO b FROM ledger.books WHERE code = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    END IF;
    INSERT INTO ledger.control_lines (book_id, kind, dim_id, subject_id, year, valid)
    SELECT b, p_kind, d.id, p_subject, d.budget_year, s.valid FROM ledger.dim_sets d LEFT JOIN ledger.dim_spans s ON s.dim_id = d.id
     WHERE d.id = p_dim
    ON CONFLICT DO NOTHING RETURNING id INTO l;
    IF NOT FOUND THEN
        SELECT id INTO STRICT l FROM ledger.control_lines c
         WHERE c.book_id = b AND c.kind = p_kind AND c.dim_id = p_dim AND c.subject_id IS NOT DISTINCT FROM p_subject;
        RETURN l;
    END IF;
    IF p_book = 'BUDGET' THEN
        INSERT INTO ledger.budget_years (book_id, year)
        SELECT b, d.budget_year FROM ledger.dim_sets d WHERE d.id = p_dim AND d.budget_year IS NOT NULL
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN l;
END $$;

-- What tells one request from another under the same key.
CREATE FUNCTION ledger.request_hash(p_kind text, p_on date, p_document_kind text, p_document_id uuid, p_document_no text, p_actor uuid,
    p_approver uuid, p_reason text, p_basis text, p_refers text, p_lines bigint[], p_codes text[], p_dims bigint[], p_amounts numeric[])
    RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN sha256(array_send(ARRAY[p_kind, p_on::text, p_document_kind, p_document_id::text, p_document_no, p_actor::text,
        p_approver::text, p_reason, p_basis, p_refers, p_lines::text, p_codes::text, p_dims::text, p_amounts::text]));
END $$;

-- The digest of a journal and its legs, in the canonical encoding; the sealer seals it.
CREATE FUNCTION ledger.journal_digest(p_id bigint, p_book int, p_number text, p_kind text, p_on date, p_document_kind text, p_document_id uuid,
    p_document_no text, p_key text, p_hash bytea, p_reverses bigint, p_adjusts bigint, p_reason text, p_basis text, p_actor uuid,
    p_approver uuid, p_at timestamptz, p_count int, p_legs text[]) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN sha256(array_send(ARRAY['journal.1', 'i' || p_id, 'i' || p_book, 't' || p_number, 't' || p_kind, 'd' || p_on,
        't' || p_document_kind, 'u' || p_document_id, 't' || p_document_no, 't' || p_key, 'x' || encode(p_hash, 'hex'),
        'i' || p_reverses, 'i' || p_adjusts, 't' || p_reason, 't' || p_basis, 'u' || p_actor, 'u' || p_approver,
        audit.instant(p_at), 'i' || p_count]) || array_send(p_legs));
END $$;

-- The next voucher number of a book and year.
CREATE FUNCTION ledger.next_number(p_book int, p_prefix text, p_on date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE y text := extract(year FROM p_on);
BEGIN
    RETURN p_prefix || '-' || y || '-' || lpad(nextval(('ledger.voucher_' || p_book || '_' || y)::regclass)::text, 6, '0');
END $$;

-- Enters the row of a journal. A key used before gives the first journal again when the content is the same.
CREATE FUNCTION ledger.enter(p_book int, p_prefix text, p_kind text, p_on date, p_at timestamptz, p_document_kind text, p_document_id uuid,
    p_document_no text, p_key text, p_hash bytea, p_actor uuid, p_approver uuid, p_reason text, p_basis text, p_reverses bigint,
    p_adjusts bigint, p_year int, p_year_to int, p_legs text[]) RETURNS ledger.entered LANGUAGE plpgsql AS $$
DECLARE
    e     ledger.entered;
    known bytea;
    month int;
BEGIN
    SELECT j.id, j.number, true, j.content_hash, p.id INTO e.id, e.number, e.replay, known, month FROM (SELECT) one
      LEFT JOIN ledger.journals j ON j.book_id = p_book AND j.request_key = p_key
      LEFT JOIN ledger.periods p ON p.book_id = p_book AND p.starts_on = date_trunc('month', p_on)::date;
    IF e.id IS NULL THEN
        IF month IS NULL THEN
            PERFORM ledger.open_period(p_book, p_on);
        END IF;
        e.id := nextval('ledger.journals_id_seq'::regclass);
        e.number := ledger.next_number(p_book, p_prefix, p_on);
        INSERT INTO ledger.journals (id, book_id, number, kind, effective_on, document_kind, document_id,
            document_no, request_key, content_hash, leg_count, reverses_id, adjusts_id, reason, legal_basis, actor_id, approver_id, at,
            budget_year, budget_year_to, digest)
        VALUES (e.id, p_book, e.number, p_kind, p_on, p_document_kind, p_document_id,
            p_document_no, p_key, p_hash, array_length(p_legs, 1), p_reverses, p_adjusts, p_reason, p_basis, p_actor, p_approver, p_at,
            p_year, p_year_to, ledger.journal_digest(e.id, p_book, e.number, p_kind, p_on, p_document_kind, p_document_id,
                p_document_no, p_key, p_hash, p_reverses, p_adjusts, p_reason, p_basis, p_actor, p_approver, p_at,
                array_length(p_legs, 1), p_legs))
        ON CONFLICT (book_id, request_key) DO NOTHING;
        IF FOUND THEN
            e.replay := false;
            RETURN e;
        END IF;
        SELECT j.id, j.number, true, j.content_hash INTO STRICT e.id, e.number, e.replay, known -- somebody posted the key meanwhile
          FROM ledger.journals j WHERE j.book_id = p_book AND j.request_key = p_key;
    END IF;
    IF known <> p_hash THEN
        RAISE EXCEPTION 'key % was used with other content', p_key USING ERRCODE = 'KB013';
    END IF;
    RETURN e;
END $$;

-- The answer to a request whose journal is there already.
CREATE FUNCTION ledger.answer_again(p_journal ledger.entered) RETURNS SETOF ledger.answer LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT p_journal.id, p_journal.number, true, c.id, c.authorised, c.allocated, c.reserved, c.committed, c.requested,
            c.advanced, c.disbursed, c.returned, c.closing, c.version
       FROM (SELECT) one LEFT JOIN ledger.control_lines c ON c.id IN (
            SELECT p.line_id FROM ledger.postings p WHERE p.journal_id = p_journal.id) ORDER BY c.id;
END $$;

-- Writes a journal with its legs, then the balances, the audit row where p_act names one, and the control lines last.
-- Leg i stands on account p_accounts[i] (code p_codes[i]) and, when it is a stage, on control line p_lines[i]. p_currencies,
-- p_bases and p_rates are NULL when every leg is in đồng.
CREATE FUNCTION ledger.write_journal(p_book int, p_kind text, p_on date, p_document_kind text, p_document_id uuid,
    p_document_no text, p_key text, p_hash bytea, p_actor uuid, p_approver uuid, p_reason text, p_basis text, p_reverses bigint,
    p_adjusts bigint, p_year int, p_year_to int, p_accounts int[], p_codes text[], p_dims bigint[], p_lines bigint[],
    p_amounts numeric[], p_currencies text[], p_bases numeric[], p_rates bigint[],
    p_act text, p_role text, p_object uuid) RETURNS SETOF ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    a    ledger.answer;
    e    ledger.entered;
    d    record;
    at   timestamptz := now() + (SELECT shift FROM kb.clock_shift); -- kb.now()
    day  date := coalesce(p_on, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);
    n    int := cardinality(p_accounts);
    legs text[];
BEGIN
    FOR i IN 1..n LOOP
        IF p_currencies IS NULL THEN
            legs := legs || ARRAY[ARRAY['i' || i, 't' || p_codes[i], 'i' || p_dims[i], 'i' || p_lines[i], 'n' || trim_scale(p_amounts[i]), 'tVND']];
        ELSE
            legs := legs || ARRAY[ARRAY['i' || i, 't' || p_codes[i], 'i' || p_dims[i], 'i' || p_lines[i], 'n' || trim_scale(p_amounts[i]),
                't' || p_currencies[i], 'n' || trim_scale(p_bases[i]), 'i' || p_rates[i]]];
        END IF;
    END LOOP;
    e := ledger.enter(p_book, (SELECT b.prefix FROM ledger.books b WHERE b.id = p_book), p_kind, day, at, p_document_kind, p_document_id,
        p_document_no, p_key, p_hash, p_actor, p_approver, p_reason, p_basis, p_reverses, p_adjusts, p_year, p_year_to, legs);
    IF e.replay THEN
        RETURN QUERY SELECT * FROM ledger.answer_again(e);
        RETURN;
    END IF;
    IF p_currencies IS NULL THEN
        INSERT INTO ledger.postings (journal_id, leg, account_id, dim_id, line_id, amount, currency, minor_units, effective_on)
        SELECT e.id, i, p_accounts[i], p_dims[i], p_lines[i], p_amounts[i], 'VND', 0, day FROM generate_series(1, n) i;
    ELSE
        INSERT INTO ledger.postings (journal_id, leg, account_id, dim_id, line_id, amount, currency, minor_units, effective_on, base_amount, rate_id)
        SELECT e.id, i, p_accounts[i], p_dims[i], p_lines[i], p_amounts[i], c.code, c.minor_units, day, p_bases[i], p_rates[i]
          FROM generate_series(1, n) i JOIN ledger.currencies c ON c.code = p_currencies[i];
    END IF;
    IF p_act IS NOT NULL THEN
        INSERT INTO public.audit_log (act, actor_id, role, object_kind, object_id, label, state_after, reason, rule_id)
        VALUES (p_act, p_actor, p_role, split_part(p_act, '.', 1), p_object, e.number, json_build_object('document', p_document_no,
               'amount', (SELECT trim_scale(sum(x)) FROM unnest(p_amounts) x WHERE x > 0)::text), p_reason, '');
    END IF;
    a.journal_id := e.id;
    a.number := e.number;
    a.replay := false;
    IF array_position(p_lines, NULL) IS NOT NULL THEN -- some legs are on real accounts
        INSERT INTO ledger.account_balances AS b (account_id, dim_id, period_id, debit, credit, base)
        SELECT l.account, l.dim, y.period_id, coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0),
               coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0), sum(l.base)
          FROM unnest(p_accounts, p_dims, p_lines, p_amounts, coalesce(p_bases, array_fill(NULL::numeric, ARRAY[n])))
               l (account, dim, line, amount, base), ledger.journals y
         WHERE l.line IS NULL AND y.id = e.id GROUP BY l.account, l.dim, y.period_id ORDER BY l.account, l.dim
        ON CONFLICT (account_id, dim_id, period_id) DO UPDATE
           SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit, base = b.base + excluded.base, version = b.version + 1;
    END IF;
    FOR d IN SELECT l.line AS id, -coalesce(sum(l.amount) FILTER (WHERE l.code = 'source'), 0) AS authorised,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'allocated'), 0) AS allocated,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'reserved'), 0) AS reserved,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'committed'), 0) AS committed,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'requested'), 0) AS requested,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'advanced'), 0) AS advanced,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'disbursed'), 0) AS disbursed,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'returned'), 0) AS returned,
                    coalesce(sum(l.amount) FILTER (WHERE l.code = 'closing'), 0) AS closing
               FROM unnest(p_lines, p_codes, p_amounts) l (line, code, amount) WHERE l.line IS NOT NULL
              GROUP BY l.line ORDER BY l.line LOOP
        UPDATE ledger.control_lines c
           SET authorised = c.authorised + d.authorised, allocated = c.allocated + d.allocated,
               reserved = c.reserved + d.reserved, committed = c.committed + d.committed,
               requested = c.requested + d.requested, advanced = c.advanced + d.advanced,
               disbursed = c.disbursed + d.disbursed, returned = c.returned + d.returned,
               closing = c.closing + d.closing, version = c.version + 1
         WHERE c.id = d.id AND c.allocated + d.allocated >= 0 AND c.reserved + d.reserved >= 0
           AND c.committed + d.committed >= 0 AND c.requested + d.requested >= 0 AND c.advanced + d.advanced >= 0
           AND c.disbursed + d.disbursed >= 0 AND c.returned + d.returned >= 0 AND c.closing + d.closing >= 0
           AND c.allocated + d.allocated + c.reserved + d.reserved + c.committed + d.committed + c.requested + d.requested
             + c.advanced + d.advanced + c.disbursed + d.disbursed + c.returned + d.returned + c.closing + d.closing
            <= c.authorised + d.authorised
        RETURNING c.id, c.authorised, c.allocated, c.reserved, c.committed, c.requested, c.advanced, c.disbursed, c.returned,
                  c.closing, c.version
          INTO a.line_id, a.authorised, a.allocated, a.reserved, a.committed, a.requested, a.advanced, a.disbursed, a.returned,
               a.closing, a.version;
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
                - c.advanced - c.disbursed - c.returned - c.closing), ('allocated', c.allocated), ('reserved', c.reserved),
                ('committed', c.committed), ('requested', c.requested), ('advanced', c.advanced), ('disbursed', c.disbursed),
                ('returned', c.returned), ('closing', c.closing)) st (stage, has)
          JOIN unnest(p_lines, p_codes, p_amounts) l (line, code, amount) ON l.line = c.id AND l.code = st.stage
         WHERE c.id = p_line GROUP BY st.stage, st.has) x
     ORDER BY x.has - x.takes, x.stage LIMIT 1;
    RAISE EXCEPTION 'line % has less than asked', p_line USING ERRCODE = 'KB010',
        DETAIL = concat_ws(' ', p_line, s.stage, trim_scale(s.has), trim_scale(s.takes));
END $$;
