DROP FUNCTION audit.waiting(text, xid8, int);
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
REVOKE EXECUTE ON FUNCTION audit.waiting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.waiting TO kinhbac_app, kinhbac_read;
