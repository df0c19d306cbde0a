DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT tgname, tgrelid::regclass AS rel FROM pg_trigger
              WHERE tgfoid = 'audit.keep_rows'::regproc AND tgrelid::regclass::text IN ('budget_cancellations', 'budget_cancellation_lines') LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.rel);
    END LOOP;
END $$;
