-- Dossiers are taken until grace_minutes after the announced closing instant; only the office knows of it.
ALTER TABLE calls ADD COLUMN grace_minutes int NOT NULL DEFAULT 0 CHECK (grace_minutes BETWEEN 0 AND 240);

DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('calls');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
