package review

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
)

// Declaration is what a person says about its interests in a dossier, a call, a deal or a fund (khai báo xung
// đột lợi ích). ImposedBy is set when the office found the conflict.
// Source: Luật Phòng, chống tham nhũng 36/2018/QH14; NĐ 268/2025/NĐ-CP, Điều 12(3).
type Declaration struct {
	bun.BaseModel `bun:"table:coi_declarations,alias:coi"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	PersonID      uuid.UUID `bun:"type:uuid"`
	SubjectKind   string    // proposal, call, deal or fund
	SubjectID     uuid.UUID `bun:"type:uuid"`
	Conflict      bool
	Ground        string
	ImposedBy     *uuid.UUID `bun:"type:uuid"`
	DeclaredAt    time.Time
}

// Refusals of declarations.
var (
	ErrGround   = errs.New(errs.Invalid, "review.ground_missing")
	ErrDeclared = errs.New(errs.Conflict, "review.conflict_stands") // a conflict is not taken back by its declarer
	ErrSubject  = errs.New(errs.Invalid, "review.subject_unknown")
)

// AccessKind names the noun.
func (d *Declaration) AccessKind() string { return "coi_declaration" }

// AccessID is the declaration's id.
func (d *Declaration) AccessID() uuid.UUID { return d.ID }

// Check keeps the invariants: a known kind of subject, and a ground when there is a conflict.
func (d *Declaration) Check() error {
	switch d.SubjectKind {
	case "proposal", "call", "deal", "fund":
	default:
		return ErrSubject
	}
	if d.Conflict && strings.TrimSpace(d.Ground) == "" {
		return ErrGround.At(errs.Field{Name: "ground", Code: "review.ground_missing"})
	}
	return nil
}
