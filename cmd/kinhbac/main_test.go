package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"kinhbac/internal/errs"
	"kinhbac/internal/pgserver"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var b bytes.Buffer
	cmd := root()
	cmd.SetOut(&b)
	cmd.SetErr(&b)
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("kinhbac %s: %v", strings.Join(args, " "), err)
	}
	return b.String()
}

func TestHelpListsCommandsFlagsAndEnvironment(t *testing.T) {
	help := output(t, "--help")
	for _, word := range []string{"demo", "serve", "migrate", "user", "verify", "mail", "version", "--data", "DATABASE_URL", "KINHBAC_KEY_FILE"} {
		if !strings.Contains(help, word) {
			t.Errorf("help does not name %s", word)
		}
	}
	for _, name := range []string{"demo", "serve"} {
		if help := output(t, name, "--help"); !strings.Contains(help, "--addr") || !strings.Contains(help, "--data") {
			t.Errorf("%s --help lists %q", name, help)
		}
	}
}

func TestEveryCommandSaysWhatItDoes(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" {
			t.Errorf("%s has no words", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root())
}

func TestVersionIsOneLine(t *testing.T) {
	if v := output(t, "version"); !strings.HasPrefix(v, "kinhbac ") || strings.Count(v, "\n") != 1 {
		t.Errorf("%q", v)
	}
}

func TestExit(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0}, {errors.New("anything"), 1}, {errReported, 1}, {errs.ErrNotFound, 1},
		{fmt.Errorf("%w; type this", pgserver.ErrNoBinaries), 2},
	} {
		if got := exit(c.err); got != c.want {
			t.Errorf("%v exits %d, want %d", c.err, got, c.want)
		}
	}
}

func TestRefusalsSpeakBothLanguages(t *testing.T) {
	if w := words(fmt.Errorf("grant: %w", errs.ErrNotFound)); !strings.Contains(w, " / ") || strings.Contains(w, "errs.") {
		t.Errorf("%q", w)
	}
	if w := words(errors.New("disk full")); w != "disk full" {
		t.Errorf("%q", w)
	}
}
