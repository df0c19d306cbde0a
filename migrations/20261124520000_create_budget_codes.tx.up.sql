-- One list of budget codes (mục lục ngân sách) in place of four: dated rows, kept by edition. Edition 0 is the reference
-- data of the program; every list the office imports is the next edition and never changes an older one. On a day the
-- newest edition whose row has begun decides. Source: Thông tư 130/2025/TT-BTC from budget year 2026, before it 324/2016/TT-BTC.
DROP TABLE funding_sources;
DROP TABLE budget_items;
DROP TABLE budget_sectors;
DROP TABLE budget_chapters;

CREATE TABLE budget_codes (
    kind       text NOT NULL CHECK (kind IN ('level', 'chapter', 'category', 'item', 'source')), -- cấp, chương, loại-khoản, mục-tiểu mục, nguồn
    code       text NOT NULL CHECK (code ~ '^[0-9]{1,4}(-[0-9]{1,4})?$'),                       -- with a hyphen: a range, which nothing is posted on
    edition    int NOT NULL CHECK (edition >= 0),
    parent     text,
    name_vi    text NOT NULL CHECK (name_vi <> ''),
    name_en    text,
    valid_from date, -- NULL: not stated
    valid_to   date CHECK (valid_to >= valid_from),
    source     text NOT NULL CHECK (source <> ''),
    tag        text NOT NULL CHECK (tag IN ('T', 'S', 'M', 'C', 'I')), -- read in the text, secondary, memory, confirmed by the office, illustrative
    PRIMARY KEY (kind, code, edition)
);

-- Says whether a code may be used on a day.
CREATE FUNCTION budget_code_valid(p_kind text, p_code text, p_day date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT COALESCE((SELECT c.valid_to IS NULL OR c.valid_to >= p_day FROM public.budget_codes c
        WHERE c.kind = p_kind AND c.code = p_code AND c.code !~ '-' AND (c.valid_from IS NULL OR c.valid_from <= p_day)
        ORDER BY c.edition DESC LIMIT 1), false)
$$;

-- The days on which a code may be used for a budget year, first to last; open where it reaches the end of the year, because
-- what is paid in the adjusting period belongs to the year before, and what is assigned in December to the year after.
CREATE FUNCTION budget_code_days(p_kind text, p_code text, p_year int) RETURNS daterange LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN min(x.day) IS NULL THEN 'empty'::daterange
        ELSE daterange(NULLIF(min(x.day), make_date(p_year, 1, 1)), CASE WHEN max(x.day) < make_date(p_year, 12, 31) THEN max(x.day) + 1 END) END
    FROM (SELECT make_date(p_year, 1, 1) AS day UNION SELECT make_date(p_year, 12, 31)
        UNION SELECT unnest(ARRAY[c.valid_from, c.valid_to]) FROM public.budget_codes c WHERE c.kind = p_kind AND c.code = p_code) x
    WHERE x.day BETWEEN make_date(p_year, 1, 1) AND make_date(p_year, 12, 31) AND public.budget_code_valid(p_kind, p_code, x.day)
$$;

-- The kernel's question: the days on which all codes of a combination hold; NULL = it has none.
CREATE OR REPLACE FUNCTION ledger.code_span(p_year int, p_level text, p_chapter text, p_category text, p_item text, p_sub_item text, p_source text)
RETURNS daterange LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_year IS NOT NULL THEN (SELECT range_intersect_agg(public.budget_code_days(k.kind, k.code, p_year))
        FROM (VALUES ('level', p_level), ('chapter', p_chapter), ('category', p_category), ('item', p_item), ('item', p_sub_item)) AS k (kind, code)
        WHERE k.code <> '') END
$$;
