ALTER TABLE budget_lines
    DROP COLUMN milestone_id, DROP COLUMN project_id, DROP COLUMN unit_id, DROP COLUMN source_id,
    DROP COLUMN sub_item, DROP COLUMN item, DROP COLUMN category, DROP COLUMN level;
DROP TABLE budget_source_files;
DROP TABLE budget_sources;
