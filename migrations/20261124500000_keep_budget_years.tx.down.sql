-- The older schema again: its checks one by one, its triggers without years and corrections.
CREATE OR REPLACE FUNCTION ledger.check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE st text;
BEGIN
    SELECT p.id, p.state INTO NEW.period_id, st FROM ledger.periods p
     WHERE p.book_id = NEW.book_id AND p.starts_on = date_trunc('month', NEW.effective_on)::date FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no period of this book holds %', NEW.effective_on USING ERRCODE = 'KB014';
    ELSIF st <> 'open' THEN
        RAISE EXCEPTION 'period of % is %', NEW.effective_on, st USING ERRCODE = 'KB011', DETAIL = to_char(NEW.effective_on, 'MM/YYYY');
    END IF;
    NEW.recorded_at := clock_timestamp();
    NEW.recorded_xid := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION ledger.check_legs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
    o   record;
BEGIN
    SELECT min(x.why) AS why, count(x.reverses_id) AS reversals, max(x.groups) AS groups INTO bad FROM (
        SELECT j.reverses_id, count(DISTINCT (n.currency, n.line_id)) AS groups, 'journal ' || n.journal_id || CASE
            WHEN j.id IS NULL THEN ' has no journal'
            WHEN j.recorded_xid <> pg_current_xact_id() THEN ' was closed by its own transaction'
            WHEN count(*) <> j.leg_count OR max(n.leg) <> j.leg_count THEN ' has other legs than declared'
            WHEN sum(n.amount) <> 0 AND min(n.currency) = max(n.currency) THEN ' does not sum to zero'
            WHEN bool_or(a.id IS NULL OR a.book_id <> j.book_id) THEN ' has an account of another book'
            WHEN bool_or(a.currency <> n.currency OR a.minor_units <> n.minor_units) THEN ' has another currency than its account'
            WHEN bool_or((a.class = 'stage') <> (n.line_id IS NOT NULL)) THEN ' has a stage without a line'
            WHEN bool_or(n.line_id IS NOT NULL AND (l.id IS NULL OR l.book_id <> j.book_id OR l.dim_id <> n.dim_id))
                THEN ' has a line of another book'
            END AS why
          FROM added n
          LEFT JOIN LATERAL (SELECT * FROM ledger.journals j WHERE j.id = n.journal_id LIMIT 1) j ON true
          LEFT JOIN LATERAL (SELECT * FROM ledger.accounts a WHERE a.id = n.account_id LIMIT 1) a ON true
          LEFT JOIN LATERAL (SELECT * FROM ledger.control_lines l WHERE l.id = n.line_id LIMIT 1) l ON true
         GROUP BY n.journal_id, j.id, j.recorded_xid, j.leg_count, j.reverses_id) x;
    IF bad.why IS NULL AND bad.groups > 1 THEN
        SELECT min('journal ' || n.journal_id || ' does not sum to zero') AS why, bad.reversals AS reversals INTO bad
          FROM (SELECT journal_id FROM added GROUP BY journal_id, currency, line_id HAVING sum(amount) <> 0) n;
    END IF;
    IF bad.why IS NOT NULL THEN
        RAISE EXCEPTION '%', bad.why USING ERRCODE = 'KB014';
    END IF;
    IF bad.reversals > 0 THEN
        FOR o IN SELECT DISTINCT n.journal_id, r.reverses_id FROM added n
            JOIN LATERAL (SELECT j.reverses_id FROM ledger.journals j WHERE j.id = n.journal_id LIMIT 1) r ON r.reverses_id IS NOT NULL LOOP
            IF EXISTS (
                SELECT FROM (SELECT * FROM added n WHERE n.journal_id = o.journal_id) m
                  FULL JOIN (SELECT * FROM ledger.postings p WHERE p.journal_id = o.reverses_id) q
                    ON q.leg = m.leg AND q.account_id = m.account_id AND q.dim_id = m.dim_id
                   AND coalesce(q.line_id, 0) = coalesce(m.line_id, 0) AND q.currency = m.currency AND q.amount = -m.amount
                 WHERE q.leg IS NULL OR m.leg IS NULL) THEN
                RAISE EXCEPTION 'a reversal mirrors every leg' USING ERRCODE = 'KB014';
            END IF;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
DROP FUNCTION ledger.check_correction, ledger.judge_day, ledger.year_lock, ledger.period_lock;

ALTER TABLE ledger.account_balances DROP COLUMN base;
DROP INDEX ledger.postings_day, ledger.postings_line;
ALTER TABLE ledger.postings
    DROP CONSTRAINT postings_holds,
    ADD CONSTRAINT postings_amount_check CHECK (amount <> 0 AND amount <> 'NaN'),
    ADD CONSTRAINT postings_leg_check CHECK (leg >= 1),
    ADD CONSTRAINT postings_check CHECK (amount = round(amount, minor_units)),
    DROP COLUMN effective_on,
    DROP COLUMN base_amount,
    DROP COLUMN rate_id;
CREATE INDEX postings_line ON ledger.postings (line_id, journal_id) WHERE line_id IS NOT NULL;
DROP TABLE ledger.rates;

DROP INDEX ledger.journals_adjusts, ledger.journals_reverses_id_key;
ALTER TABLE ledger.journals
    DROP CONSTRAINT journals_holds,
    DROP COLUMN adjusts_id,
    DROP COLUMN legal_basis,
    DROP COLUMN budget_year_to,
    DROP COLUMN budget_year,
    ADD CONSTRAINT journals_reverses_id_key UNIQUE (reverses_id),
    ADD CONSTRAINT journals_reverses_id_fkey FOREIGN KEY (reverses_id) REFERENCES ledger.journals (id),
    ADD CONSTRAINT journals_second_person CHECK (approver_id IS NOT NULL
        OR kind NOT IN ('appropriate', 'allocate', 'adjust', 'cut', 'commit', 'disburse', 'release', 'reverse')),
    ADD CONSTRAINT journals_same_person CHECK (actor_id <> approver_id),
    ADD CONSTRAINT journals_kind_check CHECK (kind ~ '^[a-z][a-z0-9_]*$'),
    ADD CONSTRAINT journals_document_kind_check CHECK (document_kind <> ''),
    ADD CONSTRAINT journals_request_key_check CHECK (request_key <> ''),
    ADD CONSTRAINT journals_content_hash_check CHECK (octet_length(content_hash) = 32),
    ADD CONSTRAINT journals_digest_check CHECK (octet_length(digest) = 32),
    ADD CONSTRAINT journals_leg_count_check CHECK (leg_count >= 2),
    ADD CONSTRAINT journals_check CHECK ((kind = 'reverse') = (reverses_id IS NOT NULL)),
    ADD CONSTRAINT journals_check1 CHECK (kind NOT IN ('release', 'adjust', 'cut', 'reverse') OR reason <> '');
DROP FUNCTION ledger.journal_holds, ledger.leg_holds, ledger.needs_second, ledger.needs_reason;

DROP TABLE ledger.dim_spans;
DROP TRIGGER same_line ON ledger.control_lines;
ALTER TABLE ledger.control_lines
    DROP CONSTRAINT control_lines_ceiling,
    ADD CONSTRAINT control_lines_check CHECK (allocated + reserved + committed + requested + advanced + disbursed <= authorised),
    ADD CONSTRAINT control_lines_authorised_check CHECK (authorised >= 0 AND authorised = round(authorised)),
    ADD CONSTRAINT control_lines_allocated_check CHECK (allocated >= 0),
    ADD CONSTRAINT control_lines_reserved_check CHECK (reserved >= 0),
    ADD CONSTRAINT control_lines_committed_check CHECK (committed >= 0),
    ADD CONSTRAINT control_lines_requested_check CHECK (requested >= 0),
    ADD CONSTRAINT control_lines_advanced_check CHECK (advanced >= 0),
    ADD CONSTRAINT control_lines_disbursed_check CHECK (disbursed >= 0),
    DROP COLUMN returned,
    DROP COLUMN closing,
    DROP COLUMN year,
    DROP COLUMN valid;
CREATE TRIGGER same_line BEFORE UPDATE OF id, book_id, kind, dim_id, subject_id ON ledger.control_lines
    EXECUTE FUNCTION audit.refuse_change();
DROP FUNCTION ledger.within;
DROP TABLE ledger.kind_moves;
DROP TABLE ledger.kinds;
DROP TABLE ledger.budget_years;
