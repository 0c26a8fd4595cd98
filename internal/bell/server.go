package bell

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Options say where the bell hangs.
type Options struct {
	Alone   bool        // there is one process and never another: no NATS at all
	URL     string      // a NATS of one's own, as nats://host:4222 or tls://…; "": the server of this process
	Cluster string      // host:port at which this node's server takes routes from others; "": none
	Routes  []string    // host:port of the other nodes' servers
	TLS     *tls.Config // of routes, both ways, and for a NATS of one's own; nil: none
	Secret  string      // of the site: nodes that do not know it get no route
	Log     *slog.Logger
}

const (
	startTimeout = 5 * time.Second
	again        = time.Second // between attempts to connect
)

// key is what the site's nodes know for one purpose. The secret itself goes nowhere.
func (o Options) key(purpose string) string {
	m := hmac.New(sha256.New, []byte(o.Secret))
	m.Write([]byte("doorbell: " + purpose))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// subject keeps sites that share a NATS apart.
func (o Options) subject() string { return "greenroom." + o.key("subject") }

// Open hangs the bell. A NATS of one's own may be away: the bell waits for it and is silent until then.
func Open(o Options) (*Bell, error) {
	b := newBell(o)
	if o.Alone {
		return b, nil
	}
	connect := []nats.Option{
		nats.Name("greenroom"), nats.MaxReconnects(-1), nats.ReconnectWait(again), nats.ReconnectBufSize(-1),
		nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2), nats.Timeout(2 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.log.Warn("doorbell: the connection is lost", "error", err.Error())
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.renewed() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.missed(err.Error()) }),
	}
	address := o.URL
	if address == "" {
		so, err := o.server(b.node)
		if err != nil {
			return nil, err
		}
		b.options = so
		if b.server, err = start(so); err != nil {
			return nil, err
		}
		connect = append(connect, nats.InProcessServer(b.server), nats.Token(so.Authorization))
	} else {
		connect = append(connect, nats.RetryOnFailedConnect(true), nats.ConnectHandler(func(*nats.Conn) { b.renewed() }))
		if o.TLS != nil {
			connect = append(connect, nats.Secure(o.TLS))
		}
	}
	var err error
	if b.conn, err = nats.Connect(address, connect...); err == nil {
		err = b.listen()
	}
	if err != nil {
		if b.server != nil {
			b.server.Shutdown()
		}
		return nil, fmt.Errorf("doorbell: %w", err)
	}
	close(b.hung)
	return b, nil
}

func (b *Bell) listen() error {
	sub, err := b.conn.Subscribe(b.subject, b.hear)
	if err != nil {
		return err
	}
	if err := sub.SetPendingLimits(maxHeard, maxHeard*maxBytes); err != nil {
		return err
	}
	if b.server == nil {
		return nil // it may be away
	}
	return b.conn.FlushTimeout(startTimeout)
}

// server is the server of this process: core messages only, no log, no files. Without routes it opens no port at all.
// With them it has to listen to clients too before it takes routes; those can only come from this machine, with a token
// that nobody is told.
func (o Options) server(name string) (*server.Options, error) {
	so := &server.Options{
		ServerName: name, NoLog: true, NoSigs: true, NoSystemAccount: true, DontListen: true, DisableJetStreamBanner: true,
		MaxPayload: 2 * maxBytes, Authorization: rand.Text(),
	}
	if o.Cluster == "" {
		return so, nil
	}
	host, port, err := split(o.Cluster)
	if err != nil {
		return nil, err
	}
	so.DontListen, so.Host, so.Port = false, "127.0.0.1", server.RANDOM_PORT
	so.Cluster = server.ClusterOpts{
		Name: "greenroom", Host: host, Port: port, Username: "node", Password: o.key("routes"),
		PoolSize: -1, ConnectRetries: 1 << 30, TLSConfig: o.TLS, TLSTimeout: 5, AuthTimeout: 5,
		PingInterval: 10 * time.Second, MaxPingsOut: 2,
	}
	for _, r := range o.Routes {
		if _, _, err := split(r); err != nil {
			return nil, err
		}
		so.Routes = append(so.Routes, &url.URL{Scheme: "nats-route", Host: r, User: url.UserPassword(so.Cluster.Username, so.Cluster.Password)})
	}
	return so, nil
}

func split(address string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(p)
	}
	if err != nil {
		return "", 0, fmt.Errorf("doorbell: %q is no host:port", address)
	}
	return strings.Trim(host, "[]"), port, nil
}

func start(so *server.Options) (*server.Server, error) {
	s, err := server.NewServer(so)
	if err != nil {
		return nil, fmt.Errorf("doorbell: %w", err)
	}
	go s.Start()
	if !s.ReadyForConnections(startTimeout) {
		s.Shutdown()
		return nil, errors.New("doorbell: its server does not start: is the port of the cluster taken?")
	}
	return s, nil
}
