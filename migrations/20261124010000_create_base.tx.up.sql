-- The ground of the schema: rights by default, the one clock, folding for search, marks.
-- Runs as kinhbac_owner. The four roles belong to the cluster and exist already (storage.Setup).
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- Schema kb holds what is not business: the clock, marks, the list of migrations.
CREATE SCHEMA IF NOT EXISTS kb;
GRANT USAGE ON SCHEMA kb TO kinhbac_app, kinhbac_read;
GRANT USAGE ON SCHEMA public TO kinhbac_app, kinhbac_read;

-- What the owner creates in public is data of the rooms: the program may change it, reports may read it. Tables of
-- ledger and audit take these rights back in their own migrations. Functions are not for everybody.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kinhbac_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO kinhbac_read;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kinhbac_app;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO kinhbac_app;

-- One row: how far deciding time stands behind the clock of PostgreSQL. Only the owner writes it.
CREATE TABLE kb.clock_shift (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift interval NOT NULL DEFAULT interval '0' CHECK (shift <= interval '0')
);
INSERT INTO kb.clock_shift DEFAULT VALUES;
GRANT SELECT ON kb.clock_shift TO kinhbac_app, kinhbac_read;

-- Marks that never come off. 'shifted': deciding time once differed from real time, so the content is an illustration.
CREATE TABLE kb.database_mark (
    kind      text PRIMARY KEY CHECK (kind IN ('shifted')),
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON kb.database_mark TO kinhbac_app, kinhbac_read;

-- The first move takes the clock into the past and marks the database for ever; after it the clock only runs
-- forward, up to real time, and there it stays.
CREATE FUNCTION kb.guard_clock_shift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'kb.clock_shift keeps its one row' USING ERRCODE = 'KB001';
    END IF;
    IF NEW.shift = OLD.shift THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM kb.database_mark WHERE kind = 'shifted') THEN
        IF NEW.shift < OLD.shift THEN
            RAISE EXCEPTION 'kb.clock_shift moves forward only: % to %', OLD.shift, NEW.shift USING ERRCODE = 'KB001';
        END IF;
    ELSE
        INSERT INTO kb.database_mark (kind) VALUES ('shifted');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON kb.clock_shift FOR EACH ROW EXECUTE FUNCTION kb.guard_clock_shift();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON kb.clock_shift EXECUTE FUNCTION kb.guard_clock_shift();

CREATE FUNCTION kb.guard_database_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'kb.database_mark is never changed or removed' USING ERRCODE = 'KB001';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON kb.database_mark FOR EACH ROW EXECUTE FUNCTION kb.guard_database_mark();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON kb.database_mark EXECUTE FUNCTION kb.guard_database_mark();

-- Deciding time: one value per transaction.
CREATE FUNCTION kb.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT now() + (SELECT shift FROM kb.clock_shift) $$;

-- Today in Bắc Ninh, by deciding time.
CREATE FUNCTION kb.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date $$;

-- What a search compares: lower case, without accents. IMMUTABLE because the dictionary is named and shipped with
-- PostgreSQL, so it may stand in an index.
CREATE FUNCTION kb.fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, value)) $$;

GRANT EXECUTE ON FUNCTION kb.now(), kb.today(), kb.fold(text) TO kinhbac_app, kinhbac_read;

-- Files of reference data that were loaded, by digest: an unchanged file is not loaded again, so what an office
-- confirmed since stays.
CREATE TABLE kb.loaded_files (
    name      text PRIMARY KEY,
    sha256    text NOT NULL CHECK (length(sha256) = 64),
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON kb.loaded_files TO kinhbac_app, kinhbac_read;
