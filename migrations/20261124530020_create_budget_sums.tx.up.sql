-- Cumulative sums of the lines that have lines below, as a snapshot of the database saw them, so that a page of a large
-- budget year reads a few rows and adds only the journals that the snapshot did not see. Rebuilt by a job; nothing here
-- decides anything. seen is that snapshot.
CREATE TABLE budget_sum_marks (
    year    int PRIMARY KEY,
    seen    pg_snapshot NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE budget_sums (
    line_id   uuid PRIMARY KEY REFERENCES budget_lines (id),
    year      int NOT NULL,
    allocated numeric(24,0) NOT NULL, -- authorised of the leaves
    committed numeric(24,0) NOT NULL, -- reserved, committed, requested, advanced, disbursed of all
    disbursed numeric(24,0) NOT NULL,
    available numeric(24,0) NOT NULL  -- of the leaves
);
CREATE INDEX budget_sums_year ON budget_sums (year);

-- What a budget year spent in each month, by the same snapshot; what was booked after the year belongs to month 12.
CREATE TABLE budget_paid_months (
    year   int NOT NULL,
    month  int NOT NULL CHECK (month BETWEEN 1 AND 12),
    amount numeric(24,0) NOT NULL,
    PRIMARY KEY (year, month)
);

-- The plan of spending of a year, month by month, in whole đồng: the dashed line of the chart. It limits nothing.
CREATE TABLE budget_spending_plans (
    year   int NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    month  int NOT NULL CHECK (month BETWEEN 1 AND 12),
    amount numeric(18,0) NOT NULL CHECK (amount >= 0),
    set_by uuid NOT NULL REFERENCES users (id),
    set_at timestamptz NOT NULL,
    PRIMARY KEY (year, month)
);
