DROP TABLE budget_imports;
