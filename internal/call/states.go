package call

// Move is one arrow of the graph of states with the line of the policies that allows it.
type Move struct {
	From, To         Status
	Resource, Action string
}

// Moves is the whole graph: it starts at Draft and ends at Archived. That the awards are decided moves the call too.
var Moves = []Move{
	{Draft, Approved, "call", "approve"},
	{Approved, Published, "call", "publish"},
	{Published, Open, "call", "open"},
	{Open, Closed, "call", "close"},
	{Closed, Evaluating, "call", "evaluate"},
	{Evaluating, Decided, "award", "approve"},
	{Decided, Archived, "call", "archive"},
}

// when gives the conditions of the policies that only a call can judge. The open call is the one inside its
// window too, so that a job that runs late lets nothing in. New drafts and extensions end with the announced closing,
// the call itself with its grace.
var when = map[string]string{
	"state:draft":      "c.status = 'draft'",
	"state:approved":   "c.status = 'approved'",
	"state:published":  "c.status = 'published'",
	"state:open":       "c.status = 'open' AND c.opens_at <= kb.now()",
	"state:closed":     "c.status = 'closed'",
	"state:evaluating": "c.status = 'evaluating'",
	"state:decided":    "c.status = 'decided'",
	"before_deadline":  "kb.now() < c.closes_at",
	"after_deadline":   "kb.now() >= c.closes_at + c.grace_minutes * interval '1 minute'",
	"after_close":      "c.status IN ('closed', 'evaluating', 'decided', 'archived')",
}
