package access

import (
	"context"
	"slices"
)

// Purposed says whether the subject of ctx may do an act for a stated purpose only, and in which role: each of its roles
// that may at all asks for one. Such reading leaves a record.
func (a *Access) Purposed(ctx context.Context, resource, action string) (Actor, bool) {
	s := From(ctx)
	var reader *Actor
	for _, h := range holdings(s) {
		names, ok := a.cells[cell{h.role, act{resource, action}}]
		if !ok || slices.Contains(names, "timebox") && len(h.windows) == 0 {
			continue
		}
		if !slices.Contains(names, "purpose") {
			return Actor{}, false
		}
		if reader == nil {
			actor := trial{holding: h}.actor(s)
			reader = &actor
		}
	}
	if reader == nil {
		return Actor{}, false
	}
	return *reader, true
}
