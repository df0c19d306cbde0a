package main

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/document"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
)

func verify() *cobra.Command {
	var how manner
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Recompute every balance, vote, payment and seal; exit 1 with the first break",
		Long: `Recompute every balance, vote, payment and seal on one unchanging view of the database, one line a check. Where something
does not hold the line names the row, what stands there and what should; the last line names the first of them, exit 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			o := options(cmd, c)
			o.Statement = time.Hour
			if how.json || how.quiet {
				o.Say = func(string) {}
			}
			base, err := app.OpenBase(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer base.Close()
			return how.check(cmd, base, c.KeyFile)
		},
	}
	cmd.Flags().BoolVar(&how.quiet, "quiet", false, "print only what does not hold")
	cmd.Flags().BoolVar(&how.json, "json", false, "print one JSON object instead of lines")
	cmd.AddCommand(verifyVoucher(), verifyProof())
	return cmd
}

// manner is how a verification is told.
type manner struct{ quiet, json bool }

func (m manner) check(cmd *cobra.Command, base *app.Base, keyFile string) error {
	marked, err := storage.Shifted(cmd.Context(), base.DB)
	if err != nil {
		return err
	}
	key, err := publicKey(keyFile, base.Data)
	if err != nil {
		return err
	}
	start := time.Now()
	o := audit.Options{Key: key}
	var bar *progress
	if !m.quiet && !m.json && terminal(cmd.ErrOrStderr()) {
		bar = watch(cmd.ErrOrStderr())
		o.Progress, o.Done = bar.step, bar.done
	}
	checks, err := audit.Prove(cmd.Context(), base.DB, app.Probes(), o)
	bar.close()
	if err != nil {
		return err
	}
	if m.json {
		err = report(cmd.OutOrStdout(), checks, marked, time.Since(start))
	} else {
		m.print(cmd.OutOrStdout(), checks, marked)
	}
	if err == nil && audit.First(checks) != nil {
		return errReported
	}
	return err
}

// print writes one line a check and the first break again at the end.
func (m manner) print(out io.Writer, checks []audit.Check, marked bool) {
	if marked && !m.quiet {
		fmt.Fprintln(out, "note  the content is an illustration: this database's clock was shifted once")
	}
	for _, c := range checks {
		name := i18n.Text(i18n.EN, c.Code)
		if c.Break != "" {
			fmt.Fprintf(out, "BREAK %s: %s\n", name, broken(c))
		} else if !m.quiet {
			fmt.Fprintf(out, "ok    %s (%d)\n", name, c.Count)
		}
	}
	if c := audit.First(checks); c != nil {
		fmt.Fprintf(out, "first break: %s\n", broken(*c))
	}
}

// broken is a break in words: the row, what stands there and what should.
func broken(c audit.Check) string {
	if c.Wanted == "" {
		return c.Break
	}
	return fmt.Sprintf("%s: stands %s, should be %s", c.Break, c.Stands, c.Wanted)
}

// verdict is a verification as a machine reads it.
type verdict struct {
	OK           bool        `json:"ok"`
	Illustration bool        `json:"illustration"` // the clock of this database was shifted once
	Seconds      json.Number `json:"seconds"`
	FirstBreak   *checkLine  `json:"first_break"`
	Checks       []checkLine `json:"checks"`
}

type checkLine struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Break  string `json:"break,omitempty"`
	Stands string `json:"stands,omitempty"`
	Wanted string `json:"wanted,omitempty"`
	MS     int64  `json:"ms"` // of the probe that made the check
}

func report(out io.Writer, checks []audit.Check, marked bool, took time.Duration) error {
	v := verdict{OK: true, Illustration: marked, Seconds: json.Number(fmt.Sprintf("%.3f", took.Seconds())), Checks: []checkLine{}}
	for _, c := range checks {
		l := checkLine{c.Code, i18n.Text(i18n.EN, c.Code), c.Count, c.Break, c.Stands, c.Wanted, c.Took.Milliseconds()}
		if v.Checks = append(v.Checks, l); c.Break != "" && v.OK {
			v.OK, v.FirstBreak = false, &l
		}
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
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
