package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

func (c *Config) checkNATS(bad wrongs) {
	if u := string(c.NATSURL); u != "" {
		if p, err := url.Parse(u); err != nil || p.Host == "" || (p.Scheme != "nats" && p.Scheme != "tls") {
			bad("GREENROOM_NATS_URL", "want nats://host:4222 or tls://host:4222")
		}
		if c.NATSCluster != "" {
			bad("GREENROOM_NATS_CLUSTER", "set either this or GREENROOM_NATS_URL")
		}
	}
	several := c.NATSURL != "" || c.NATSCluster != ""
	if several && strings.HasPrefix(string(c.DatabaseURL), "sqlite:") {
		bad("GREENROOM_DATABASE_URL", "several nodes need PostgreSQL: SQLite is for one")
	}
	if c.NATSCluster != "" {
		if _, _, err := net.SplitHostPort(c.NATSCluster); err != nil {
			bad("GREENROOM_NATS_CLUSTER", "want host:port, such as 10.0.0.1:6222")
		}
	}
	if c.NATSRoutes != "" && c.NATSCluster == "" {
		bad("GREENROOM_NATS_ROUTES", "needs GREENROOM_NATS_CLUSTER: the address of this node's own")
	}
	for _, r := range c.Routes() {
		if _, _, err := net.SplitHostPort(r); err != nil {
			bad("GREENROOM_NATS_ROUTES", "%q is no host:port", r)
		}
	}
	if (c.NATSCert == "") != (c.NATSKey == "") {
		bad("GREENROOM_NATS_KEY", "set both GREENROOM_NATS_CERT and GREENROOM_NATS_KEY, or neither")
	}
	if c.NATSCluster != "" && (c.NATSCert == "") != (c.NATSCA == "") {
		bad("GREENROOM_NATS_CA", "encrypted routes need all of GREENROOM_NATS_CERT, GREENROOM_NATS_KEY and GREENROOM_NATS_CA")
	}
	if _, err := c.NATSTLS(); err != nil {
		bad("GREENROOM_NATS_CERT", "%v", err)
	}
}

// Routes are the addresses of the other nodes.
func (c Config) Routes() []string {
	return strings.FieldsFunc(c.NATSRoutes, func(r rune) bool { return r == ',' || r == ' ' })
}

// NATSTLS is how nodes show themselves to each other and whom they believe; nil when no files are named.
func (c Config) NATSTLS() (*tls.Config, error) {
	if c.NATSCA == "" && c.NATSCert == "" {
		return nil, nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.NATSCA != "" {
		raw, err := os.ReadFile(c.NATSCA)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(raw) {
			return nil, fmt.Errorf("%s holds no certificate", c.NATSCA)
		}
		t.RootCAs, t.ClientCAs, t.ClientAuth = pool, pool, tls.RequireAndVerifyClientCert
	}
	if c.NATSCert != "" && c.NATSKey != "" {
		pair, err := tls.LoadX509KeyPair(c.NATSCert, c.NATSKey)
		if err != nil {
			return nil, errors.Join(errors.New("the certificate and its key"), err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}
