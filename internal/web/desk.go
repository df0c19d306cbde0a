package web

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/money"
)

// Desk is what the first page shows its reader besides the tasks. Rooms fill their parts in the order in which they
// were registered, so that a room downstream may finish a line that one upstream began; a part nobody fills is left out.
type Desk struct {
	Office    string // whose desk it is: an organisation's name
	Start     *Link  // the act a person without a task begins with
	Ways      []Link // pages the reader may open; those in the own navigation are left out
	Dossiers  []DeskDossier
	Payments  []DeskPayments
	Happened  []DeskEvent
	Calls     []DeskCall
	Clocks    []Pair // how long acts take, against the rule
	ClockNote string // since when they are counted
}

// Link is a button of the desk.
type Link struct{ Href, Label string }

// DeskDossier is one own dossier in public words.
type DeskDossier struct {
	Href, Title, Code, Call string
	Requested               money.Amount
	Noun, Status            string
	Next                    string // the step after this one, in words
}

// DeskPayments is the schedule of payments of one agreement.
type DeskPayments struct {
	No, Href string
	Total    money.Amount
	Parts    []DeskPayment
}

// DeskPayment is one turn of it.
type DeskPayment struct {
	ID           uuid.UUID // of the milestone
	Position     int
	For          string
	Amount       money.Amount
	Noun, Status string
	Note         string
}

// DeskEvent is something that happened, with where to read on.
type DeskEvent struct {
	At         time.Time
	Text, Href string
}

// DeskCall is a call under way: what happens with it now, and how much of it the reader may know.
type DeskCall struct{ Code, Stage, Note string }

// Call is the line of a call, nil when the desk does not show it.
func (d *Desk) Call(code string) *DeskCall {
	for i := range d.Calls {
		if d.Calls[i].Code == code {
			return &d.Calls[i]
		}
	}
	return nil
}

// Dossier is the line of a dossier by its address, nil when the desk does not show it.
func (d *Desk) Dossier(href string) *DeskDossier {
	for i := range d.Dossiers {
		if d.Dossiers[i].Href == href {
			return &d.Dossiers[i]
		}
	}
	return nil
}

// Side says that something stands beside the tasks.
func (d *Desk) Side() bool { return len(d.Calls)+len(d.Clocks) > 0 }

// events is how many of the latest events a desk shows.
const events = 6

// Desk registers what a room lays on the desk of its people.
func (rt *Router) Desk(fill func(ctx context.Context, d *Desk) error) {
	rt.desks = append(rt.desks, fill)
}

// desk asks every room; one that fails is left out and the page says so.
func (rt *Router) desk(ctx context.Context) (d Desk, failed bool) {
	for _, fill := range rt.desks {
		if err := fill(ctx, &d); err != nil {
			slog.ErrorContext(ctx, "desk of a room", "err", err)
			failed = true
		}
	}
	row := navOf[access.From(ctx).Active]
	d.Ways = slices.DeleteFunc(d.Ways, func(l Link) bool {
		return slices.ContainsFunc(row, func(e entry) bool { return e.path == l.Href })
	})
	slices.SortStableFunc(d.Happened, func(a, b DeskEvent) int { return b.At.Compare(a.At) })
	if len(d.Happened) > events {
		d.Happened = d.Happened[:events]
	}
	return d, failed
}

// Landing is the page a role begins with: its tasks, or the log for those who only read.
func Landing(role access.Role) string {
	if role == access.Auditor {
		return "/audit"
	}
	return "/inbox"
}
