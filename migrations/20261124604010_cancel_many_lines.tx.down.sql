DROP TABLE budget_cancellation_lines;
DROP TABLE budget_cancellations;
