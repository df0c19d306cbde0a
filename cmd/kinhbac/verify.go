package main

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/document"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
)

func verify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Recompute every balance, sum and seal; exit 1 with the first break",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			base, err := app.OpenBase(cmd.Context(), options(cmd, c))
			if err != nil {
				return err
			}
			defer base.Close()
			return check(cmd, base, c.KeyFile)
		},
	}
}

// check prints one line a check and stops at the first break.
func check(cmd *cobra.Command, base *app.Base, keyFile string) error {
	out := cmd.OutOrStdout()
	marked, err := storage.Shifted(cmd.Context(), base.DB)
	if err != nil {
		return err
	}
	if marked {
		fmt.Fprintln(out, "note  the content is an illustration: this database's clock was shifted once")
	}
	key, err := publicKey(keyFile, base.Data)
	if err != nil {
		return err
	}
	acts, err := audit.Verify(cmd.Context(), base.DB, key)
	if err != nil {
		return fmt.Errorf("verify the audit log: %w", err)
	}
	books, err := ledger.Verify(cmd.Context(), base.DB, key)
	if err != nil {
		return fmt.Errorf("verify the ledger: %w", err)
	}
	for _, one := range append(acts, books...) {
		name := i18n.Text(i18n.EN, one.Code)
		if one.Break != "" {
			fmt.Fprintf(out, "BREAK %s: %s\n", name, one.Break)
			return errReported
		}
		fmt.Fprintf(out, "ok    %s (%d)\n", name, one.Count)
	}
	return nil
}

// publicKey is the one that heads must be signed with; nil on a machine that has no key, where each head's own is believed.
func publicKey(file, data string) (ed25519.PublicKey, error) {
	if file == "" {
		file = filepath.Join(data, "keys", "ed25519")
	}
	if _, err := os.Stat(file); os.IsNotExist(err) {
		return nil, nil
	}
	signer, err := document.NewSigner(file)
	if err != nil {
		return nil, err
	}
	return signer.Public(), nil
}
