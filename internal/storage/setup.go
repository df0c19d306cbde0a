package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// The roles of the cluster.
const (
	Owner  = "kinhbac_owner"   // no login, owns everything
	Mover  = "kinhbac_migrate" // logs in to migrate, becomes Owner
	App    = "kinhbac_app"     // the server: rows by grant, never the schema
	Reader = "kinhbac_read"    // reports outside the program
)

const createRoles = `
DO $$
DECLARE role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['kinhbac_owner', 'kinhbac_migrate', 'kinhbac_app', 'kinhbac_read'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE', role);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another starter was faster
        END;
    END LOOP;
    IF (SELECT count(*) FROM pg_roles WHERE rolcanlogin AND rolname IN ('kinhbac_migrate', 'kinhbac_app', 'kinhbac_read')) < 3 THEN
        ALTER ROLE kinhbac_migrate LOGIN NOINHERIT;
        ALTER ROLE kinhbac_app LOGIN;
        ALTER ROLE kinhbac_read LOGIN;
    END IF;
    IF NOT pg_has_role('kinhbac_migrate', 'kinhbac_owner', 'MEMBER') THEN
        GRANT kinhbac_owner TO kinhbac_migrate;
    END IF;
END $$`

// Setup makes the roles and the database if they are missing. super is a superuser on any database of the cluster;
// the same call again changes nothing. An administrator of a shared server may run the same SQL by hand (README).
func Setup(ctx context.Context, super *bun.DB, database string) error {
	if _, err := super.ExecContext(ctx, createRoles); err != nil {
		return fmt.Errorf("create roles: %w", err)
	}
	return CreateDatabase(ctx, super, database, "template1")
}

// CreateDatabase makes an empty database owned by Owner from a template, unless it exists.
func CreateDatabase(ctx context.Context, super *bun.DB, database, template string) error {
	var exists bool
	if err := super.NewRaw("SELECT EXISTS (SELECT FROM pg_database WHERE datname = ?)", database).Scan(ctx, &exists); err != nil || exists {
		return err
	}
	for _, q := range []string{
		"CREATE DATABASE ?0 OWNER kinhbac_owner TEMPLATE ?1 ENCODING 'UTF8'",
		"REVOKE ALL ON DATABASE ?0 FROM PUBLIC",
		"GRANT CONNECT, TEMPORARY ON DATABASE ?0 TO kinhbac_app, kinhbac_migrate",
		"GRANT CONNECT ON DATABASE ?0 TO kinhbac_read",
	} {
		if _, err := super.ExecContext(ctx, q, bun.Ident(database), bun.Ident(template)); err != nil {
			return fmt.Errorf("create database %s: %w", database, err)
		}
	}
	return nil
}
