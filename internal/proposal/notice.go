package proposal

import (
	"context"
	"fmt"
	"strings"

	"kinhbac/internal/calendar"
	"kinhbac/internal/document"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// noticePage is the notice of the outcome of screening as an A4 document, made of the confirmed check alone.
type noticePage struct {
	web.Base
	Dossier *Dossier
	Check   *Check
	Head    document.Head
	Sign    document.Sign
}

func (h handler) notice(ctx context.Context, r web.Req) (*noticePage, error) {
	db := storage.Joined(ctx, h.svc.db)
	d, err := h.svc.read(ctx, r)
	if err != nil {
		return nil, err
	}
	c, err := CheckOf(ctx, db, d.ID)
	if err != nil {
		return nil, err
	}
	if c == nil || c.Status != CheckConfirmed {
		return nil, errs.ErrNotFound
	}
	if _, err := h.svc.access.Require(ctx, db, "eligibility_check", "read", c); err != nil {
		return nil, err
	}
	var signer string
	if err := db.NewRaw("SELECT name FROM users WHERE id = ?", c.DecidedBy).Scan(ctx, &signer); err != nil {
		return nil, fmt.Errorf("who decided check %s: %w", c.ID, err)
	}
	t := func(code string, args ...any) string { return i18n.T(ctx, "proposal.notice."+code, args...) }
	return &noticePage{
		Dossier: d, Check: c,
		Head: document.Head{Agency: t("agency"), Body: t("body"), Place: t("place"), On: calendar.DateOf(*c.DecidedAt),
			Type: t("type"), Title: t("title", d.Code)},
		Sign: document.Sign{Receivers: []string{d.Organisation.Name, t("file")}, Authority: []string{t("authority")}, Note: t("printed"), Name: signer},
	}, nil
}

// Reason is the reason told to the applicant, ended as documents end.
func (p *noticePage) Reason() string { return strings.TrimRight(p.Check.Reason, ". ") }
