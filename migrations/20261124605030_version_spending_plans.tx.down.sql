ALTER TABLE budget_spending_plans DROP COLUMN version;
