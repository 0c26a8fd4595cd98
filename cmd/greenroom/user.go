package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"greenroom/internal/access"
	"greenroom/internal/account"
)

type userCmd struct {
	Add    userAddCmd    `cmd:"" help:"Add a person. Prints a link with which they choose their password."`
	List   userListCmd   `cmd:"" help:"List people."`
	Grant  userGrantCmd  `cmd:"" help:"Grant a role for the whole site."`
	Revoke userRevokeCmd `cmd:"" help:"Take a role away."`
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
	p, link, err := a.Accounts.Add(w.ctx, account.NewAccount{Email: c.Email, Name: c.Name})
	if err != nil {
		return err
	}
	if c.Role != account.RoleLearner {
		if err := a.Access.Grant(w.ctx, nil, access.Grant{PersonID: p.ID, Role: c.Role, Reason: "added with this role by an operator"}); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w.out, "Added %s. They choose their password at:\n%s\n", p.Email, link)
	return err
}

// roles are a person's roles in words: "admin, trainer (one delivery)"; "learner" when there are none.
func roles(p account.Person) string {
	var out []string
	for _, g := range p.Powers.List() {
		w := g.Role
		if g.DeliveryID != "" {
			w += " (one delivery)"
		}
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return account.RoleLearner
	}
	return strings.Join(out, ", ")
}

type userGrantCmd struct {
	Email  string `arg:"" help:"E-mail address."`
	Role   string `arg:"" help:"trainer, moderator, author or admin." enum:"trainer,moderator,author,admin"`
	Reason string `help:"Why; kept in the audit log." required:""`
}

func (c userGrantCmd) Run(w *world) error {
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := a.Accounts.ByEmail(w.ctx, c.Email)
	if err != nil {
		return err
	}
	if err := a.Access.Grant(w.ctx, nil, access.Grant{PersonID: p.ID, Role: c.Role, Reason: c.Reason}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "%s is %s now.\n", p.Email, c.Role)
	return err
}

type userRevokeCmd struct {
	Email  string `arg:"" help:"E-mail address."`
	Role   string `arg:"" help:"trainer, moderator, author or admin." enum:"trainer,moderator,author,admin"`
	Reason string `help:"Why; kept in the audit log." required:""`
}

func (c userRevokeCmd) Run(w *world) error {
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := a.Accounts.ByEmail(w.ctx, c.Email)
	if err != nil {
		return err
	}
	if err := a.Access.Revoke(w.ctx, nil, p.ID, c.Role, "", c.Reason); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "%s is not %s any more.\n", p.Email, c.Role)
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
	fmt.Fprintln(t, "EMAIL\tNAME\tROLES\tSINCE")
	after := ""
	for {
		list, err := a.Accounts.List(w.ctx, after, 500)
		if err != nil {
			return err
		}
		for _, p := range list {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Email, p.Name, roles(p), p.CreatedAt.Format("2006-01-02"))
			after = p.ID
		}
		if len(list) < 500 {
			return t.Flush()
		}
	}
}
