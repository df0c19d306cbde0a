-- The twelve months of a plan of spending are of one version, so that nobody writes over what they have not read.
ALTER TABLE budget_spending_plans ADD COLUMN version int NOT NULL DEFAULT 1;
DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('budget_spending_plans');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
