ALTER TABLE proposals DROP COLUMN answers, DROP COLUMN form_id;
DROP TABLE call_forms;
DROP FUNCTION call_form_frozen;
