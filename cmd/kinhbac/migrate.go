package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"kinhbac/internal/pgserver"
	"kinhbac/internal/storage"
)

func migrations() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the schema up, take steps back, or show where it stands",
		Args:  cobra.NoArgs,
	}
	steps := 1
	down := &cobra.Command{
		Use:   "down",
		Short: "Take the last migrations back; their tables and data are gone",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOwner(cmd, func(db *bun.DB) error {
				gone, err := storage.Down(cmd.Context(), db, steps)
				for _, s := range gone {
					fmt.Fprintln(cmd.OutOrStdout(), "taken back", s.Stamp, s.Name)
				}
				return err
			})
		},
	}
	down.Flags().IntVar(&steps, "steps", 1, "how many")
	cmd.AddCommand(&cobra.Command{
		Use:   "up",
		Short: "Apply every pending migration and load changed reference data",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOwner(cmd, func(db *bun.DB) error {
				if err := storage.Migrate(cmd.Context(), db); err != nil {
					return err
				}
				return status(cmd, db)
			})
		},
	}, down, &cobra.Command{
		Use:   "status",
		Short: "List the migrations and when each was applied",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOwner(cmd, func(db *bun.DB) error { return status(cmd, db) })
		},
	})
	return cmd
}

// withOwner opens the database as kinhbac_owner and leaves its schema alone.
func withOwner(cmd *cobra.Command, do func(*bun.DB) error) (err error) {
	c, err := settings(cmd)
	if err != nil {
		return err
	}
	url := c.MigrateURL
	switch {
	case c.DatabaseURL != "" && url == "":
		return errors.New("with DATABASE_URL the role that migrates must be named too: set MIGRATE_DATABASE_URL")
	case url == "":
		server, err := pgserver.Open(cmd.Context(), pgserver.Options{Data: c.Data, Say: say(cmd)})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		url = server.URL(storage.Mover, pgserver.Database)
	}
	db, err := storage.Open(url, storage.Options{Role: storage.Owner, Statement: time.Hour})
	if err != nil {
		return err
	}
	defer db.Close()
	return do(db)
}

func status(cmd *cobra.Command, db *bun.DB) error {
	steps, err := storage.Status(cmd.Context(), db)
	if err != nil {
		return err
	}
	for _, s := range steps {
		at := "pending"
		if s.Applied {
			at = s.At.Local().Format(time.DateTime)
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-20s %s_%s\n", at, s.Stamp, s.Name); err != nil {
			return err
		}
	}
	return nil
}
