-- A form is a draft, proposed with an addendum, or decided: with its call, or later by the addendum that carries it. What is
-- proposed stands still until it is decided or taken back; what is decided never changes.
DROP TRIGGER call_forms_frozen ON call_forms;
ALTER TABLE call_forms ADD COLUMN status text NOT NULL DEFAULT 'decided' CHECK (status IN ('draft', 'proposed', 'decided'));
UPDATE call_forms SET status = 'draft' WHERE (SELECT c.status FROM calls c WHERE c.id = call_id) = 'draft';
CREATE UNIQUE INDEX call_forms_one_in_work ON call_forms (call_id) WHERE status <> 'decided';

CREATE OR REPLACE FUNCTION call_form_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'decided' OR TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'form % is never changed once decided', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'proposed' AND (NEW.schema, NEW.call_id, NEW.number) IS DISTINCT FROM (OLD.schema, OLD.call_id, OLD.number) THEN
        RAISE EXCEPTION 'form % is not changed while it is proposed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_forms_frozen BEFORE UPDATE OR DELETE ON call_forms FOR EACH ROW EXECUTE FUNCTION call_form_frozen();

ALTER TABLE call_addenda DROP CONSTRAINT call_addenda_kind_check,
    ADD CONSTRAINT call_addenda_kind_check CHECK (kind IN ('explanation', 'extension', 'form')),
    ADD COLUMN form_id uuid REFERENCES call_forms (id),
    ADD CONSTRAINT call_addenda_form CHECK ((kind = 'form') = (form_id IS NOT NULL));

DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('call_forms') + audit.keep('call_addenda');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
