package main

import (
	"fmt"
	"text/tabwriter"

	"greenroom/internal/account"
)

type userCmd struct {
	Add  userAddCmd  `cmd:"" help:"Add a person. Prints a link with which they choose their password."`
	List userListCmd `cmd:"" help:"List people."`
}

type userAddCmd struct {
	Email string `arg:"" help:"E-mail address."`
	Name  string `help:"Name to show." required:""`
	Role  string `help:"learner, trainer, moderator, author or admin." default:"learner" enum:"learner,trainer,moderator,author,admin"`
}

func (c userAddCmd) Run(w *world) error {
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	p, link, err := a.Accounts.Add(w.ctx, account.NewAccount{Email: c.Email, Name: c.Name, Role: c.Role})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "Added %s. They choose their password at:\n%s\n", p.Email, link)
	return err
}

type userListCmd struct{}

func (userListCmd) Run(w *world) error {
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "EMAIL\tNAME\tROLE\tSINCE")
	after := ""
	for {
		list, err := a.Accounts.List(w.ctx, after, 500)
		if err != nil {
			return err
		}
		for _, p := range list {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Email, p.Name, p.Role, p.CreatedAt.Format("2006-01-02"))
			after = p.ID
		}
		if len(list) < 500 {
			return t.Flush()
		}
	}
}
