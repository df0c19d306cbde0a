-- Who acts as administrative secretary of a council for one subject in place of the secretary of the decision. The
-- checks repeat council.Replacement on purpose: proposed by one person, decided by another, with a document.
CREATE TABLE council_replacements (
    id              uuid PRIMARY KEY,
    council_id      uuid NOT NULL REFERENCES councils(id),
    subject_id      uuid NOT NULL, -- a proposal or a deal, by the kind of the council
    organisation_id uuid REFERENCES organisations(id),
    code            text NOT NULL,
    title_vi        text NOT NULL,
    title_en        text NOT NULL,
    person_id       uuid NOT NULL REFERENCES users(id),
    person_name     text NOT NULL,
    reason          text NOT NULL CHECK (reason <> ''),
    status          text NOT NULL CHECK (status IN ('proposed', 'approved')),
    proposed_by     uuid NOT NULL REFERENCES users(id) CHECK (proposed_by <> person_id),
    proposed_at     timestamptz NOT NULL,
    document_no     text CHECK (document_no <> ''),
    decided_on      date,
    approved_by     uuid REFERENCES users(id) CHECK (approved_by <> proposed_by AND approved_by <> person_id),
    approved_at     timestamptz,
    version         int NOT NULL DEFAULT 1,
    CHECK ((status = 'approved') = (approved_by IS NOT NULL AND approved_at IS NOT NULL AND document_no IS NOT NULL AND decided_on IS NOT NULL)),
    UNIQUE (council_id, subject_id)
);
DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('council_replacements');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
