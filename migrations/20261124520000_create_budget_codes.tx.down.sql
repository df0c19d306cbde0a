CREATE OR REPLACE FUNCTION ledger.code_span(p_year int, p_level text, p_chapter text, p_category text, p_item text, p_sub_item text, p_source text)
RETURNS daterange LANGUAGE sql STABLE AS $$ SELECT NULL::daterange $$;
DROP FUNCTION budget_code_days(text, text, int);
DROP FUNCTION budget_code_valid(text, text, date);
DROP TABLE budget_codes;
CREATE TABLE budget_chapters (
    code       text PRIMARY KEY,
    parent     text,
    name_vi    text NOT NULL,
    valid_from date,
    valid_to   date CHECK (valid_to >= valid_from),
    source     text NOT NULL,
    tag        text NOT NULL CHECK (tag IN ('T', 'S', 'C'))
);
CREATE TABLE budget_sectors (LIKE budget_chapters INCLUDING ALL);
CREATE TABLE budget_items (LIKE budget_chapters INCLUDING ALL);
CREATE TABLE funding_sources (
    kind       text NOT NULL,
    code       text NOT NULL,
    name_vi    text NOT NULL,
    valid_from date,
    valid_to   date CHECK (valid_to >= valid_from),
    source     text NOT NULL,
    tag        text NOT NULL CHECK (tag IN ('T', 'S', 'C')),
    PRIMARY KEY (kind, code)
);
DELETE FROM kb.loaded_files WHERE name = '54_budget_codes.csv';
