package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
)

// Verify recomputes the whole ledger on one unchanging view: zero sums, control lines and balances against the
// postings, allocations, journals against documents and back, guards, digests, the tree and its heads. Each check is
// one line; the first break of each is named. key is the one heads must be signed with; nil accepts the kept one.
func Verify(ctx context.Context, db *bun.DB, key ed25519.PublicKey) ([]audit.Check, error) {
	var all []audit.Check
	err := audit.Snapshot(ctx, db, func(tx bun.Tx) error {
		for _, v := range verifications {
			c := audit.Check{Code: v.code}
			if err := tx.NewRaw(v.count).Scan(ctx, &c.Count); err != nil {
				return fmt.Errorf("verify %s: %w", v.code, err)
			}
			err := tx.NewRaw(v.first).Scan(ctx, &c.Break)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("verify %s: %w", v.code, err)
			}
			all = append(all, c)
		}
		documents, err := verifyDocuments(ctx, tx)
		if err != nil {
			return fmt.Errorf("verify documents: %w", err)
		}
		digests, err := verifyDigests(ctx, tx)
		if err != nil {
			return fmt.Errorf("verify journal digests: %w", err)
		}
		tree, err := audit.VerifyTree(ctx, tx, "ledger", key)
		all = append(append(all, documents, digests), tree...)
		return err
	})
	return all, err
}

// verifications count what they look at and give the first break as text.
var verifications = []struct{ code, count, first string }{
	{"ledger.check.zero_sum", "SELECT count(*) FROM ledger.journals", `
		SELECT 'journals ' || coalesce(j.id, p.journal_id) FROM ledger.journals j
		  FULL JOIN (SELECT s.journal_id, sum(s.n) AS n, bool_or(s.total <> 0) AS off
		               FROM (SELECT journal_id, currency, line_id, count(*) AS n, sum(amount) AS total
		                       FROM ledger.postings GROUP BY journal_id, currency, line_id) s GROUP BY s.journal_id) p
		    ON p.journal_id = j.id
		 WHERE j.id IS NULL OR p.n IS NULL OR p.n <> j.leg_count OR p.off ORDER BY coalesce(j.id, p.journal_id) LIMIT 1`},
	{"ledger.check.lines", "SELECT count(*) FROM ledger.control_lines", `
		SELECT 'control_lines ' || c.id FROM ledger.control_lines c
		  LEFT JOIN (SELECT p.line_id, count(DISTINCT p.journal_id) AS version,
		        -coalesce(sum(p.amount) FILTER (WHERE a.code = 'source'), 0) AS authorised,
		        coalesce(sum(p.amount) FILTER (WHERE a.code = 'allocated'), 0) AS allocated,
		        coalesce(sum(p.amount) FILTER (WHERE a.code = 'reserved'), 0) AS reserved,
		        coalesce(sum(p.amount) FILTER (WHERE a.code = 'committed'), 0) AS committed,
		        coalesce(sum(p.amount) FILTER (WHERE a.code = 'requested'), 0) AS requested,
		        coalesce(sum(p.amount) FILTER (WHERE a.code = 'advanced'), 0) AS advanced,
		        coalesce(sum(p.amount) FILTER (WHERE a.code = 'disbursed'), 0) AS disbursed
		        FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.line_id IS NOT NULL GROUP BY p.line_id) s
		    ON s.line_id = c.id
		 WHERE (c.version, c.authorised, c.allocated, c.reserved, c.committed, c.requested, c.advanced, c.disbursed)
		    <> (coalesce(s.version, 0), coalesce(s.authorised, 0), coalesce(s.allocated, 0), coalesce(s.reserved, 0),
		        coalesce(s.committed, 0), coalesce(s.requested, 0), coalesce(s.advanced, 0), coalesce(s.disbursed, 0))
		 ORDER BY c.id LIMIT 1`},
	{"ledger.check.ceilings", "SELECT count(*) FROM ledger.control_lines", `
		SELECT 'control_lines ' || id FROM ledger.control_lines
		 WHERE least(authorised, allocated, reserved, committed, requested, advanced, disbursed) < 0
		    OR allocated + reserved + committed + requested + advanced + disbursed > authorised ORDER BY id LIMIT 1`},
	{"ledger.check.balances", "SELECT count(*) FROM ledger.account_balances", `
		SELECT 'account_balances ' || coalesce(b.account_id, s.account_id) || '/' || coalesce(b.dim_id, s.dim_id) || '/'
		       || coalesce(b.period_id, s.period_id)
		  FROM ledger.account_balances b
		  FULL JOIN (SELECT p.account_id, p.dim_id, j.period_id, coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0) AS debit,
		        coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0) AS credit
		        FROM ledger.postings p JOIN ledger.journals j ON j.id = p.journal_id WHERE p.line_id IS NULL
		       GROUP BY p.account_id, p.dim_id, j.period_id) s
		    ON (s.account_id, s.dim_id, s.period_id) = (b.account_id, b.dim_id, b.period_id)
		 WHERE b.debit IS DISTINCT FROM s.debit OR b.credit IS DISTINCT FROM s.credit
		 ORDER BY 1 LIMIT 1`},
	{"ledger.check.guards", "SELECT count(*) FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgname IN ('written_once', 'kept', 'same_line', 'check_journal', 'check_legs', 'stamp')", `
		SELECT x.what FROM (
		    SELECT t.tgrelid::regclass || ' ' || t.tgname AS what FROM pg_trigger t
		     WHERE t.tgrelid::regclass::text ~ '^(ledger[.]|audit_log|seal_)' AND NOT t.tgisinternal AND t.tgenabled <> 'O'
		    UNION ALL
		    SELECT w.rel || ' ' || w.name FROM (VALUES ('ledger.journals', 'written_once'), ('ledger.journals', 'check_journal'),
		        ('ledger.postings', 'written_once'), ('ledger.postings', 'check_legs'), ('ledger.control_lines', 'kept'),
		        ('ledger.control_lines', 'same_line'), ('public.audit_log', 'written_once'), ('public.audit_log', 'stamp'),
		        ('public.seal_leaves', 'written_once'), ('public.seal_heads', 'written_once')) w (rel, name)
		     WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = w.rel::regclass AND t.tgname = w.name)
		    UNION ALL
		    SELECT r.rel || ' kinhbac_app' FROM (VALUES ('ledger.journals'), ('ledger.postings'), ('ledger.control_lines'),
		        ('ledger.account_balances'), ('ledger.periods'), ('ledger.dim_sets'), ('ledger.accounts')) r (rel)
		     WHERE has_table_privilege('kinhbac_app', r.rel, 'INSERT, UPDATE, DELETE, TRUNCATE')) x
		 ORDER BY 1 LIMIT 1`},
}

// verifyDocuments follows every journal to its document and every document that must have posted to a journal, for
// the kinds that rooms have registered, and compares their amounts where one document is one amount.
func verifyDocuments(ctx context.Context, tx bun.IDB) (audit.Check, error) {
	c := audit.Check{Code: "ledger.check.documents"}
	var kinds []struct {
		Kind, Relation   string
		MustPost, Amount *string
	}
	if err := tx.NewRaw("SELECT kind, relation::text, must_post, amount FROM ledger.document_kinds ORDER BY kind").Scan(ctx, &kinds); err != nil {
		return c, err
	}
	for _, k := range kinds {
		var n int64
		var orphan, silent, other *string
		must, amount := "false", "NULL"
		if k.MustPost != nil {
			must = *k.MustPost
		}
		if k.Amount != nil {
			amount = *k.Amount
		}
		err := tx.NewRaw(fmt.Sprintf(`SELECT (SELECT count(*) FROM ledger.journals WHERE document_kind = ?0),
			(SELECT 'journals ' || j.id FROM ledger.journals j WHERE j.document_kind = ?0
			    AND NOT EXISTS (SELECT FROM %[1]s d WHERE d.id = j.document_id) ORDER BY j.id LIMIT 1),
			(SELECT ?0 || ' ' || d.id FROM %[1]s d WHERE (%[2]s)
			    AND NOT EXISTS (SELECT FROM ledger.journals j WHERE j.document_kind = ?0 AND j.document_id = d.id) ORDER BY d.id LIMIT 1),
			(SELECT ?0 || ' ' || d.id FROM ledger.journals j JOIN %[1]s d ON d.id = j.document_id WHERE j.document_kind = ?0
			    AND (SELECT max(p.amount) FROM ledger.postings p WHERE p.journal_id = j.id) <> %[3]s ORDER BY j.id LIMIT 1)`,
			k.Relation, must, amount), k.Kind).Scan(ctx, &n, &orphan, &silent, &other)
		if err != nil {
			return c, fmt.Errorf("%s: %w", k.Kind, err)
		}
		c.Count += n
		for _, b := range []*string{orphan, silent, other} {
			if c.Break == "" && b != nil {
				c.Break = *b
			}
		}
	}
	return c, nil
}

// verifyDigests rebuilds the digest of every journal from its row and its legs.
func verifyDigests(ctx context.Context, tx bun.IDB) (audit.Check, error) {
	c := audit.Check{Code: "ledger.check.digests"}
	rows, err := tx.QueryContext(ctx, `SELECT j.id, j.book_id, j.number, j.kind, j.effective_on::text, j.document_kind, j.document_id,
			j.document_no, j.request_key, encode(j.content_hash, 'hex'), j.reverses_id, j.reason, j.actor_id, j.approver_id, j.at,
			j.leg_count, j.digest, p.leg, a.code, p.dim_id, p.line_id, p.amount, p.currency
			FROM ledger.journals j JOIN ledger.postings p ON p.journal_id = j.id JOIN ledger.accounts a ON a.id = p.account_id
			ORDER BY j.id, p.leg`)
	if err != nil {
		return c, err
	}
	defer rows.Close()
	var last int64
	var want []byte
	var head, legs *audit.Canon
	judge := func() {
		if head != nil && c.Break == "" && !bytes.Equal(audit.Digest(head.Bytes(), legs.Rows(6)), want) {
			c.Break = fmt.Sprintf("journals %d", last)
		}
	}
	for rows.Next() {
		var (
			id, book, count, leg, dim                                              int64
			reverses, line                                                         *int64
			number, kind, on, docKind, docNo, key, hash, reason, account, currency string
			doc, actor                                                             uuid.UUID
			approver                                                               *uuid.UUID
			at                                                                     time.Time
			digest                                                                 []byte
			amount                                                                 decimal.Decimal
		)
		if err := rows.Scan(&id, &book, &number, &kind, &on, &docKind, &doc, &docNo, &key, &hash, &reverses, &reason, &actor,
			&approver, &at, &count, &digest, &leg, &account, &dim, &line, &amount, &currency); err != nil {
			return c, err
		}
		if id != last {
			judge()
			c.Count++
			last, want, legs = id, digest, &audit.Canon{}
			head = new(audit.Canon).Raw("journal.1").Int(id).Int(book).Text(number).Text(kind).Day(on).Text(docKind).ID(doc).
				Text(docNo).Text(key).Hex(hash).MaybeInt(reverses).Text(reason).ID(actor).MaybeID(approver).Instant(at).Int(count)
		}
		legs.Int(leg).Text(account).Int(dim).MaybeInt(line).Number(amount).Text(currency)
	}
	judge()
	return c, rows.Err()
}
