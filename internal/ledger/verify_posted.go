package ledger

import "kinhbac/internal/audit"

// Follows is a probe of a room: what its documents of a kind say they moved is what the books hold under them, both ways.
// wanted is SQL that gives rows of (id uuid, book text, account text, amount numeric): the net a document moved on an
// account, debit positive; rows of one account are summed. A document that moved nothing has no row. Only books whose
// code matches the pattern books are compared.
func Follows(code, kind, books, wanted string) audit.Probe {
	return audit.Query(code, "SELECT count(DISTINCT document_id) FROM ledger.journals WHERE document_kind = ?0", `
		WITH w AS (SELECT x.id, x.book, x.account, sum(x.amount) AS amount FROM (`+wanted+`) x (id, book, account, amount)
		            GROUP BY x.id, x.book, x.account HAVING sum(x.amount) <> 0),
		p AS (SELECT j.document_id AS id, b.code AS book, a.code AS account, sum(p.amount) AS amount
		        FROM ledger.journals j JOIN ledger.books b ON b.id = j.book_id AND b.code ~ ?1 JOIN ledger.postings p ON p.journal_id = j.id
		        JOIN ledger.accounts a ON a.id = p.account_id WHERE j.document_kind = ?0
		       GROUP BY j.document_id, b.code, a.code HAVING sum(p.amount) <> 0)
		SELECT ?0 || ' ' || id, coalesce(p.book, w.book) || ' ' || coalesce(p.account, w.account) || ' ' || trim_scale(coalesce(p.amount, 0)),
		       coalesce(p.book, w.book) || ' ' || coalesce(p.account, w.account) || ' ' || trim_scale(coalesce(w.amount, 0))
		  FROM w FULL JOIN p USING (id, book, account) WHERE w.amount IS DISTINCT FROM p.amount ORDER BY id, book, account LIMIT 1`, kind, books)
}
