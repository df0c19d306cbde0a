DROP TABLE budget_spending_plans;
DROP TABLE budget_paid_months;
DROP TABLE budget_sums;
DROP TABLE budget_sum_marks;
