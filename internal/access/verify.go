package access

import "kinhbac/internal/audit"

// Probes hold who may do what and who made which step against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("access.check.rows", audit.Loaded("units", "sod_pairs"), audit.Tables("access_ties", "access_steps"))}
}
