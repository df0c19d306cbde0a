-- Reference data: dated rows with source and tag (T read in the legal text, S in a secondary source). Rows come from
-- migrations/data, what is missing is imported by the office. A tag S shows "cần xác minh" until confirmed.

-- Public holidays and official swaps. Source: Bộ luật Lao động 45/2019/QH14, Điều 111, 112.
CREATE TABLE holidays (
    day     date NOT NULL,
    name_vi text NOT NULL,
    kind    text NOT NULL CHECK (kind IN ('statutory', 'swap', 'compensation', 'working_saturday')),
    source  text NOT NULL,
    tag     text NOT NULL CHECK (tag IN ('T', 'S', 'C')),
    PRIMARY KEY (day, kind)
);

-- Communes and wards of the province since 01/07/2025. Source: Nghị quyết 1658/NQ-UBTVQH15.
CREATE TABLE communes (
    code    text PRIMARY KEY CHECK (code ~ '^[0-9]{5}$'),
    name_vi text NOT NULL,
    type    text NOT NULL CHECK (type IN ('xã', 'phường')),
    note    text,
    source  text NOT NULL,
    tag     text NOT NULL CHECK (tag IN ('T', 'S', 'C')),
    name_en text NOT NULL
);

-- Departments and agencies of the province; agency_code stays empty until the office imports it.
CREATE TABLE departments (
    agency_code text UNIQUE,
    name_vi     text PRIMARY KEY,
    name_en     text,
    kind        text NOT NULL,
    source      text NOT NULL,
    tag         text NOT NULL CHECK (tag IN ('T', 'S', 'C'))
);

-- Banks for transfers, by BIN.
CREATE TABLE banks (
    bin        text PRIMARY KEY CHECK (bin ~ '^[0-9]{6}$'),
    short_name text NOT NULL,
    full_name  text NOT NULL,
    code       text,
    swift      text,
    source     text NOT NULL,
    tag        text NOT NULL CHECK (tag IN ('T', 'S', 'C'))
);

-- Chương, and ranges of Chương, of the State budget index. Source: Thông tư 324/2016/TT-BTC, 130/2025/TT-BTC.
CREATE TABLE budget_chapters (
    code       text PRIMARY KEY,
    parent     text,
    name_vi    text NOT NULL,
    valid_from date,
    valid_to   date CHECK (valid_to >= valid_from),
    source     text NOT NULL,
    tag        text NOT NULL CHECK (tag IN ('T', 'S', 'C'))
);

-- Loại and Khoản.
CREATE TABLE budget_sectors (LIKE budget_chapters INCLUDING ALL);

-- Mục and Tiểu mục.
CREATE TABLE budget_items (LIKE budget_chapters INCLUDING ALL);

-- Codes of funding sources, their ranges, and budget levels.
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
