ALTER TABLE call_addenda DROP CONSTRAINT call_addenda_form, DROP COLUMN form_id, DROP CONSTRAINT call_addenda_kind_check,
    ADD CONSTRAINT call_addenda_kind_check CHECK (kind IN ('explanation', 'extension'));
DROP TRIGGER call_forms_frozen ON call_forms;
DROP INDEX call_forms_one_in_work;
ALTER TABLE call_forms DROP COLUMN status;
CREATE OR REPLACE FUNCTION call_form_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT status FROM calls WHERE id = OLD.call_id) <> 'draft' THEN
        RAISE EXCEPTION 'form % of an approved call is never changed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER call_forms_frozen BEFORE UPDATE OR DELETE ON call_forms FOR EACH ROW EXECUTE FUNCTION call_form_frozen();
