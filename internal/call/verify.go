package call

import "kinhbac/internal/audit"

// Probes hold programmes and calls against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("call.check.rows", audit.Loaded("programmes", "support_contents"), audit.Tables("calls", "call_criteria", "call_addenda", "call_forms", "cost_norms", "call_norms"))}
}
