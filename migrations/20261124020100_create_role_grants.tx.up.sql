-- Pairs of roles one person may never hold together in one scope. Loaded from policies/sod.csv; a test compares.
-- role_b '*' stands for every role. Scopes: global = always; unit, fund = in the same one. A grant carries no call
-- and no council, so pairs of these scopes count as if it covered all of them.
CREATE TABLE sod_pairs (
    role_a text NOT NULL,
    role_b text NOT NULL,
    scope  text NOT NULL CHECK (scope IN ('global', 'unit', 'call', 'council', 'fund')),
    reason text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (role_a, role_b)
);

INSERT INTO sod_pairs (role_a, role_b, scope, reason, source) VALUES
    ('finance_officer', 'chief_accountant', 'global', 'maker and checker of payment', 'Luật Kế toán 88/2015/QH13'),
    ('finance_officer', 'account_holder', 'global', 'maker and approver of payment', 'Luật Ngân sách nhà nước 83/2015/QH13'),
    ('chief_accountant', 'account_holder', 'global', 'checker and approver of payment', 'Luật Ngân sách nhà nước 83/2015/QH13'),
    ('system_admin', 'security_officer', 'global', 'proposing and approving rights', 'four-eyes'),
    ('system_admin', 'auditor', 'global', 'watcher and watched', 'TCVN 11930:2017'),
    ('system_admin', 'finance_officer', 'global', 'machines and money', 'TCVN 11930:2017'),
    ('system_admin', 'chief_accountant', 'global', 'machines and money', 'TCVN 11930:2017'),
    ('system_admin', 'account_holder', 'global', 'machines and money', 'TCVN 11930:2017'),
    ('system_admin', 'programme_officer', 'global', 'machines and content', 'TCVN 11930:2017'),
    ('system_admin', 'council_secretary', 'global', 'machines and content', 'TCVN 11930:2017'),
    ('system_admin', 'reviewer', 'global', 'machines and content', 'TCVN 11930:2017'),
    ('system_admin', 'council_member', 'global', 'machines and content', 'TCVN 11930:2017'),
    ('security_officer', 'auditor', 'global', 'watcher and watched', 'four-eyes'),
    ('security_officer', 'department_head', 'global', 'policy proposer and approver', 'four-eyes'),
    ('dpo', 'system_admin', 'global', 'deciding and executing data requests', 'Luật 91/2025/QH15'),
    ('auditor', 'programme_officer', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'department_head', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'finance_officer', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'chief_accountant', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'account_holder', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'fund_manager', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'reviewer', 'global', 'independence of inspection', 'four-eyes'),
    ('programme_officer', 'department_head', 'unit', 'maker and checker', 'four-eyes'),
    ('department_head', 'province_leader', 'global', 'appraising and approving awards', 'four-eyes'),
    ('programme_officer', 'province_leader', 'global', 'drafting and approving awards', 'four-eyes'),
    ('programme_officer', 'account_holder', 'global', 'requesting and approving payment', 'Luật Ngân sách nhà nước 83/2015/QH13'),
    ('programme_officer', 'finance_officer', 'global', 'requesting and checking payment', 'Luật Ngân sách nhà nước 83/2015/QH13'),
    ('applicant', 'reviewer', 'call', 'judge in own cause', 'Luật Phòng, chống tham nhũng 36/2018/QH14'),
    ('applicant', 'council_member', 'call', 'judge in own cause', 'Luật Phòng, chống tham nhũng 36/2018/QH14'),
    ('applicant', 'council_chair', 'call', 'judge in own cause', 'Luật Phòng, chống tham nhũng 36/2018/QH14'),
    ('applicant', 'council_secretary', 'call', 'judge in own cause', 'Luật Phòng, chống tham nhũng 36/2018/QH14'),
    ('applicant', 'programme_officer', 'call', 'judge in own cause', 'Luật Phòng, chống tham nhũng 36/2018/QH14'),
    ('applicant', 'department_head', 'call', 'judge in own cause', 'Luật Phòng, chống tham nhũng 36/2018/QH14'),
    ('org_signatory', 'reviewer', 'call', 'judge in own cause', 'Luật Phòng, chống tham nhũng 36/2018/QH14'),
    ('org_signatory', 'council_member', 'call', 'judge in own cause', 'Luật Phòng, chống tham nhũng 36/2018/QH14'),
    ('council_secretary', 'council_member', 'council', 'running and voting', 'Luật KH, CN và ĐMST 93/2025/QH15'),
    ('council_secretary', 'council_chair', 'council', 'writing and signing minutes', 'four-eyes'),
    ('council_chair', 'department_head', 'call', 'council result and its appraisal', 'four-eyes'),
    ('fund_analyst', 'fund_manager', 'fund', 'proposing and recommending', 'NĐ 264/2025/NĐ-CP'),
    ('fund_analyst', 'investment_board', 'fund', 'proposing and approving', 'NĐ 264/2025/NĐ-CP'),
    ('fund_manager', 'investment_board', 'fund', 'recommending and approving; one seat without vote at most', 'NĐ 264/2025/NĐ-CP'),
    ('fund_manager', 'finance_officer', 'fund', 'requesting and paying', 'NĐ 264/2025/NĐ-CP'),
    ('fund_manager', 'chief_accountant', 'fund', 'requesting and paying', 'Luật Kế toán 88/2015/QH13'),
    ('service', '*', 'global', 'no human holds a service identity', 'ASVS 13.2.x'),
    ('reviewer', 'finance_officer', 'call', 'who scores does not approve money', 'four-eyes'),
    ('reviewer', 'chief_accountant', 'call', 'who scores does not approve money', 'four-eyes'),
    ('reviewer', 'account_holder', 'call', 'who scores does not approve money', 'four-eyes'),
    ('reviewer', 'department_head', 'call', 'who scores does not approve money', 'four-eyes'),
    ('reviewer', 'province_leader', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_member', 'finance_officer', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_member', 'chief_accountant', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_member', 'account_holder', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_member', 'department_head', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_member', 'province_leader', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_chair', 'finance_officer', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_chair', 'chief_accountant', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_chair', 'account_holder', 'call', 'who scores does not approve money', 'four-eyes'),
    ('council_chair', 'province_leader', 'call', 'who scores does not approve money', 'four-eyes'),
    ('applicant', 'finance_officer', 'call', 'judge in own cause', 'four-eyes'),
    ('applicant', 'chief_accountant', 'call', 'judge in own cause', 'four-eyes'),
    ('applicant', 'account_holder', 'call', 'judge in own cause', 'four-eyes'),
    ('applicant', 'province_leader', 'call', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'finance_officer', 'call', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'chief_accountant', 'call', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'account_holder', 'call', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'province_leader', 'call', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'council_chair', 'call', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'council_secretary', 'call', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'programme_officer', 'call', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'department_head', 'call', 'judge in own cause', 'four-eyes'),
    ('applicant', 'fund_analyst', 'fund', 'judge in own cause', 'four-eyes'),
    ('applicant', 'fund_manager', 'fund', 'judge in own cause', 'four-eyes'),
    ('applicant', 'investment_board', 'fund', 'judge in own cause', 'four-eyes'),
    ('fund_analyst', 'finance_officer', 'fund', 'proposing and booking', 'four-eyes'),
    ('fund_analyst', 'chief_accountant', 'fund', 'proposing and booking', 'four-eyes'),
    ('fund_manager', 'account_holder', 'fund', 'deciding and paying', 'four-eyes'),
    ('investment_board', 'account_holder', 'fund', 'deciding and paying', 'four-eyes'),
    ('system_admin', 'department_head', 'global', 'machines and content', 'four-eyes'),
    ('system_admin', 'province_leader', 'global', 'machines and content', 'four-eyes'),
    ('system_admin', 'council_chair', 'global', 'machines and content', 'four-eyes'),
    ('system_admin', 'fund_manager', 'global', 'machines and content', 'four-eyes'),
    ('auditor', 'province_leader', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'council_member', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'council_chair', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'council_secretary', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'fund_analyst', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'investment_board', 'global', 'independence of inspection', 'four-eyes'),
    ('programme_officer', 'chief_accountant', 'global', 'requesting and checking payment', 'four-eyes'),
    ('department_head', 'finance_officer', 'global', 'proposing and appraising allocations', 'four-eyes'),
    ('department_head', 'chief_accountant', 'global', 'proposing and appraising allocations', 'four-eyes'),
    ('department_head', 'account_holder', 'global', 'signing agreements and paying', 'four-eyes'),
    ('province_leader', 'finance_officer', 'global', 'appraising and approving awards', 'four-eyes'),
    ('province_leader', 'chief_accountant', 'global', 'appraising and approving awards', 'four-eyes'),
    ('province_leader', 'account_holder', 'global', 'approving awards and paying', 'four-eyes'),
    ('investment_board', 'finance_officer', 'fund', 'approving and booking', 'four-eyes'),
    ('investment_board', 'chief_accountant', 'fund', 'approving and booking', 'four-eyes'),
    ('fund_analyst', 'account_holder', 'fund', 'proposing and paying', 'four-eyes'),
    ('org_signatory', 'fund_analyst', 'fund', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'fund_manager', 'fund', 'judge in own cause', 'four-eyes'),
    ('org_signatory', 'investment_board', 'fund', 'judge in own cause', 'four-eyes'),
    ('auditor', 'applicant', 'global', 'independence of inspection', 'four-eyes'),
    ('auditor', 'org_signatory', 'global', 'independence of inspection', 'four-eyes');

-- Roles of people with their scope; NULL = no such scope. organisation_id and fund_id name rows of tables that
-- come later in the house. A grant is in force while valid_from <= kb.now() < valid_to.
CREATE TABLE role_grants (
    id              uuid PRIMARY KEY,
    user_id         uuid NOT NULL REFERENCES users (id),
    role            text NOT NULL CHECK (role IN ('applicant', 'org_signatory', 'reviewer', 'council_member', 'council_chair',
                    'council_secretary', 'programme_officer', 'department_head', 'province_leader', 'finance_officer',
                    'chief_accountant', 'account_holder', 'fund_analyst', 'fund_manager', 'investment_board', 'auditor', 'dpo',
                    'system_admin', 'security_officer')), -- guest and service are held by nobody
    unit_id         uuid REFERENCES units (id),
    organisation_id uuid,
    fund_id         uuid,
    valid_from      timestamptz NOT NULL DEFAULT kb.now(),
    valid_to        timestamptz CHECK (valid_to >= valid_from),
    granted_by      uuid REFERENCES users (id), -- NULL: the bootstrap, or the program by a rule (an applicant's own organisation)
    CHECK (role <> 'auditor' OR valid_to IS NOT NULL), -- an inspection has a last day
    CHECK (granted_by <> user_id)
);
CREATE INDEX role_grants_user ON role_grants (user_id);
CREATE UNIQUE INDEX role_grants_once ON role_grants (user_id, role, unit_id, organisation_id, fund_id) NULLS NOT DISTINCT
    WHERE valid_to IS NULL;

-- sod_ok: refuses a grant that gives the person behind the account two roles of a toxic pair in one scope at one
-- time. The accounts of the person are locked first, so that two grants at once are judged one after the other.
CREATE FUNCTION check_role_grant() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    person uuid;
    pair   record;
BEGIN
    SELECT person_id INTO person FROM users WHERE id = NEW.user_id;
    PERFORM 1 FROM users WHERE person_id = person ORDER BY id FOR NO KEY UPDATE;
    SELECT g.role, s.scope INTO pair
    FROM role_grants g
    JOIN users u ON u.id = g.user_id AND u.person_id = person
    JOIN sod_pairs s ON (s.role_a = g.role AND s.role_b IN (NEW.role, '*')) OR (s.role_a = NEW.role AND s.role_b IN (g.role, '*'))
    WHERE g.id <> NEW.id
      AND tstzrange(g.valid_from, g.valid_to) && tstzrange(NEW.valid_from, NEW.valid_to)
      AND (s.scope <> 'unit' OR g.unit_id IS NULL OR NEW.unit_id IS NULL OR g.unit_id = NEW.unit_id)
      AND (s.scope <> 'fund' OR g.fund_id IS NULL OR NEW.fund_id IS NULL OR g.fund_id = NEW.fund_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'one person may not hold % and % (%)', NEW.role, pair.role, pair.scope
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sod_ok', TABLE = 'role_grants';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER sod_ok BEFORE INSERT OR UPDATE ON role_grants FOR EACH ROW EXECUTE FUNCTION check_role_grant();

-- Moving an account to another person re-judges the grants of both.
CREATE FUNCTION check_person_grants() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    UPDATE role_grants g SET role = g.role FROM users u WHERE u.id = g.user_id AND u.person_id = NEW.person_id;
    RETURN NULL;
END $$;

CREATE TRIGGER sod_ok_person AFTER UPDATE OF person_id ON users FOR EACH ROW
    WHEN (OLD.person_id <> NEW.person_id) EXECUTE FUNCTION check_person_grants();

-- Grants proposed by one person and decided by another.
CREATE TABLE role_grant_proposals (
    id              uuid PRIMARY KEY,
    user_id         uuid NOT NULL REFERENCES users (id),
    role            text NOT NULL,
    unit_id         uuid REFERENCES units (id),
    organisation_id uuid,
    fund_id         uuid,
    valid_from      timestamptz,
    valid_to        timestamptz,
    status          text NOT NULL DEFAULT 'proposed' CHECK (status IN ('proposed', 'approved', 'rejected')),
    proposed_by     uuid REFERENCES users (id), -- NULL: from the command line of the server
    proposed_at     timestamptz NOT NULL DEFAULT kb.now(),
    decided_by      uuid REFERENCES users (id),
    decided_at      timestamptz,
    CHECK (proposed_by <> user_id),
    CHECK (decided_by <> proposed_by AND decided_by <> user_id),
    CHECK ((status = 'proposed') = (decided_by IS NULL AND decided_at IS NULL))
);
CREATE INDEX role_grant_proposals_open ON role_grant_proposals (proposed_at) WHERE status = 'proposed';

-- Grants and proposals end; they are not deleted. The pairs come with the program.
REVOKE DELETE ON role_grants, role_grant_proposals FROM kinhbac_app;
REVOKE INSERT, UPDATE, DELETE ON sod_pairs FROM kinhbac_app;
