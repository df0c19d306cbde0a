-- Opens a control line for each subject in one statement, as ledger.open_line does for one; an import opens thousands.
-- Lines that stand already are given back as they are.
CREATE FUNCTION ledger.open_lines(p_book text, p_kind text, p_dims bigint[], p_subjects uuid[]) RETURNS TABLE (subject_id uuid, line_id bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    b int;
BEGIN
    SELECT id INTO b FROM ledger.books WHERE code = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'KB014';
    END IF;
    INSERT INTO ledger.control_lines (book_id, kind, dim_id, subject_id, year, valid)
    SELECT b, p_kind, d.id, u.subject, d.budget_year, s.valid
      FROM unnest(p_dims, p_subjects) WITH ORDINALITY AS u (dim, subject, o)
      JOIN ledger.dim_sets d ON d.id = u.dim LEFT JOIN ledger.dim_spans s ON s.dim_id = d.id
     ORDER BY u.o
    ON CONFLICT DO NOTHING;
    IF p_book = 'BUDGET' THEN
        INSERT INTO ledger.budget_years (book_id, year)
        SELECT DISTINCT b, d.budget_year FROM ledger.dim_sets d WHERE d.id = ANY (p_dims) AND d.budget_year IS NOT NULL
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN QUERY SELECT u.subject, c.id FROM unnest(p_dims, p_subjects) AS u (dim, subject)
      JOIN ledger.control_lines c ON c.book_id = b AND c.kind = p_kind AND c.dim_id = u.dim AND c.subject_id = u.subject;
END $$;
REVOKE EXECUTE ON FUNCTION ledger.open_lines FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.open_lines TO kinhbac_app;
