package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinhbac/internal/audit"
)

// A proof kept once is checked for ever, with nothing but the program: the file of testdata came from an example.
func TestProofIsCheckedWithoutADatabase(t *testing.T) {
	const file = "testdata/voucher.json"
	if out := output(t, "verify", "proof", file); !strings.Contains(out, "ok    the voucher stands") || !strings.Contains(out, "NS-2026-000002") {
		t.Errorf("%s", out)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kept struct{ Inclusion struct{ Head audit.Signed } }
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	key := kept.Inclusion.Head.PublicKey.String()
	output(t, "verify", "proof", file, "--key", key)
	altered := filepath.Join(t.TempDir(), "altered.json")
	if err := os.WriteFile(altered, bytes.Replace(raw, []byte(`"reason": "`), []byte(`"reason": "không `), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{altered}, {file, "--key", strings.Repeat("0", 64)}, {file, "--key", "x"}, {"testdata/none.json"}, {"verify_test.go"}} {
		cmd := root()
		cmd.SetOut(new(bytes.Buffer))
		cmd.SetErr(new(bytes.Buffer))
		cmd.SetArgs(append([]string{"verify", "proof"}, args...))
		if err := cmd.ExecuteContext(t.Context()); err == nil {
			t.Errorf("%v is believed", args)
		}
	}
}

// A verification is told in lines or as one object, and both name the first break.
func TestVerdict(t *testing.T) {
	checks := []audit.Check{{Code: "ledger.check.zero_sum", Count: 7, Took: 2 * time.Millisecond},
		{Code: "ledger.check.lines", Count: 3, Break: "control_lines 1", Stands: "reserved 9", Wanted: "reserved 10"},
		{Code: "ledger.check.tree", Count: 7, Break: "ledger.journals 2"}}
	var lines bytes.Buffer
	manner{}.print(&lines, checks, true)
	for _, say := range []string{"note  ", "ok    Every journal balances and has all its legs (7)\n",
		"BREAK Every control line equals its postings: control_lines 1: stands reserved 9, should be reserved 10\n", "first break: control_lines 1: stands"} {
		if !strings.Contains(lines.String(), say) {
			t.Errorf("no %q in %s", say, lines.String())
		}
	}
	var quiet bytes.Buffer
	manner{quiet: true}.print(&quiet, checks[:1], true)
	if quiet.Len() > 0 {
		t.Errorf("quiet says %q", quiet.String())
	}
	var object bytes.Buffer
	if err := report(&object, checks, false, time.Second); err != nil {
		t.Fatal(err)
	}
	var v struct {
		OK         bool       `json:"ok"`
		FirstBreak *checkLine `json:"first_break"`
		Checks     []checkLine
	}
	if err := json.Unmarshal(object.Bytes(), &v); err != nil || v.OK || v.FirstBreak == nil || v.FirstBreak.Break != "control_lines 1" || len(v.Checks) != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	object.Reset()
	if err := report(&object, checks[:1], false, time.Second); err != nil || !strings.Contains(object.String(), `"ok": true`) || !strings.Contains(object.String(), `"first_break": null`) {
		t.Errorf("%s, %v", object.String(), err)
	}
}

// The changing line of a terminal names what runs and how far it is, and is gone at the end.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	p := watch(&out)
	p.step("ledger.check.digests", 0)
	p.step("ledger.check.digests", 25_000)
	time.Sleep(250 * time.Millisecond)
	p.done("ledger.check.digests", 1500*time.Millisecond, nil)
	p.close()
	if s := out.String(); !strings.Contains(s, "Digest of every journal 25000") || !strings.Contains(s, "Digest of every journal · 25000 · 1.5 s\n") || !strings.HasSuffix(s, "\r\x1b[K") {
		t.Errorf("%q", s)
	}
	var none *progress
	none.close()
}

func TestExportNamesItsLanguages(t *testing.T) {
	cmd := root()
	cmd.SetArgs([]string{"export", "cobol"})
	cmd.SetErr(new(bytes.Buffer))
	if err := cmd.ExecuteContext(t.Context()); err == nil || errors.Is(err, errReported) {
		t.Errorf("%v", err)
	}
	if help := output(t, "export", "--help"); !strings.Contains(help, "hledger|beancount|ledger") || !strings.Contains(help, "--book") || !strings.Contains(help, "--year") {
		t.Errorf("%s", help)
	}
}
