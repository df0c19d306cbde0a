package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kinhbac/internal/app"
	"kinhbac/internal/i18n"
	"kinhbac/internal/notify"
)

func mail() *cobra.Command {
	cmd := &cobra.Command{Use: "mail", Short: "The letters of the outbox", Args: cobra.NoArgs}
	var waiting bool
	var limit int64
	list := &cobra.Command{
		Use:   "list",
		Short: "List letters, newest first; without SMTP_URL all of them wait here",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			base, err := app.OpenBase(cmd.Context(), options(cmd, c))
			if err != nil {
				return err
			}
			defer base.Close()
			letters, err := notify.List(cmd.Context(), base.DB, waiting, limit)
			if err != nil {
				return err
			}
			for _, m := range letters {
				state := "waits"
				if !m.SentAt.IsZero() {
					state = "sent"
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s  %-5s  %s\n    %s\n    %s\n", m.CreatedAt.Local().Format(time.DateTime),
					state, m.Address, m.Subject(i18n.VI), m.Body(i18n.VI)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	list.Flags().BoolVar(&waiting, "waiting", false, "only letters that were not sent")
	list.Flags().Int64Var(&limit, "limit", 50, "how many")
	cmd.AddCommand(list)
	return cmd
}
