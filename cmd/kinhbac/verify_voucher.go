package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"kinhbac/internal/app"
	"kinhbac/internal/ledger"
)

func verifyVoucher() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "voucher NUMBER",
		Short: "Prove that one voucher is sealed as it stands, and keep the proof",
		Long: `Prove that one voucher stands, word for word, in the sealed tree of the ledger. With --proof the proof is kept in a
file that kinhbac verify proof checks without a database; - writes it to standard output.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			base, err := app.OpenBase(cmd.Context(), options(cmd, c))
			if err != nil {
				return err
			}
			defer base.Close()
			p, err := ledger.ProveVoucher(cmd.Context(), base.DB, args[0])
			if err != nil {
				return err
			}
			key, err := publicKey(c.KeyFile, base.Data)
			if err != nil {
				return err
			}
			if file != "" {
				if err := keep(cmd.OutOrStdout(), file, p); err != nil || file == "-" {
					return err
				}
			}
			return judge(cmd.OutOrStdout(), p, key)
		},
	}
	cmd.Flags().StringVar(&file, "proof", "", "write the proof to this file, - for standard output")
	return cmd
}

func verifyProof() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "proof FILE",
		Short: "Check the proof of a voucher without a database",
		Long: `Check the proof of a voucher without a database: its content gives its digest, the digest leads to the root of the
sealed tree, and the root is signed. Name with --key the public key of the installation, as printed on its reports; without it
the key in the file is believed, and printed to be compared.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var public ed25519.PublicKey
			if key != "" {
				raw, err := hex.DecodeString(strings.TrimSpace(key))
				if err != nil || len(raw) != ed25519.PublicKeySize {
					return errors.New("--key takes the 64 hexadecimal digits of an Ed25519 public key")
				}
				public = raw
			}
			raw, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			p := new(ledger.VoucherProof)
			if err := json.Unmarshal(raw, p); err != nil {
				return fmt.Errorf("%s is no proof of a voucher: %w", args[0], err)
			}
			return judge(cmd.OutOrStdout(), p, public)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "public key that must have signed the head, in hexadecimal digits")
	return cmd
}

func keep(out io.Writer, file string, p *ledger.VoucherProof) error {
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	if file == "-" {
		_, err = out.Write(raw)
		return err
	}
	return os.WriteFile(file, raw, 0o644)
}

// judge prints a voucher with its proof and says whether it holds.
func judge(out io.Writer, p *ledger.VoucherProof, key ed25519.PublicKey) error {
	v, i := p.Voucher, p.Inclusion
	fmt.Fprintf(out, "voucher    %s  %s %s  %s\n", v.Number, v.Book, v.Kind, v.EffectiveOn)
	fmt.Fprintf(out, "document   %s %s\n", v.DocumentKind, v.DocumentNo)
	for _, l := range v.Legs {
		fmt.Fprintf(out, "           %-20s %20s %s\n", l.Account, l.Amount, l.Currency)
	}
	fmt.Fprintf(out, "digest     %s\nleaf       %d of %d\nroot       %s\nsealed     %s\nkey        %s\n", i.Digest, i.Leaf, i.Head.Size,
		i.Head.Root, i.Head.SealedAt.Format("2006-01-02T15:04:05Z"), i.Head.PublicKey)
	if err := p.Check(key); err != nil {
		fmt.Fprintf(out, "BREAK %v\n", err)
		return errReported
	}
	fmt.Fprintln(out, "ok    the voucher stands in the sealed tree as written here")
	return nil
}
