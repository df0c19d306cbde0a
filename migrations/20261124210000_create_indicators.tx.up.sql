-- The 15 indicators of the annex of Plan 151/KH-UBND (02/12/2025). Rows are reference data, not typed by anyone.
CREATE TABLE indicators (
    id               uuid PRIMARY KEY,
    number           int NOT NULL UNIQUE CHECK (number BETWEEN 1 AND 99),
    name_vi          text NOT NULL,
    name_en          text NOT NULL,
    unit_vi          text, -- NULL for an index without unit
    unit_en          text,
    direction        text NOT NULL CHECK (direction IN ('up', 'down')), -- down: a lower value is better, as in a rank
    per_year         boolean NOT NULL, -- counted anew each year
    counted          boolean NOT NULL, -- counted by the program from published awards; takes no entries
    lead_vi          text NOT NULL,
    lead_en          text NOT NULL,
    coordinating_vi  text NOT NULL,
    managing_unit_id uuid NOT NULL REFERENCES units (id)
);

-- What the annex asks for in a year, typed; printed is the cell of the annex, word for word.
CREATE TABLE indicator_targets (
    id           uuid PRIMARY KEY,
    indicator_id uuid NOT NULL REFERENCES indicators (id),
    year         int NOT NULL CHECK (year BETWEEN 2025 AND 2100),
    comparison   text NOT NULL CHECK (comparison IN ('at_least', 'rank_within', 'between', 'rising')),
    value        numeric(18, 4),
    upper        numeric(18, 4),
    printed      text NOT NULL,
    UNIQUE (indicator_id, year),
    CHECK ((comparison = 'rising') = (value IS NULL)),
    CHECK ((comparison = 'between') = (upper IS NOT NULL)),
    CHECK (upper IS NULL OR upper > value)
);
