package party

import (
	"context"
	"strings"

	"kinhbac/internal/access"
	"kinhbac/internal/web"
)

// desk heads the desk of an applicant with the organisations the person acts for.
func (s *Service) desk(ctx context.Context, d *web.Desk) error {
	if who := access.From(ctx).Active; who != access.Applicant && who != access.OrgSignatory {
		return nil
	}
	mine, err := s.Mine(ctx)
	names := make([]string, len(mine))
	for i, o := range mine {
		names[i] = o.Name
	}
	d.Office = strings.Join(names, ", ")
	return err
}
