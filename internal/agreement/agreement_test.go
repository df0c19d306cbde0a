package agreement

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

func terms() *Agreement {
	day := calendar.On
	a := &Agreement{ID: uuid.New(), No: "01/2026/HĐ-ĐMST", Title: "Bảo quản vải thiều", Amount: money.VND(100), Status: Draft,
		StartsOn: day(2026, 3, 1), EndsOn: day(2027, 3, 1), PayeeName: "Công ty A", PayeeBank: "970436", PayeeAccount: "115500884471",
		Milestones: []Milestone{{Position: 1, Name: "Thiết kế", Amount: money.VND(40), DueOn: day(2026, 9, 1)},
			{Position: 2, Name: "Chế tạo", Amount: money.VND(60), DueOn: day(2027, 3, 1)}}}
	a.Digest = a.Seal()
	return a
}

func TestCheckTerms(t *testing.T) {
	cases := []struct {
		name string
		edit func(*Agreement)
		want error
	}{
		{"fits", func(*Agreement) {}, nil},
		{"one đồng too little", func(a *Agreement) { a.Milestones[1].Amount = money.VND(59) }, ErrSum},
		{"one đồng too much", func(a *Agreement) { a.Milestones[1].Amount = money.VND(61) }, ErrSum},
		{"a milestone of nothing", func(a *Agreement) { a.Milestones[0].Amount = money.VND(0); a.Milestones[1].Amount = money.VND(100) }, ErrSum},
		{"exactly 60 months", func(a *Agreement) { a.EndsOn = calendar.On(2031, 3, 1) }, nil},
		{"a day over 60 months", func(a *Agreement) { a.EndsOn = calendar.On(2031, 3, 2) }, ErrTerm},
		{"ends when it starts", func(a *Agreement) { a.EndsOn = a.StartsOn }, ErrTerm},
		{"due after the end", func(a *Agreement) { a.Milestones[1].DueOn = calendar.On(2027, 3, 2) }, ErrTerm},
		{"bank of five digits", func(a *Agreement) { a.PayeeBank = "97043" }, ErrAccount},
		{"account too short", func(a *Agreement) { a.PayeeAccount = "12345" }, ErrAccount},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := terms()
			c.edit(a)
			if err := a.Check(); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestBothSignOneDigest(t *testing.T) {
	now := time.Now()
	a := terms()
	if err := a.SignState(uuid.New(), now); !errors.Is(err, ErrState) {
		t.Fatalf("the State signed first: %v", err)
	}
	if err := a.SignGrantee(uuid.New(), now); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*Agreement){
		"account":   func(a *Agreement) { a.PayeeAccount = "999900001111" },
		"milestone": func(a *Agreement) { a.Milestones[0].Name = "Khác" },
		"amount":    func(a *Agreement) { a.Amount = money.VND(101) },
	} {
		b := *a
		b.Milestones = append([]Milestone(nil), a.Milestones...)
		edit(&b)
		if err := b.SignState(uuid.New(), now); !errors.Is(err, ErrDigest) || b.Status != SignedGrantee {
			t.Fatalf("%s changed between the signatures: %v", name, err)
		}
	}
	if err := a.SignState(uuid.New(), now); err != nil || a.Status != Running {
		t.Fatalf("sign: %v, %s", err, a.Status)
	}
}

func TestGraph(t *testing.T) {
	reached := map[Status]bool{Draft: true}
	for range Moves {
		for _, m := range Moves {
			if m.Act == "" {
				t.Fatalf("%s → %s has no act", m.From, m.To)
			}
			if reached[m.From] {
				reached[m.To] = true
			}
		}
	}
	if len(reached) != 7 {
		t.Fatalf("reached %v", reached)
	}
	for _, m := range Moves {
		if m.From == Liquidated || m.From == Terminated {
			t.Fatalf("%s is final", m.From)
		}
	}
}
