package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// freshness is how long a proven second factor allows the act it was proven for.
const freshness = 5 * time.Minute

// holding is one role of the subject with the scopes of all its grants.
type holding struct {
	role                        Role
	units, organisations, funds []uuid.UUID
	windows                     [][2]time.Time // of grants with both ends
}

// holdings gives the roles of a subject in the order of its grants; the guest's rights come last, for everybody.
func holdings(s Subject) []holding {
	hs := make([]holding, 0, len(s.Grants)+1)
	for _, g := range s.Grants {
		i := slices.IndexFunc(hs, func(h holding) bool { return h.role == g.Role })
		if i < 0 {
			i, hs = len(hs), append(hs, holding{role: g.Role})
		}
		hs[i].units = scope(hs[i].units, g.Unit)
		hs[i].organisations = scope(hs[i].organisations, g.Organisation)
		hs[i].funds = scope(hs[i].funds, g.Fund)
		if !g.From.IsZero() && !g.To.IsZero() {
			hs[i].windows = append(hs[i].windows, [2]time.Time{g.From, g.To})
		}
	}
	return append(hs, holding{role: Guest})
}

func scope(ids []uuid.UUID, id uuid.UUID) []uuid.UUID {
	if id == uuid.Nil || slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

// question is everything a condition may look at.
type question struct {
	subject Subject
	holding holding
	noun    Noun
	action  string
	looks   bool      // the act only reads
	now     time.Time // of the machine
	person  string    // SQL that gives the subject's id; "" = the id itself
}

// condition gives SQL over the noun's alias; an error refuses and alarms.
type condition func(q question) (string, error)

// elsewhere is a condition that the room, the ledger or the web layer enforces where it can: true here unless the
// noun gives its own SQL.
func elsewhere(question) (string, error) { return "true", nil }

// conditions are the names policies may use; nil = judged by the noun's When only. state:X is of that kind too.
var conditions = map[string]condition{
	"own": own, "assigned": assigned, "seated": seated, "unit": unit, "same_fund": sameFund, "contracted": contracted,
	"no_coi": noCOI, "coi_declared": coiDeclared, "seat_secretary": seatSecretary,
	"not_maker": notMaker, "not_requester": notRequester, "not_payer": notPayer,
	"stepup": stepUp, "purpose": purpose, "timebox": timebox, "self_registration": selfRegistration,
	"once": elsewhere, "idem": elsewhere, "limit": elsewhere, "balanced": elsewhere, "period_open": elsewhere,
	"budget_ok": elsewhere, "reconciled": elsewhere, "ledger_zero": elsewhere, "sod_ok": elsewhere, "blind": elsewhere,
	"all_notified": elsewhere, "old_kept": elsewhere, "k5": elsewhere, "tracking_key": elsewhere,
	"unblinded": nil, "before_deadline": nil, "after_deadline": nil, "after_close": nil, "own_submitted": nil,
	"not_self": nil, "not_subject": nil, "quorum": nil, "all_ballots": nil, "presiding": nil, "natural_person": nil,
	"equal_treatment": nil, "cooling24h": nil, "notified": nil, "identity_proof": nil,
	"both_sign": nil, "dual": nil,
}

// judged says that a name may stand in a policy or in a noun's When.
func judged(name string) bool {
	if state, ok := strings.CutPrefix(name, "state:"); ok {
		return state != ""
	}
	_, ok := conditions[name]
	return ok
}

// ask gives the SQL of one condition.
func (q question) ask(name string) (string, error) {
	if sql, ok := q.noun.Acts[name]; ok && !q.looks {
		return when(sql, q.user()), nil
	}
	if sql, ok := q.noun.When[name]; ok {
		return when(sql, q.user()), nil
	}
	if c := conditions[name]; c != nil {
		return c(q)
	}
	return "", fmt.Errorf("noun %s does not judge %s", q.noun.Kind, name)
}

func (q question) user() string {
	if q.person != "" {
		return q.person
	}
	return literal(q.subject.ID)
}

func literal(id uuid.UUID) string { return "'" + id.String() + "'::uuid" }

// among says expr is one of ids; of none, it is not.
func among(expr string, ids []uuid.UUID) string {
	if expr == "" || len(ids) == 0 {
		return "false"
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = literal(id)
	}
	return expr + " IN (" + strings.Join(texts, ", ") + ")"
}

// tied says that one of who, SQL of a list, has a running tie of kind with one of the links; more narrows the tie.
func tied(kind, who string, links []Link, more string) string {
	parts := make([]string, len(links))
	for i, l := range links {
		parts[i] = fmt.Sprintf("EXISTS (SELECT 1 FROM access_ties kb_t WHERE kb_t.valid_to IS NULL AND kb_t.kind = '%s'"+
			" AND kb_t.subject_id IN (%s) AND kb_t.object_kind = '%s' AND kb_t.object_id = %s%s)", kind, who, l.Kind, l.ID, more)
	}
	if len(parts) == 0 {
		return "false"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

func own(q question) (string, error) {
	links := q.noun.with(q.noun.Own)
	if q.holding.role == OrgSignatory {
		who := make([]string, len(q.holding.organisations))
		for i, id := range q.holding.organisations {
			who[i] = literal(id)
		}
		if len(who) == 0 {
			return "false", nil
		}
		return ownOrItself(links, "organisation", strings.Join(who, ", ")), nil
	}
	return ownOrItself(links, "user", q.user()), nil
}

// ownOrItself says that one of who, SQL of a list, owns one of the links, or is the link of that kind itself.
func ownOrItself(links []Link, kind, who string) string {
	sql := tied("own", who, links, "")
	for _, l := range links {
		if l.Kind == kind {
			sql += " OR " + l.ID + " IN (" + who + ")"
		}
	}
	return "(" + sql + ")"
}

func assigned(q question) (string, error) {
	return tied("assigned", q.user(), q.noun.with(q.noun.Assigned), ""), nil
}

// seats are the seats under which a role acts. A finance officer sits in an appraisal team.
var seats = map[Role]string{
	CouncilChair: "'chair'", InvestmentBoard: "'chair'", CouncilSecretary: "'secretary'", FinanceOfficer: "'member'",
	CouncilMember: "'vice', 'scientific_secretary', 'critic', 'member'",
}

func seated(q question) (string, error) {
	kinds, ok := seats[q.holding.role]
	if !ok {
		return "", fmt.Errorf("no seat is for %s", q.holding.role)
	}
	return tied("seat", q.user(), q.noun.with(q.noun.Seat), " AND kb_t.reason IN ("+kinds+")"), nil
}

func seatSecretary(q question) (string, error) {
	return tied("seat", q.user(), q.noun.with(q.noun.Seat), " AND kb_t.reason = 'scientific_secretary'"), nil
}

func unit(q question) (string, error) {
	expr := q.noun.Managing
	switch q.holding.role {
	case FinanceOfficer, ChiefAccountant, AccountHolder:
		expr = q.noun.Finance
	}
	if expr == "" {
		return "", fmt.Errorf("noun %s has no unit for %s", q.noun.Kind, q.holding.role)
	}
	return among(expr, q.holding.units), nil
}

// sameFund asks for the fund of the grant; Sở Tài chính serves the funds whose finance unit it is.
func sameFund(q question) (string, error) {
	if q.noun.Fund == "" {
		return "", fmt.Errorf("noun %s has no fund", q.noun.Kind)
	}
	sql := among(q.noun.Fund, q.holding.funds)
	switch q.holding.role {
	case FinanceOfficer, ChiefAccountant, AccountHolder:
		sql = "(" + sql + " OR " + among(q.noun.Finance, q.holding.units) + ")"
	}
	return sql, nil
}

func contracted(q question) (string, error) {
	links := q.noun.with(q.noun.Own, q.noun.Conflict)
	parts := make([]string, len(links))
	for i, l := range links {
		parts[i] = fmt.Sprintf("EXISTS (SELECT 1 FROM access_ties kb_t WHERE kb_t.valid_to IS NULL AND kb_t.kind = 'contract'"+
			" AND kb_t.object_kind = '%s' AND kb_t.object_id = %s)", l.Kind, l.ID)
	}
	return "(" + strings.Join(parts, " OR ") + ")", nil
}

func noCOI(q question) (string, error) {
	sql := "NOT " + tied("conflict", q.user(), q.noun.with(q.noun.Conflict), "")
	if parties := q.noun.parties(); len(parties) > 0 {
		sql += " AND NOT " + tied("own", q.user(), parties, "")
	}
	return sql, nil
}

func coiDeclared(q question) (string, error) {
	return tied("coi_declared", q.user(), q.noun.declared(), ""), nil
}

// stepped says that the person behind the subject made a pending step on the row or its chain.
func stepped(q question, more string) string {
	links := q.noun.with(q.noun.Steps)
	parts := make([]string, len(links))
	for i, l := range links {
		parts[i] = fmt.Sprintf("EXISTS (SELECT 1 FROM access_steps kb_s WHERE kb_s.cleared_at IS NULL AND kb_s.object_kind = '%s'"+
			" AND kb_s.object_id = %s AND kb_s.person_id = (SELECT kb_p.person_id FROM users kb_p WHERE kb_p.id = %s)%s)",
			l.Kind, l.ID, q.user(), more)
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// notMaker lets a person do the same step again (line after line of one list), never a later one.
func notMaker(q question) (string, error) {
	return "NOT " + stepped(q, " AND kb_s.step <> '"+q.action+"'"), nil
}

func notRequester(q question) (string, error) {
	return "NOT " + stepped(q, " AND kb_s.step IN ('draft', 'prepare', 'create', 'submit', 'request', 'propose')"), nil
}

func notPayer(q question) (string, error) { return "NOT " + stepped(q, ""), nil }

// stepUp judges in Go what web has put into the subject: proven for exactly this act and content.
func stepUp(q question) (string, error) {
	if q.subject.Proved.IsZero() || q.now.Sub(q.subject.Proved) >= freshness {
		return "false", nil
	}
	return "true", nil
}

func purpose(q question) (string, error) {
	if q.subject.Purpose == "" {
		return "false", nil
	}
	return "true", nil
}

func timebox(q question) (string, error) {
	if len(q.holding.windows) == 0 {
		return "false", nil
	}
	parts := make([]string, len(q.holding.windows))
	for i, w := range q.holding.windows {
		parts[i] = fmt.Sprintf("(kb.now() >= '%s' AND kb.now() < '%s')", instant(w[0]), instant(w[1]))
	}
	return "(" + strings.Join(parts, " OR ") + ")", nil
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// selfRegistration holds for an account that the public form made and whose address was confirmed; the program
// itself only makes accounts through that form.
func selfRegistration(q question) (string, error) {
	if q.holding.role == Service {
		return "true", nil
	}
	return "EXISTS (SELECT 1 FROM users kb_p WHERE kb_p.id = " + q.user() + " AND kb_p.origin = 'public' AND kb_p.confirmed_at IS NOT NULL)", nil
}
