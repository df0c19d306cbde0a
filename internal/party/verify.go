package party

import "kinhbac/internal/audit"

// Probes hold organisations and who speaks for them against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("party.check.rows", audit.Tables("organisations", "organisation_members", "organisation_bars"))}
}
