package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"kinhbac/internal/access"
	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/identity"
)

func user() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Accounts and roles, from the server's own console", Args: cobra.NoArgs}
	cmd.AddCommand(userAdd(), userGrant(), userDisable(), userCode())
	return cmd
}

// withIdentity runs a command of identity as the program itself: whoever stands at the console holds the database.
func withIdentity(cmd *cobra.Command, do func(context.Context, *app.App) error) error {
	c, err := settings(cmd)
	if err != nil {
		return err
	}
	base, err := app.OpenBase(cmd.Context(), options(cmd, c))
	if err != nil {
		return err
	}
	defer base.Close()
	a, err := app.Build(cmd.Context(), app.Parts{DB: base.DB, Data: base.Data, Key: c.KeyFile})
	if err != nil {
		return err
	}
	if err := do(access.With(cmd.Context(), access.System()), a); err != nil {
		return err
	}
	_, err = audit.Seal(cmd.Context(), a.DB, a.Signer) // no server may be running to do it
	return err
}

func userAdd() *cobra.Command {
	var name, unit string
	var noFactor bool
	cmd := &cobra.Command{
		Use:   "add LOGIN",
		Short: "Make an account; the password is read from the input, an empty line makes one",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			password, made, err := readPassword(cmd)
			if err != nil {
				return err
			}
			return withIdentity(cmd, func(ctx context.Context, a *app.App) error {
				in := identity.NewUser{Login: args[0], Name: name, Password: password, Factor: !noFactor}
				if in.Unit, err = unitID(ctx, a.Identity, unit); err != nil {
					return err
				}
				u, uri, err := a.Identity.AddUser(ctx, in)
				if err != nil {
					return err
				}
				out := cmd.OutOrStdout()
				fmt.Fprintln(out, "account", u.Login)
				if made {
					fmt.Fprintln(out, "password", password)
				}
				if uri != "" {
					fmt.Fprintln(out, "second factor", uri)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "name of the person")
	cmd.Flags().StringVar(&unit, "unit", "", "code of the unit the person works in")
	cmd.Flags().BoolVar(&noFactor, "no-factor", false, "for applicants and signatories, who confirm by password")
	_ = cmd.MarkFlagRequired("name") // the flag was just declared
	return cmd
}

// readPassword takes one line; it is never an argument, which others on the machine could read.
func readPassword(cmd *cobra.Command) (password string, made bool, err error) {
	fmt.Fprintln(cmd.ErrOrStderr(), "password (empty makes one):")
	in := bufio.NewScanner(cmd.InOrStdin())
	if in.Scan() && in.Text() != "" {
		return in.Text(), false, nil
	}
	return rand.Text(), true, in.Err()
}

func userGrant() *cobra.Command {
	var unit, organisation, fund, from, to string
	cmd := &cobra.Command{
		Use:   "grant LOGIN ROLE",
		Short: "Give a role: alone while no security officer exists, afterwards as a proposal that a second person approves",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withIdentity(cmd, func(ctx context.Context, a *app.App) (err error) {
				g := identity.NewGrant{Role: access.Role(args[1])}
				if g.Unit, err = unitID(ctx, a.Identity, unit); err != nil {
					return err
				}
				for flag, target := range map[string]*uuid.UUID{organisation: &g.Organisation, fund: &g.Fund} {
					if flag == "" {
						continue
					}
					if *target, err = uuid.Parse(flag); err != nil {
						return fmt.Errorf("%q is no id: %w", flag, err)
					}
				}
				if from != "" {
					d, err := calendar.ParseDate(from)
					if err != nil {
						return err
					}
					g.From = d.Start()
				}
				if to != "" {
					d, err := calendar.ParseDate(to)
					if err != nil {
						return err
					}
					g.To = d.AddDays(1).Start()
				}
				granted, err := a.Identity.Grant(ctx, args[0], g)
				if err != nil {
					return err
				}
				state := "proposed: a second person approves it on the page of roles"
				if granted {
					state = "granted"
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), args[0], args[1], state)
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&unit, "unit", "", "code of the unit the role is for")
	f.StringVar(&organisation, "organisation", "", "id of the organisation the role is for")
	f.StringVar(&fund, "fund", "", "id of the fund the role is for")
	f.StringVar(&from, "from", "", "first day, dd/mm/yyyy")
	f.StringVar(&to, "to", "", "last day, dd/mm/yyyy; auditors need one")
	return cmd
}

func userDisable() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "disable LOGIN",
		Short: "Close an account and end its sessions",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withIdentity(cmd, func(ctx context.Context, a *app.App) error {
				if err := a.Identity.Disable(ctx, args[0], reason); err != nil {
					return err
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), args[0], "disabled")
				return err
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the audit log")
	_ = cmd.MarkFlagRequired("reason") // the flag was just declared
	return cmd
}

func userCode() *cobra.Command {
	return &cobra.Command{
		Use:   "code LOGIN",
		Short: "Print the current one-time code of a person of the demo; refused on every other database",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withIdentity(cmd, func(ctx context.Context, a *app.App) error {
				code, err := a.Identity.Code(ctx, args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), code)
				return err
			})
		},
	}
}

// unitID finds a unit by its code; "" is none.
func unitID(ctx context.Context, people *identity.Service, code string) (uuid.UUID, error) {
	if code == "" {
		return uuid.Nil, nil
	}
	return people.Unit(ctx, strings.ToUpper(code))
}
