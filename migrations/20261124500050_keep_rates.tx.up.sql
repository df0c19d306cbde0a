-- Foreign currency: rate rows, accounts in the currency with a position account beside them, the worth in đồng of each leg
-- rounded once, and the monthly revaluation that takes itself back.

-- Opens a currency in a book: the accounts of the chart named, and fx_position (through which it is exchanged), fx_rounding
-- (what rounding each leg leaves) and fx_revaluation (what a month's rate changes).
CREATE FUNCTION ledger.open_currency(p_book text, p_currency text, p_codes text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE b int := (SELECT x.id FROM ledger.books x WHERE x.code = p_book);
BEGIN
    IF b IS NULL OR p_currency = 'VND' OR NOT EXISTS (SELECT FROM ledger.currencies c WHERE c.code = p_currency) THEN
        RAISE EXCEPTION 'no book % or no foreign currency %', p_book, p_currency USING ERRCODE = 'KB014';
    END IF;
    INSERT INTO ledger.accounts (book_id, code, name_vi, name_en, class, currency, minor_units)
    SELECT b, 'fx_position', 'Vị thế ngoại tệ', 'Currency position', 'equity', c.code, c.minor_units FROM ledger.currencies c WHERE c.code IN (p_currency, 'VND')
     UNION ALL
    SELECT b, x.code, x.vi, x.en, x.class, c.code, c.minor_units FROM ledger.currencies c, (VALUES
        ('fx_rounding', 'Chênh lệch làm tròn', 'Rounding differences', 'expense'),
        ('fx_revaluation', 'Chênh lệch đánh giá lại', 'Revaluation differences', 'income')) x (code, vi, en, class) WHERE c.code = p_currency
     UNION ALL
    SELECT b, a.code, a.name_vi, a.name_en, a.class, c.code, c.minor_units FROM ledger.accounts a, ledger.currencies c
     WHERE a.book_id = b AND a.code = ANY (p_codes) AND a.currency = 'VND' AND a.class <> 'stage' AND c.code = p_currency
    ON CONFLICT (book_id, code, currency) DO NOTHING;
END $$;

CREATE FUNCTION ledger.add_rate(p_currency text, p_day date, p_source text, p_document text, p_bid numeric, p_ask numeric, p_accounting numeric,
    p_recorded_by uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE r bigint;
BEGIN
    INSERT INTO ledger.rates (currency, day, source, document, bid, ask, accounting, recorded_by, recorded_at)
    VALUES (p_currency, p_day, p_source, p_document, p_bid, p_ask, p_accounting, p_recorded_by, kb.now()) RETURNING id INTO r;
    RETURN r;
END $$;

-- Posts a journal some of whose legs are in a foreign currency: legs in đồng in p_accounts …, the others in p_foreign …, each
-- with its rate row and which of the three rates. The worth of each leg is rounded once, half away from zero; what that
-- leaves over goes to fx_rounding of the first currency, so that the worths sum to zero too.
CREATE FUNCTION ledger.post_foreign(p_book text, p_kind text, p_on date, p_document_kind text, p_document_id uuid, p_document_no text, p_key text,
    p_actor uuid, p_approver uuid, p_reason text, p_basis text, p_accounts text[], p_dims bigint[], p_amounts numeric[],
    p_foreign text[], p_currencies text[], p_foreign_dims bigint[], p_foreign_amounts numeric[], p_rates bigint[], p_by text[])
    RETURNS SETOF ledger.answer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b     int := (SELECT x.id FROM ledger.books x WHERE x.code = p_book);
    today date := coalesce(p_on, (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);
    n     int := cardinality(p_accounts);
    codes text[] := p_accounts || p_foreign;
    dims  bigint[] := p_dims || p_foreign_dims;
    amounts    numeric[] := p_amounts || p_foreign_amounts;
    currencies text[] := array_fill('VND'::text, ARRAY[n]) || p_currencies;
    bases      numeric[] := array_fill(NULL::numeric, ARRAY[n]);
    rates      bigint[] := array_fill(NULL::bigint, ARRAY[n]) || p_rates;
    r     ledger.rates;
    over  numeric := 0;
BEGIN
    IF b IS NULL THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    ELSIF p_kind IN ('reverse', 'fx_revalue', 'correct', 'reclassify') THEN
        RAISE EXCEPTION '% is an act of its own', p_kind USING ERRCODE = 'KB015';
    END IF;
    PERFORM ledger.check_codes(dims, today);
    FOR i IN 1..cardinality(p_foreign) LOOP
        SELECT * INTO r FROM ledger.rates x WHERE x.id = p_rates[i] AND x.currency = p_currencies[i] AND x.day <= today;
        IF NOT FOUND OR p_by[i] NOT IN ('bid', 'ask', 'accounting') THEN
            RAISE EXCEPTION 'leg % has no rate of its currency by %', i, today USING ERRCODE = 'KB015';
        ELSIF p_foreign_amounts[i] = 0 OR p_foreign_amounts[i] <> round(p_foreign_amounts[i], (SELECT c.minor_units FROM ledger.currencies c WHERE c.code = p_currencies[i])) THEN
            RAISE EXCEPTION 'leg % is nothing or less than the smallest unit', i USING ERRCODE = 'KB015';
        END IF;
        bases := bases || round(p_foreign_amounts[i] * CASE p_by[i] WHEN 'bid' THEN r.bid WHEN 'ask' THEN r.ask ELSE r.accounting END);
        over := over + bases[cardinality(bases)];
    END LOOP;
    IF over <> 0 THEN
        codes := codes || 'fx_rounding'::text;
        dims := dims || 1::bigint;
        amounts := amounts || 0::numeric;
        currencies := currencies || p_currencies[1];
        bases := bases || -over;
        rates := rates || NULL::bigint;
    END IF;
    RETURN QUERY SELECT * FROM ledger.write_journal(b, p_kind, p_on, p_document_kind, p_document_id, p_document_no, p_key,
        sha256(array_send(ARRAY[p_kind, p_on::text, p_document_kind, p_document_id::text, p_document_no, p_actor::text, p_approver::text, p_reason,
            p_basis, codes::text, dims::text, amounts::text, currencies::text, bases::text, rates::text])),
        p_actor, p_approver, p_reason, p_basis, NULL, NULL, NULL, NULL, ledger.accounts_of(b, codes, currencies), codes, dims,
        array_fill(NULL::bigint, ARRAY[cardinality(codes)]), amounts, currencies, bases, rates, NULL, NULL, NULL);
END $$;

-- Revalues the assets and liabilities of a book in a currency at the accounting rate of a row on the last day of a month, and
-- takes that back on the first day of the next: two journals, no amount in the currency, only worth in đồng.
CREATE FUNCTION ledger.revalue(p_book text, p_currency text, p_month date, p_rate bigint, p_document_id uuid, p_document_no text, p_key text,
    p_actor uuid, p_approver uuid, p_reason text) RETURNS SETOF ledger.answer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b    int := (SELECT x.id FROM ledger.books x WHERE x.code = p_book);
    last date := (date_trunc('month', p_month) + interval '1 month' - interval '1 day')::date;
    rate numeric;
    a    ledger.answer;
    l    record;
BEGIN
    SELECT x.accounting INTO rate FROM ledger.rates x WHERE x.id = p_rate AND x.currency = p_currency AND x.day <= last;
    IF NOT FOUND OR b IS NULL THEN
        RAISE EXCEPTION 'no rate of % by %', p_currency, last USING ERRCODE = 'KB015';
    END IF;
    -- A retry finds its first journal; what the balances say meanwhile is of no account.
    SELECT j.id, j.number, true INTO a.journal_id, a.number, a.replay FROM ledger.journals j WHERE j.book_id = b AND j.request_key = p_key AND j.kind = 'fx_revalue';
    IF NOT FOUND THEN
        SELECT array_agg(x.account_id) AS accounts, array_agg(x.code) AS codes, array_agg(x.dim_id) AS dims, array_agg(x.change) AS changes, sum(x.change) AS total
          INTO l FROM (SELECT p.account_id, y.code, p.dim_id, round(sum(p.amount) * rate) - sum(p.base_amount) AS change
                  FROM ledger.postings p JOIN ledger.accounts y ON y.id = p.account_id AND y.book_id = b AND y.currency = p_currency
                   AND y.class IN ('asset', 'liability')
                 WHERE p.effective_on <= last GROUP BY p.account_id, y.code, p.dim_id
                HAVING round(sum(p.amount) * rate) <> sum(p.base_amount) ORDER BY p.account_id, p.dim_id) x;
        IF l.accounts IS NULL THEN
            RAISE EXCEPTION 'nothing in % changes its worth', p_currency USING ERRCODE = 'KB015';
        END IF;
        IF l.total <> 0 THEN
            l.accounts := l.accounts || ledger.accounts_of(b, '{fx_revaluation}', ARRAY[p_currency]);
            l.codes := l.codes || 'fx_revaluation'::text;
            l.dims := l.dims || 1::bigint;
            l.changes := l.changes || -l.total;
        END IF;
        SELECT * INTO a FROM ledger.write_journal(b, 'fx_revalue', last, 'revaluation', p_document_id, p_document_no, p_key,
            sha256(array_send(ARRAY[p_currency, last::text, p_rate::text, p_actor::text, p_approver::text, p_reason])), p_actor, p_approver,
            p_reason, '', NULL, NULL, NULL, NULL, l.accounts, l.codes, l.dims, array_fill(NULL::bigint, ARRAY[cardinality(l.codes)]),
            array_fill(0::numeric, ARRAY[cardinality(l.codes)]), array_fill(p_currency, ARRAY[cardinality(l.codes)]), l.changes,
            array_fill(p_rate, ARRAY[cardinality(l.codes)]), NULL, NULL, NULL);
    END IF;
    RETURN NEXT a;
    RETURN QUERY SELECT * FROM ledger.reverse(a.number, last + 1, p_key || '/back', p_actor, p_approver, p_reason);
END $$;

REVOKE EXECUTE ON FUNCTION ledger.open_currency, ledger.add_rate, ledger.post_foreign, ledger.revalue FROM PUBLIC, kinhbac_app;
GRANT EXECUTE ON FUNCTION ledger.open_currency, ledger.add_rate, ledger.post_foreign, ledger.revalue TO kinhbac_app;
