package app

import (
	"testing"

	"kinhbac/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
