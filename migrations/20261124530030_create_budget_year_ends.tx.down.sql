DROP TABLE budget_year_ends;
