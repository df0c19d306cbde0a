package agreement

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/i18n"
)

// Account is where money of an organisation went from an instant on, by one of its agreements (tài khoản thụ hưởng).
type Account struct {
	AgreementID uuid.UUID `bun:"type:uuid"`
	No          string    // of the agreement
	Payee       string
	Bank        string // BIN, six digits
	Number      string
	Since       time.Time
	By          string // name of who set it, empty when no person did
	Outside     bool   // it was not written by an act of the program
}

// Accounts are the accounts of an organisation as the versions of its agreements kept them, first the latest; who set them is
// named in the reader's language.
func Accounts(ctx context.Context, db bun.IDB, organisation uuid.UUID) ([]Account, error) {
	var list []struct {
		Account
		Outside bool
	}
	err := db.NewRaw(`SELECT x.row_key AS agreement_id, x.no, x.payee, x.bank, x.number, x.at AS since, COALESCE(u.name, '') AS by, a.id IS NULL AS outside
		FROM (SELECT v.*, lag(v.account) OVER (PARTITION BY v.row_key ORDER BY v.id) AS before
		        FROM (SELECT w.id, w.row_key, w.at, w.recorded_xid, w.content ->> 'no' AS no, w.content ->> 'payee_name' AS payee,
		                     w.content ->> 'payee_bank' AS bank, w.content ->> 'payee_account' AS number,
		                     ARRAY[w.content ->> 'payee_name', w.content ->> 'payee_bank', w.content ->> 'payee_account'] AS account
		                FROM row_versions w WHERE w.relation = 'agreements' AND w.row_key IN (SELECT g.id::text FROM agreements g WHERE g.organisation_id = ?)) v) x
		LEFT JOIN LATERAL (SELECT l.id, l.actor_id FROM audit_log l WHERE l.recorded_xid = x.recorded_xid AND l.at = x.at
		       ORDER BY l.actor_id NULLS LAST, l.id LIMIT 1) a ON true
		LEFT JOIN users u ON u.id = a.actor_id
		WHERE x.account IS DISTINCT FROM x.before ORDER BY x.id DESC`, organisation).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("accounts of organisation %s: %w", organisation, err)
	}
	out := make([]Account, len(list))
	for i, x := range list {
		switch {
		case x.Outside:
			x.By = i18n.T(ctx, "agreement.account_outside")
		case x.By == "":
			x.By = i18n.T(ctx, "agreement.account_program")
		}
		out[i] = x.Account
	}
	return out, nil
}

// SeesAccounts says whether the reader may see the accounts an organisation had: people who pay, free of conflict with the
// object.
func SeesAccounts(ctx context.Context, db bun.IDB, acc *access.Access, o access.Object) (bool, error) {
	who := access.From(ctx)
	if pays := []access.Role{access.FinanceOfficer, access.ChiefAccountant, access.AccountHolder}; !slices.Contains(pays, who.Active) || !who.Has(who.Active) {
		return false, nil
	}
	free, err := acc.FreeOf(ctx, db, o.AccessKind(), []uuid.UUID{o.AccessID()})
	return len(free) > 0, err
}

// shownAccounts are the accounts for the page of an agreement, none for who may not see them.
func (s *Service) shownAccounts(ctx context.Context, db bun.IDB, v *view) ([]Account, error) {
	sees, err := SeesAccounts(ctx, db, s.access, v)
	if err != nil || !sees {
		return nil, err
	}
	return Accounts(ctx, db, v.OrganisationID)
}
