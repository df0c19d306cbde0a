package ledger

import "kinhbac/internal/audit"

// guards: every trigger stands and is on, and the program may not write the tables of the kernel itself.
func guards() audit.Probe {
	return audit.Query("ledger.check.guards", `SELECT count(*) FROM pg_trigger t WHERE NOT t.tgisinternal
		AND t.tgrelid::regclass::text ~ '^(ledger[.]|audit_log|row_versions|seal_)'`, `
		SELECT x.what, x.stands, x.wanted FROM (
		    SELECT t.tgrelid::regclass || ' ' || t.tgname AS what, 'off' AS stands, 'on' AS wanted FROM pg_trigger t
		     WHERE t.tgrelid::regclass::text ~ '^(ledger[.]|audit_log|row_versions|seal_)' AND NOT t.tgisinternal AND t.tgenabled <> 'O'
		    UNION ALL
		    SELECT t.tgrelid::regclass || ' ' || t.tgname, 'calls ' || t.tgfoid::regproc || CASE WHEN t.tgqual IS NULL THEN '' ELSE ' at times' END,
		           'calls a guard of the program always' FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
		     WHERE t.tgrelid::regclass::text ~ '^(ledger[.]|audit_log|row_versions|seal_)' AND NOT t.tgisinternal
		       AND (t.tgqual IS NOT NULL OR f.pronamespace::regnamespace::text NOT IN ('ledger', 'audit')
		         OR t.tgname IN ('check_journal', 'check_legs') AND f.oid::regproc::text <> 'ledger.' || t.tgname
		         OR t.tgname IN ('written_once', 'kept') AND f.oid::regproc::text <> 'audit.refuse_change')
		    UNION ALL
		    SELECT w.rel || ' ' || w.name, 'none', 'a trigger' FROM (VALUES ('ledger.journals', 'written_once'), ('ledger.journals', 'check_journal'),
		        ('ledger.postings', 'written_once'), ('ledger.postings', 'check_legs'), ('ledger.control_lines', 'kept'),
		        ('ledger.control_lines', 'same_line'), ('ledger.account_balances', 'kept'), ('ledger.periods', 'kept'),
		        ('ledger.accounts', 'written_once'), ('ledger.books', 'written_once'),
		        ('ledger.state_changes', 'written_once'), ('ledger.period_balances', 'written_once'), ('ledger.rates', 'written_once'), ('ledger.dim_sets', 'written_once'),
		        ('public.audit_log', 'written_once'), ('public.audit_log', 'stamp'), ('public.row_versions', 'written_once'), ('public.row_versions', 'stamp'), ('public.seal_leaves', 'written_once'),
		        ('public.seal_hashes', 'written_once'), ('public.seal_heads', 'written_once')) w (rel, name)
		     WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = w.rel::regclass AND t.tgname = w.name)
		    UNION ALL
		    SELECT r.rel || ' kinhbac_app', 'may write', 'may read' FROM (VALUES ('ledger.journals'), ('ledger.postings'), ('ledger.control_lines'),
		        ('ledger.account_balances'), ('ledger.periods'), ('ledger.dim_sets'), ('ledger.accounts'), ('ledger.books'), ('ledger.state_changes'),
		        ('ledger.period_balances'), ('ledger.rates'), ('ledger.budget_years'), ('ledger.commitments'), ('public.row_versions')) r (rel)
		     WHERE has_table_privilege('kinhbac_app', r.rel, 'INSERT, UPDATE, DELETE, TRUNCATE')) x
		 ORDER BY 1 LIMIT 1`)
}
