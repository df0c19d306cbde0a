package council

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kinhbac/internal/errs"
)

func found(err error, what string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", what, id, err)
	}
	return nil
}
