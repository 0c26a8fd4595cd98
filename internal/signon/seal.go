package signon

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// sealer encrypts what a browser keeps for us: it can neither read nor change it, nor use one kind for another.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return &sealer{aead}, nil
}

var errSeal = errors.New("signon: the seal is broken")

func (s *sealer) close(kind string, v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", kind, err)
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, raw, []byte(kind))), nil
}

func (s *sealer) open(kind, sealed string, v any) error {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return errSeal
	}
	if raw, err = s.aead.Open(nil, nil, raw, []byte(kind)); err != nil {
		return errSeal
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return errSeal
	}
	return nil
}
