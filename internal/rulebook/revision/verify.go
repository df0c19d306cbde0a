package revision

import "kinhbac/internal/audit"

// Probes hold the values of rules and their sources against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("rulebook.check.rows", audit.Loaded("rules", "rule_values", "rule_versions"))}
}
