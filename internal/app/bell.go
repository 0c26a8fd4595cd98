package app

import (
	"fmt"
	"log/slog"
	"strings"

	"greenroom/internal/bell"
	"greenroom/internal/config"
	"greenroom/internal/stream"
)

// hang makes the doorbell that the settings ask for. Only a server has one: commands beside it would need a port of their
// own, and nodes find what a command wrote by looking at heads.
func hang(cfg config.Config, log *slog.Logger) (*bell.Bell, error) {
	secret, err := cfg.Root()
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	t, err := cfg.NATSTLS()
	if err != nil {
		return nil, fmt.Errorf("doorbell: %w", err)
	}
	if t == nil && cfg.NATSCluster != "" && !config.Loopback(cfg.NATSCluster) {
		log.Warn("routes between nodes are not encrypted: let a firewall keep others out, or set GREENROOM_NATS_CA", "address", cfg.NATSCluster)
	}
	return bell.Open(bell.Options{
		Alone: strings.HasPrefix(string(cfg.DatabaseURL), "sqlite:"), URL: string(cfg.NATSURL), Cluster: cfg.NATSCluster, Routes: cfg.Routes(), TLS: t, Secret: string(secret), Log: log,
	})
}

// doorbell is the bell between nodes where there is one.
func (a *App) doorbell() stream.Doorbell {
	if a.bell != nil {
		return a.bell
	}
	return stream.NewLocal()
}

// bells are the numbers of what is live, in the order of their names in Numbers.
func (a *App) bells() []float64 {
	sockets, topics, _ := a.Live.Status()
	l := a.Live.Counts()
	var b bell.Counts
	if a.bell != nil {
		b = a.bell.Counts()
	}
	return []float64{
		float64(sockets), float64(topics), float64(l.Cut), float64(l.Caught), float64(l.Found),
		float64(b.Sent), float64(b.Heard), float64(b.Lost), float64(b.Routes),
	}
}
