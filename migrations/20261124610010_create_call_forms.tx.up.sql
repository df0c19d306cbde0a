-- The questions a call asks beyond the fixed parts of a dossier, as a JSON Schema of the answers, digest over its text. Number
-- counts the forms of one call; a dossier is answered on the form it names, whatever comes later.
CREATE TABLE call_forms (
    id      uuid PRIMARY KEY,
    call_id uuid NOT NULL REFERENCES calls (id),
    number  int NOT NULL CHECK (number > 0),
    schema  text NOT NULL,
    digest  text NOT NULL CHECK (digest = encode(sha256(convert_to(schema, 'UTF8')), 'hex')),
    retired text[] NOT NULL DEFAULT '{}', -- keys of questions taken out, never given again
    made_by uuid NOT NULL REFERENCES users (id),
    made_at timestamptz NOT NULL,
    UNIQUE (call_id, number)
);

-- A form is changed while its call is a draft and never after: answers refer to it.
CREATE FUNCTION call_form_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT status FROM calls WHERE id = OLD.call_id) <> 'draft' THEN
        RAISE EXCEPTION 'form % of an approved call is never changed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER call_forms_frozen BEFORE UPDATE OR DELETE ON call_forms FOR EACH ROW EXECUTE FUNCTION call_form_frozen();

ALTER TABLE proposals
    ADD COLUMN form_id uuid REFERENCES call_forms (id),
    ADD COLUMN answers jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT proposals_answers CHECK (jsonb_typeof(answers) = 'object' AND (form_id IS NOT NULL OR answers = '{}'));

DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('call_forms') + audit.keep('proposals');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
