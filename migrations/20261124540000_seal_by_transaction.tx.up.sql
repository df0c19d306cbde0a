-- Rows that wait are given in the order of their transactions, with the transaction: a sealer that catches up then goes
-- on where its last batch ended instead of walking again over all that it has sealed.
DROP FUNCTION audit.waiting(text, xid8, int);
CREATE FUNCTION audit.waiting(p_tree text, p_below xid8, p_limit int) RETURNS TABLE (row_id bigint, digest bytea, xid xid8)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    rel  text;
    done xid8;
BEGIN
    SELECT t.relation INTO STRICT rel FROM public.seal_trees t WHERE t.name = p_tree;
    SELECT h.below INTO done FROM public.seal_heads h WHERE h.tree = p_tree ORDER BY h.size DESC LIMIT 1;
    RETURN QUERY EXECUTE format(
        'SELECT r.id, r.digest, r.recorded_xid FROM %s r
          WHERE r.recorded_xid >= $1 AND r.recorded_xid < $2
            AND NOT EXISTS (SELECT FROM public.seal_leaves l WHERE l.tree = $3 AND l.row_id = r.id)
          ORDER BY r.recorded_xid, r.id LIMIT $4', rel) USING coalesce(done, '0'::xid8), p_below, p_tree, p_limit;
END $$;
REVOKE EXECUTE ON FUNCTION audit.waiting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.waiting TO kinhbac_app, kinhbac_read;
