-- Evidence: one row per act with a digest of its content, and the trees that seal rows of acts and journals.
-- Schema audit holds functions; the table of acts stands in public so that pages may join it.
CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO kinhbac_app, kinhbac_read;

-- Canonical encoding of a row: the binary form of a text array, one element a column, each a type letter and the value
-- (i whole number, n decimal number in shortest digits, u uuid, d day, T microseconds since 1970, t text, j json as
-- kept), NULL a missing element. Every element carries its length, so no two rows encode alike. Package audit builds
-- the same bytes in Go.
-- (Functions on the hot path are plpgsql: one in SQL is parsed and planned again in every transaction that calls it.)
CREATE FUNCTION audit.instant(v timestamptz) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ BEGIN RETURN 'T' || (extract(epoch FROM v) * 1000000)::bigint; END $$;

-- Refuses the statement, whoever gives it and however many rows it would touch.
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is written once: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP USING ERRCODE = 'KB001';
END $$;

-- Acts. at is deciding time, recorded_at the real clock beside it. The digest covers every column but itself and
-- recorded_xid, which only orders the sealing. State before and after is kept as json, byte for byte as digested.
CREATE TABLE audit_log (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    recorded_xid  xid8 NOT NULL,
    act           text NOT NULL CHECK (act ~ '^[a-z][a-z0-9_]*([.][a-z0-9_]+)+$'),
    actor_id      uuid,          -- NULL: the program itself
    role          text NOT NULL,
    object_kind   text NOT NULL,
    object_id     uuid,
    label         text NOT NULL, -- human code of the object
    state_before  json,
    state_after   json,
    reason        text NOT NULL,
    rule_id       text NOT NULL,
    delegate_of   uuid,
    digest        bytea NOT NULL CHECK (octet_length(digest) = 32)
);
CREATE INDEX audit_log_at ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_object ON audit_log (object_kind, object_id);
CREATE INDEX audit_log_xid ON audit_log (recorded_xid); -- what the sealer walks

-- The clocks and the digest are made here and nowhere else, so that a row written by hand carries them too.
CREATE FUNCTION audit.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := now() + (SELECT shift FROM kb.clock_shift); -- kb.now()
    NEW.recorded_at := clock_timestamp();
    NEW.recorded_xid := pg_current_xact_id();
    NEW.digest := sha256(array_send(ARRAY['audit.1', 'i' || NEW.id, audit.instant(NEW.at), audit.instant(NEW.recorded_at),
        't' || NEW.act, 'u' || NEW.actor_id, 't' || NEW.role, 't' || NEW.object_kind, 'u' || NEW.object_id, 't' || NEW.label,
        'j' || NEW.state_before::text, 'j' || NEW.state_after::text, 't' || NEW.reason, 't' || NEW.rule_id,
        'u' || NEW.delegate_of]));
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit.stamp();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log EXECUTE FUNCTION audit.refuse_change();

-- Trees: what is sealed, by name. The sealer locks its row, so there is one sealer.
CREATE TABLE seal_trees (
    name     text PRIMARY KEY,
    relation text NOT NULL -- schema-qualified table with id, recorded_xid, digest
);
INSERT INTO seal_trees (name, relation) VALUES ('audit', 'public.audit_log');

-- Leaves: the row that stands at a place of its tree. hash is the leaf hash of its digest.
CREATE TABLE seal_leaves (
    tree   text NOT NULL REFERENCES seal_trees (name),
    leaf   bigint NOT NULL CHECK (leaf >= 0),
    row_id bigint NOT NULL,
    PRIMARY KEY (tree, leaf),
    UNIQUE (tree, row_id)
);

-- Hashes of the tree in the order of golang.org/x/mod/sumdb/tlog, for appending and for proofs.
CREATE TABLE seal_hashes (
    tree text NOT NULL REFERENCES seal_trees (name),
    at   bigint NOT NULL CHECK (at >= 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (tree, at)
);

-- Heads: what was signed, and when by the real clock. A head may leave the machine and be compared later.
CREATE TABLE seal_heads (
    tree       text NOT NULL REFERENCES seal_trees (name),
    size       bigint NOT NULL CHECK (size > 0),
    root       bytea NOT NULL CHECK (octet_length(root) = 32),
    sealed_at  timestamptz NOT NULL,
    below      xid8 NOT NULL, -- every row of an older transaction is in the tree
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    signature  bytea NOT NULL CHECK (octet_length(signature) = 64),
    PRIMARY KEY (tree, size)
);
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_leaves EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_hashes EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_heads EXECUTE FUNCTION audit.refuse_change();

-- The program adds and reads, nothing else. FOR UPDATE on the tree's row needs the right to update it; its trigger
-- lets nobody use that right.
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_trees EXECUTE FUNCTION audit.refuse_change();
REVOKE ALL ON audit_log, seal_trees, seal_leaves, seal_hashes, seal_heads FROM kinhbac_app;
GRANT SELECT, INSERT ON audit_log, seal_leaves, seal_hashes, seal_heads TO kinhbac_app;
GRANT SELECT, UPDATE ON seal_trees TO kinhbac_app;
GRANT SELECT ON audit_log, seal_trees, seal_leaves, seal_hashes, seal_heads TO kinhbac_read;

-- Rows of a tree that wait for the sealer: not in it yet, and written by a transaction older than p_below, the
-- oldest running one, so that none of them can still appear later.
CREATE FUNCTION audit.waiting(p_tree text, p_below xid8, p_limit int) RETURNS TABLE (row_id bigint, digest bytea)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    rel  text;
    done xid8;
BEGIN
    SELECT t.relation INTO STRICT rel FROM public.seal_trees t WHERE t.name = p_tree;
    SELECT h.below INTO done FROM public.seal_heads h WHERE h.tree = p_tree ORDER BY h.size DESC LIMIT 1;
    RETURN QUERY EXECUTE format(
        'SELECT r.id, r.digest FROM %s r
          WHERE r.recorded_xid >= $1 AND r.recorded_xid < $2
            AND NOT EXISTS (SELECT FROM public.seal_leaves l WHERE l.tree = $3 AND l.row_id = r.id)
          ORDER BY r.id LIMIT $4', rel) USING coalesce(done, '0'::xid8), p_below, p_tree, p_limit;
END $$;
-- Rows of a tree that are not in it although they were written before p_before by the real clock.
CREATE FUNCTION audit.overdue(p_tree text, p_before timestamptz) RETURNS TABLE (row_id bigint)
    LANGUAGE plpgsql STABLE AS $$
DECLARE rel text;
BEGIN
    SELECT t.relation INTO STRICT rel FROM public.seal_trees t WHERE t.name = p_tree;
    RETURN QUERY EXECUTE format(
        'SELECT r.id FROM %s r WHERE r.recorded_at < $1
            AND NOT EXISTS (SELECT FROM public.seal_leaves l WHERE l.tree = $2 AND l.row_id = r.id)
          ORDER BY r.id', rel) USING p_before, p_tree;
END $$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC, kinhbac_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA audit TO kinhbac_app, kinhbac_read;
