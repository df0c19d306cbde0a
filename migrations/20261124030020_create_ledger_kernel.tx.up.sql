-- The ground of the posting kernel: books with their charts, periods, and the stage moves that mean something. The
-- functions that post stand in 20261124500010 and after.

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
               ('advanced', 'Tạm ứng', 'Advanced', 'stage'), ('disbursed', 'Đã chi', 'Disbursed', 'stage'),
               ('returned', 'Đã nộp trả', 'Returned', 'stage'), ('closing', 'Kết chuyển, hủy', 'Carried over or cancelled', 'stage')
        UNION ALL SELECT * FROM unnest(p_codes, p_names_vi, p_names_en, p_classes)) AS c (code, vi, en, class)
    ON CONFLICT (book_id, code, currency) DO NOTHING;
    RETURN b;
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

-- Opens the month of a day in a book, and the year's run of voucher numbers. One transaction at a time opens or closes
-- periods of a book; none is opened before a closed one.
CREATE FUNCTION ledger.open_period(p_book int, p_on date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger.periods'), p_book);
    IF EXISTS (SELECT FROM ledger.periods p WHERE p.book_id = p_book AND p.starts_on > p_on AND p.state = 'closed') THEN
        RAISE EXCEPTION 'a later period than % is closed', p_on USING ERRCODE = 'KB011', DETAIL = to_char(p_on, 'MM/YYYY');
    END IF;
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS ledger.voucher_%s_%s', p_book, extract(year FROM p_on));
    INSERT INTO ledger.periods (book_id, starts_on) VALUES (p_book, date_trunc('month', p_on)::date)
    ON CONFLICT (book_id, starts_on) DO NOTHING;
END $$;

SELECT ledger.open_book('BUDGET', 'NS', '{}', '{}', '{}', '{}');
SELECT ledger.open_book('CONTRACT', 'HD', '{}', '{}', '{}', '{}');
SELECT ledger.open_book('ACTUAL', 'KT',
    '{cash_treasury,cash_bank,advances,fund_contribution,payable,recovery,state_budget,sponsorship,grant_expense}',
    '{Tiền tại kho bạc,Tiền gửi ngân hàng,Tạm ứng,Vốn góp vào quỹ,Phải trả,Phải thu hồi,Nguồn ngân sách,Nguồn tài trợ,Chi hỗ trợ}',
    '{Cash at treasury,Cash at bank,Advances,Contributions to the fund,Payables,Recoveries due,State budget,Sponsorship,Grant expense}',
    '{asset,asset,asset,asset,liability,asset,equity,equity,expense}');

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC, kinhbac_app;
GRANT EXECUTE ON FUNCTION ledger.open_book TO kinhbac_app;
