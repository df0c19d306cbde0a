package document

import "kinhbac/internal/audit"

// Probes hold files and receipts against what the acts on them left.
func Probes() []audit.Probe {
	return []audit.Probe{audit.Rows("document.check.rows", audit.Tables("files", "receipts"))}
}
