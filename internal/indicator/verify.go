package indicator

import "kinhbac/internal/audit"

// Probes hold targets and reported values against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("indicator.check.rows", audit.Loaded("indicators", "indicator_targets"), audit.Tables("indicator_entries"))}
}
