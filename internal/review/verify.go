package review

import "kinhbac/internal/audit"

// Probes hold declarations, assignments and sheets against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("review.check.rows", audit.Tables("coi_declarations", "review_assignments", "review_sheets", "review_scores"))}
}
