package signonweb_test

import (
	"encoding/json"
	"net"
	"strings"
	"testing"

	"encoding/base64"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"
)

// listen takes an address that was free a moment ago.
func listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	ok(t, err)
	return l
}

func anotherKey(t *testing.T) *mockoidc.Keypair {
	t.Helper()
	k, err := mockoidc.RandomKeypair(2048)
	ok(t, err)
	return k
}

// resigned signs what a token says with another key.
func resigned(t *testing.T, k *mockoidc.Keypair, token string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	ok(t, err)
	m := jwt.MapClaims{}
	ok(t, json.Unmarshal(raw, &m))
	out, err := k.SignJWT(m)
	ok(t, err)
	return out
}
