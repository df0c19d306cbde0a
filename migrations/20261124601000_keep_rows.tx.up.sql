-- What every act left in the rows of the rooms: one version a changed row, written once, digested and sealed like the
-- acts themselves. A row as it stands is thereby proved column by column: who changes it behind the program's back
-- leaves it unlike its last version, and who lets the triggers write leaves a version without an act.
-- The versions hold what the rows hold, so only the program reads them (verify); pages and reports do not.
CREATE TABLE row_versions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL, -- infinity: written while the schema moved, when no sealer runs to wait for
    recorded_xid xid8 NOT NULL,        -- with at, of the act in audit_log
    relation     text NOT NULL,        -- with its schema when that is not public
    row_key      text NOT NULL,        -- primary key, its columns joined by /
    gone         boolean NOT NULL,     -- content is what was deleted
    content      jsonb NOT NULL,
    written_by   text NOT NULL,        -- role that was logged in
    digest       bytea NOT NULL CHECK (octet_length(digest) = 32)
);
CREATE INDEX row_versions_row ON row_versions (relation, row_key, id DESC);
CREATE INDEX row_versions_xid ON row_versions (recorded_xid); -- what the sealer walks
INSERT INTO seal_trees (name, relation) VALUES ('rows', 'public.row_versions');

CREATE FUNCTION audit.stamp_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := now() + (SELECT shift FROM kb.clock_shift); -- kb.now()
    NEW.recorded_at := CASE session_user WHEN 'kinhbac_migrate' THEN 'infinity' ELSE clock_timestamp() END;
    NEW.recorded_xid := pg_current_xact_id();
    NEW.written_by := session_user;
    NEW.digest := sha256(array_send(ARRAY['row.1', 'i' || NEW.id, audit.instant(NEW.at), 'T' || extract(epoch FROM NEW.recorded_at),
        'i' || NEW.recorded_xid, 't' || NEW.relation, 't' || NEW.row_key, 'b' || NEW.gone, 'j' || NEW.content::text, 't' || NEW.written_by]));
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON row_versions FOR EACH ROW EXECUTE FUNCTION audit.stamp_row();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON row_versions EXECUTE FUNCTION audit.refuse_change();
REVOKE ALL ON row_versions FROM kinhbac_app, kinhbac_read;
GRANT SELECT ON row_versions TO kinhbac_app;

-- The key of a row: its primary key, read from the row as JSON so that versions and rows write it alike.
CREATE FUNCTION audit.row_key(content jsonb, keys text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT string_agg(content ->> k, '/' ORDER BY n) FROM unnest(keys) WITH ORDINALITY u (k, n) $$;

-- Writes the versions of a statement: TG_ARGV are the name of the table, its key columns and the columns left out.
CREATE FUNCTION audit.keep_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC' AS $$
DECLARE
    v_keys text[] := TG_ARGV[1];
    v_less text[] := TG_ARGV[2];
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO public.row_versions (relation, row_key, gone, content)
        SELECT TG_ARGV[0], audit.row_key(to_jsonb(r), v_keys), true, to_jsonb(r) - v_less FROM old_rows r;
    ELSE
        INSERT INTO public.row_versions (relation, row_key, gone, content)
        SELECT TG_ARGV[0], audit.row_key(to_jsonb(r), v_keys), false, to_jsonb(r) - v_less FROM new_rows r;
    END IF;
    RETURN NULL;
END $$;

-- Keeps a table from now on, every row as it stands first. less names columns left out: secrets, and sums that are
-- proved otherwise; events names what is kept, of a table whose other columns never change only INSERT. A migration that
-- adds a column to a kept table calls it again: until then, or the next act on the row, the column is not proved.
CREATE FUNCTION audit.keep(rel regclass, less text[] DEFAULT '{}', events text[] DEFAULT '{INSERT,UPDATE,DELETE}') RETURNS bigint
    LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    keys text[] := (SELECT array_agg(a.attname ORDER BY k.n) FROM pg_index i CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY k (attnum, n)
                      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE i.indrelid = rel AND i.indisprimary);
    name text := (SELECT CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = rel);
    event text;
    n bigint;
BEGIN
    FOREACH event IN ARRAY events LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER keep_%s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION audit.keep_rows(%L, %L, %L)',
            lower(event), event, rel, CASE event WHEN 'DELETE' THEN 'OLD TABLE AS old_rows' ELSE 'NEW TABLE AS new_rows' END, name, keys, less);
    END LOOP;
    EXECUTE format('INSERT INTO public.row_versions (relation, row_key, gone, content)
        SELECT $1, audit.row_key(to_jsonb(r), $2), false, to_jsonb(r) - $3 FROM %s r ORDER BY 2', rel) USING name, keys, less;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
REVOKE EXECUTE ON FUNCTION audit.stamp_row, audit.row_key, audit.keep_rows, audit.keep FROM PUBLIC, kinhbac_app;

-- Tables that migrations and the loader of reference data write as well as acts.
SELECT audit.keep(t::regclass) FROM unnest('{units,sod_pairs,rules,rule_values,rule_versions,budget_codes,programmes,indicators,indicator_targets,
    ledger.books,ledger.accounts,ledger.currencies,ledger.kinds,ledger.kind_moves,ledger.document_kinds,ledger.dim_sets}'::text[]) t;

-- Tables that only acts write. In a database with a past, its rows begin here, by an act that says so.
DO $$
DECLARE n bigint;
BEGIN
    SELECT sum(audit.keep(t::regclass)) INTO n FROM unnest('{access_steps,access_ties,role_grants,role_grant_proposals,files,receipts,
        organisations,organisation_members,organisation_bars,
        budget_lines,budget_acts,budget_estimates,budget_estimate_rows,budget_estimate_versions,budget_estimate_files,budget_imports,budget_sources,
        budget_source_files,budget_spending_plans,budget_year_ends,sponsorships,sponsorship_receipts,
        calls,call_criteria,call_addenda,proposals,proposal_costs,proposal_members,proposal_files,proposal_versions,eligibility_checks,eligibility_findings,
        coi_declarations,review_assignments,review_sheets,review_scores,
        councils,council_seats,council_sessions,council_attendances,council_matters,council_items,ballots,ballot_lines,
        rankings,ranking_lines,award_sets,awards,agreements,agreement_milestones,progress_reports,
        disbursement_requests,payment_orders,advance_settlements,advance_vouchers,
        funds,fund_investors,fund_capitals,fund_capital_entries,fund_distributions,fund_flows,capital_calls,capital_call_lines,capital_call_payments,
        deals,holdings,investments,valuations,indicator_entries,
        ledger.state_changes,ledger.rates,ledger.budget_years,ledger.periods,ledger.dim_spans}'::text[]) t;
    n := n + audit.keep('users', '{password_hash,password_changed_at}');
    n := n + audit.keep('ledger.control_lines', '{authorised,allocated,reserved,committed,requested,advanced,disbursed,returned,closing,version}', '{INSERT}');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
