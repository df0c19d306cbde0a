DROP TABLE budget_estimate_versions;
DROP FUNCTION refuse_estimate_version_change();
DROP TABLE budget_estimate_files;
DROP TABLE budget_estimate_rows;
DROP TABLE budget_estimates;
