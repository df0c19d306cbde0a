package audit

// rowDigest rebuilds in SQL what audit.stamp made of a row al, by built-in functions only: whoever replaces the
// trigger's function does not replace the check.
const rowDigest = `sha256(array_send(ARRAY['audit.1', 'i' || al.id, 'T' || (extract(epoch FROM al.at) * 1000000)::bigint,
	'T' || (extract(epoch FROM al.recorded_at) * 1000000)::bigint, 't' || al.act, 'u' || al.actor_id, 't' || al.role,
	't' || al.object_kind, 'u' || al.object_id, 't' || al.label, 'j' || al.state_before::text, 'j' || al.state_after::text,
	't' || al.reason, 't' || al.rule_id, 'u' || al.delegate_of]))`

// rows recomputes the digest of every record.
func rows() Probe {
	return Chunks("audit.check.digests", "audit_log", `SELECT 'audit_log ' || x.id, encode(x.digest, 'hex'), encode(x.wanted, 'hex')
		FROM (SELECT al.id, al.digest, `+rowDigest+` AS wanted FROM audit_log al WHERE al.id >= ?0 AND al.id < ?1) x
		WHERE x.digest <> x.wanted ORDER BY x.id LIMIT 1`)
}
