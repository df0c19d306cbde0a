DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT tgname, tgrelid::regclass AS rel FROM pg_trigger WHERE tgfoid = 'audit.keep_rows'::regproc LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.rel);
    END LOOP;
END $$;
DROP FUNCTION audit.keep, audit.keep_rows, audit.row_key;
DROP TABLE row_versions;
DROP FUNCTION audit.stamp_row;
ALTER TABLE seal_leaves DISABLE TRIGGER written_once;
ALTER TABLE seal_hashes DISABLE TRIGGER written_once;
ALTER TABLE seal_heads DISABLE TRIGGER written_once;
ALTER TABLE seal_trees DISABLE TRIGGER written_once;
DELETE FROM seal_leaves WHERE tree = 'rows';
DELETE FROM seal_hashes WHERE tree = 'rows';
DELETE FROM seal_heads WHERE tree = 'rows';
DELETE FROM seal_trees WHERE name = 'rows';
ALTER TABLE seal_leaves ENABLE TRIGGER written_once;
ALTER TABLE seal_hashes ENABLE TRIGGER written_once;
ALTER TABLE seal_heads ENABLE TRIGGER written_once;
ALTER TABLE seal_trees ENABLE TRIGGER written_once;
