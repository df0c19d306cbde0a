-- That something changed which a public page shows: one row a transaction, seen by others from its commit on. Whole
-- pages are kept by each process until this table reads otherwise; rows older than a minute are forgotten, since no
-- page is kept that long. A sequence alone would not do: it tells of a change before its commit.
CREATE TABLE public_changes (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xact xid8 NOT NULL DEFAULT pg_current_xact_id() UNIQUE,
    at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION public_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public_changes DEFAULT VALUES ON CONFLICT (xact) DO NOTHING;
    RETURN NULL;
END $$;

-- What the public pages read. A table that is missing here is shown late, by half a minute at most.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['programmes', 'calls', 'call_criteria', 'call_addenda', 'organisations', 'award_sets', 'awards', 'agreements',
        'disbursement_requests', 'payment_orders', 'funds', 'deals', 'holdings', 'investments', 'valuations', 'indicators',
        'indicator_targets', 'indicator_entries', 'rules', 'rule_values', 'units', 'budget_lines'] LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION public_changed()', t || '_public', t);
    END LOOP;
END $$;
CREATE TRIGGER proposals_public AFTER INSERT OR DELETE OR UPDATE OF status, title_vi, title_en ON proposals
    FOR EACH STATEMENT EXECUTE FUNCTION public_changed();
