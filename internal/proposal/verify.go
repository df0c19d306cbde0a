package proposal

import "kinhbac/internal/audit"

// Probes hold dossiers and how they were checked against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("proposal.check.rows", audit.Tables("proposals", "proposal_costs", "proposal_members", "proposal_files", "proposal_versions",
		"eligibility_checks", "eligibility_findings"))}
}
