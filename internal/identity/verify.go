package identity

import "kinhbac/internal/audit"

// Probes hold people and their roles against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("identity.check.rows", audit.Tables("role_grants", "role_grant_proposals"),
		[]audit.Kept{{Table: "users", Leave: []string{"password_hash", "password_changed_at"}}})}
}
