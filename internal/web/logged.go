package web

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
)

// logged keeps a record of a reading that the rules allow for a stated purpose only, before its answer leaves: who, in
// which role, for which case, what address. Reading that nobody restricts leaves none.
func (rt *Router) logged(ctx context.Context, c *fiber.Ctx, r *route) error {
	if r.method != fiber.MethodGet || r.resource == Everyone || r.resource == SignedIn {
		return nil
	}
	reader, ok := rt.opts.Access.Purposed(ctx, r.resource, r.action)
	if !ok {
		return nil
	}
	e := audit.Event{Act: r.resource + "." + r.action, Actor: reader.ID, Role: string(reader.Role), Kind: r.resource,
		Label: string([]rune(c.Path())[:min(200, len([]rune(c.Path())))]), Reason: access.From(ctx).Purpose}
	for _, segment := range strings.Split(c.Path(), "/") {
		if id, err := uuid.Parse(segment); err == nil {
			e.Object = id // the innermost one
		}
	}
	return audit.Record(ctx, rt.opts.DB, e)
}
