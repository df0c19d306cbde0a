// Package document signs receipts and heads (Ed25519), draws QR codes and numbers in words.
package document

import "crypto/ed25519"

// Signer holds the key of this installation.
type Signer struct{ key ed25519.PrivateKey }
