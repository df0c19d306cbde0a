package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// entry is a journal as it is written.
type entry struct {
	On, Number, DocumentNo, Reason string
	tags                           []tag
	legs                           []leg
}

// leg is one side of an entry, debit positive.
type leg struct {
	account  string
	amount   decimal.Decimal
	currency string
	tags     []tag
}

// assertion is what an account must stand at when a day is over.
type assertion struct {
	on, account string
	amount      decimal.Decimal
	currency    string
}

// body writes the journals in the order of their days and, behind the last journal of each period, what the accounts that
// moved in it must stand at.
func (x *export) body(ctx context.Context, beside bun.Tx) error {
	d := dialects[x.Dialect]
	ends, err := x.assertions(ctx, beside)
	if err != nil {
		return fmt.Errorf("read balances: %w", err)
	}
	defer ends.Close()
	rows, err := x.tx.QueryContext(ctx, x.tx.NewRaw(`SELECT j.id, to_char(j.effective_on, 'YYYY-MM-DD'), j.number, j.kind, j.document_kind, j.document_id::text, j.document_no, j.reason,
			coalesce(r.number, ''), p.account_id, coalesce(p.line_id, 0), p.dim_id, trim_scale(p.amount), p.currency, trim_scale(p.base_amount)::text
		FROM ledger.journals j JOIN ledger.books b ON b.id = j.book_id JOIN ledger.postings p ON p.journal_id = j.id
		LEFT JOIN ledger.journals r ON r.id = coalesce(j.reverses_id, j.adjusts_id)
		WHERE `+chosen+` ORDER BY j.effective_on, j.id, p.leg`, x.Book, x.Year, false).String())
	if err != nil {
		return fmt.Errorf("read journals: %w", err)
	}
	defer rows.Close()
	var e entry
	last := int64(0)
	flush := func() error {
		if last == 0 {
			return nil
		}
		if err := x.assert(d, ends, e.On); err != nil {
			return err
		}
		d.entry(x, &e)
		return nil
	}
	for rows.Next() {
		var id, account, line, dim int64
		var kind, document, documentID, takesBack, currency string
		var on, number, no, reason string
		var base *string
		var amount decimal.Decimal
		if err := rows.Scan(&id, &on, &number, &kind, &document, &documentID, &no, &reason, &takesBack, &account, &line, &dim, &amount, &currency, &base); err != nil {
			return err
		}
		if id != last {
			if err := flush(); err != nil {
				return err
			}
			last = id
			e = entry{On: on, Number: number, DocumentNo: no, Reason: reason, legs: e.legs[:0], tags: append(e.tags[:0], tag{"kind", kind}, tag{"document", document}, tag{"document-id", documentID})}
			if takesBack != "" {
				e.tags = append(e.tags, tag{"takes-back", takesBack})
			}
		}
		tags := x.dims[dim]
		if base != nil {
			tags = append(tags[:len(tags):len(tags)], tag{"worth-vnd", *base})
		}
		e.legs = append(e.legs, leg{x.names[place{account, line}], amount, currency, tags})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	if err := x.assert(d, ends, ""); err != nil { // what is left
		return err
	}
	return ends.rows.Err()
}

// assertions reads, in the order of the days, the balances that the books themselves keep: for real accounts those of
// each period in which they moved, for stages the sums of each month and at the end the control lines.
func (x *export) assertions(ctx context.Context, tx bun.Tx) (*pending, error) {
	for _, set := range []string{"SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0", "SET LOCAL work_mem = '64MB'", "SET LOCAL jit = off"} {
		if _, err := tx.ExecContext(ctx, set); err != nil {
			return nil, err
		}
	}
	rows, err := tx.QueryContext(ctx, tx.NewRaw(`
		WITH last AS (SELECT p.book_id, max(p.ends_on) AS ends_on FROM ledger.periods p WHERE EXISTS (SELECT FROM ledger.journals j WHERE j.period_id = p.id) GROUP BY p.book_id)
		SELECT to_char(s.ends_on, 'YYYY-MM-DD'), s.account_id, s.line, trim_scale(s.amount), a.currency FROM (
		    SELECT 1 AS place, p.ends_on, y.account_id, 0::bigint AS line,
		           sum(sum(y.debit - y.credit)) OVER (PARTITION BY y.account_id ORDER BY p.ends_on) AS amount
		      FROM ledger.account_balances y JOIN ledger.periods p ON p.id = y.period_id GROUP BY y.account_id, p.ends_on
		    UNION ALL
		    SELECT 2, m.ends_on, m.account_id, m.line_id, sum(m.amount) OVER (PARTITION BY m.account_id, m.line_id ORDER BY m.ends_on) FROM (
		        SELECT (date_trunc('month', j.effective_on) + interval '1 month - 1 day')::date AS ends_on, p.account_id, p.line_id, sum(p.amount) AS amount
		          FROM ledger.postings p JOIN ledger.journals j ON j.id = p.journal_id WHERE p.line_id IS NOT NULL GROUP BY 1, 2, 3) m
		    UNION ALL
		    SELECT 3, l.ends_on, a.id, c.id, v.amount FROM ledger.control_lines c JOIN last l ON l.book_id = c.book_id
		     CROSS JOIN LATERAL (VALUES ('source', -c.authorised), ('available', c.authorised - c.allocated - c.reserved - c.committed - c.requested
		            - c.advanced - c.disbursed - c.returned - c.closing), ('allocated', c.allocated), ('reserved', c.reserved), ('committed', c.committed),
		            ('requested', c.requested), ('advanced', c.advanced), ('disbursed', c.disbursed), ('returned', c.returned), ('closing', c.closing)) v (code, amount)
		      JOIN ledger.accounts a ON a.book_id = c.book_id AND a.code = v.code AND a.currency = 'VND'
		     WHERE EXISTS (SELECT FROM ledger.postings p WHERE p.line_id = c.id AND p.account_id = a.id)) s
		  JOIN ledger.accounts a ON a.id = s.account_id JOIN ledger.books b ON b.id = a.book_id
		 WHERE (?0 = '' OR b.code = ?0) AND (?1 = 0 OR extract(year FROM s.ends_on) = ?1)
		 ORDER BY s.ends_on, s.place, s.account_id, s.line`, x.Book, x.Year).String())
	if err != nil {
		return nil, err
	}
	return &pending{rows: rows}, nil
}

// pending are the assertions not yet written; one is read ahead.
type pending struct {
	rows *sql.Rows
	next *assertion
	over bool
}

// Close ends the reading.
func (p *pending) Close() error { return p.rows.Close() }

// take gives the next assertion of a day before the given one, "" for any; nil when there is none.
func (p *pending) take(x *export, before string) (*assertion, error) {
	if p.next == nil && !p.over {
		if p.over = !p.rows.Next(); p.over {
			return nil, p.rows.Err()
		}
		var account, line int64
		a := new(assertion)
		if err := p.rows.Scan(&a.on, &account, &line, &a.amount, &a.currency); err != nil {
			return nil, err
		}
		a.account = x.names[place{account, line}]
		p.next = a
	}
	if p.next == nil || before != "" && p.next.on >= before {
		return nil, nil
	}
	a := p.next
	p.next = nil
	return a, nil
}

// assert writes the assertions of the days before one, those of a day together.
func (x *export) assert(d *dialect, p *pending, before string) error {
	var day []assertion
	for {
		a, err := p.take(x, before)
		if err != nil {
			return err
		}
		if len(day) > 0 && (a == nil || a.on != day[0].on) {
			d.assert(x, day)
			day = day[:0]
		}
		if a == nil {
			return nil
		}
		day = append(day, *a)
	}
}
