// Package document signs what the office hands out (Ed25519), draws QR codes, writes amounts and dates in words, and
// describes the head and the signing block of A4 documents after Decree 30/2020/NĐ-CP.
//
// # Decisions
//
// 24/11/2026: a receipt is signed as five plain lines of text, not as JSON, so that anybody can check it with the
// public key and a common tool, and no question of canonical form arises. The signed text is rebuilt from the
// stored fields at each check; the public key used stays in signing_keys, so a receipt outlives a change of keys.
//
// 24/11/2026: the key to track a dossier is 8 characters of Crockford's base32 (40 random bits), stored as it is: it
// opens public words only, and the applicant's receipt must be able to show it again.
package document
