package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

type readyCmd struct {
	Alive bool `help:"Ask only whether the process lives, not whether it can serve: what a container's health check wants."`
}

// Run asks the server of these settings on this machine. It needs neither a shell nor another program, so that an image
// without any has a health check.
func (c readyCmd) Run(w *world) error {
	cfg, _, err := w.settings()
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(cfg.Addr)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // it listens everywhere, so also here
	}
	path := "/readyz"
	if c.Alive {
		path = "/healthz"
	}
	ctx, cancel := context.WithTimeout(w.ctx, 4*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %d", res.StatusCode)
	}
	_, err = fmt.Fprintln(w.out, "ready")
	return err
}
