package web

import (
	"html/template"

	"kinhbac/internal/i18n"
)

// tones says which shape a state has; a state that is not here waits (ring, grey).
var tones = map[string]string{
	// moving
	"screening": "run", "submitted": "run", "under_review": "run", "evaluating": "run", "open": "run", "running": "run", "balloting": "run",
	"presented": "run", "checked": "run", "ordered": "run", "made": "run", "requested": "run", "appraised": "run", "confirmed": "run", "released": "run",
	"published": "ok", "issued": "run", "reported": "run", "sealed": "ok", "fund.closed": "ok", "partial": "run", "consolidated": "run", "assigned": "run", "resubmitted": "run", "due_diligence": "run",
	"screened": "run", "voted": "run", "recommended": "run", "proposed": "run", "now": "run", "adjusting": "run", "computed": "run", "loaded": "run", "doing": "run", "review": "run", "received": "run",
	// good end
	"eligible": "ok", "awarded": "ok", "funded": "ok", "approved": "ok", "accepted": "ok", "paid": "ok", "signed": "ok", "concluded": "ok", "decided": "ok",
	"counted": "ok", "verified": "ok", "locked": "ok", "settled": "ok", "liquidated": "ok", "active": "ok", "contracted": "ok", "established": "ok",
	"done": "ok", "reconciled": "ok", "final": "ok", "finalised": "ok", "passed": "ok", "on_track": "ok", "confirmed_end": "ok", "cast": "ok", "pass": "ok", "budget.estimate.assigned": "ok",
	// needs a person
	"supplement_requested": "warn", "reserve": "warn", "returned": "warn", "late": "warn", "at_risk": "warn", "default": "warn", "revision_requested": "warn",
	"unverified": "warn", "look": "warn", "amended": "warn", "mend": "warn", "supplement": "warn",
	// bad end
	"ineligible": "bad", "rejected": "bad", "not_recommended": "bad", "failed": "bad", "cancelled": "bad", "terminated": "bad", "withdrawn": "",
	"behind": "bad", "declined": "bad", "disabled": "bad", "written_off": "bad", "not_funded": "bad", "defaulted": "bad", "fail": "bad", "dropped": "bad",
}

func tone(noun, state string) string {
	if t, ok := tones[noun+"."+state]; ok {
		return t
	}
	return tones[state]
}

// statusTag is a state with its shape and its word. The word is the room's own (<noun>.status.<state>), else the
// house's for the noun, else the house's for the state.
func statusTag(lang i18n.Lang, noun, state, extra string) template.HTML {
	return template.HTML(`<span class="` + classes("tag", tone(noun, state)) + extra + `">` + template.HTMLEscapeString(StateWord(lang, noun, state)) + `</span>`)
}

// StateWord is the word of a state, for texts made in Go.
func StateWord(lang i18n.Lang, noun, state string) string {
	for _, code := range []string{noun + ".status." + state, "tag." + noun + "." + state} {
		if i18n.Has(code) {
			return i18n.Text(lang, code)
		}
	}
	return i18n.Text(lang, "tag."+state)
}
