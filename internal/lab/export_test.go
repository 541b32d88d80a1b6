package lab

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

// NewOver returns a lab whose server is a handler: the proxy alone is under test.
func NewOver(tb testing.TB, h http.Handler) *Lab {
	tb.Helper()
	l, err := prepare(tb.Context(), Options{})
	if err != nil {
		tb.Fatal(err)
	}
	s := httptest.NewServer(h)
	l.proxy.setTarget(strings.TrimPrefix(s.URL, "http://"))
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
		s.Close()
	})
	return l
}

// WithKey returns an actor with a key id that the lab did not hand out.
func (l *Lab) WithKey(id string) *Account {
	return &Account{AccessKeyID: id, SecretAccessKey: "secret", lab: l}
}

// HTTPClient returns a client that trusts the lab and goes through its proxy.
func (l *Lab) HTTPClient() *http.Client { return &http.Client{Transport: l.client.GetTransport()} }

// Dir returns the lab's folder.
func (l *Lab) Dir() string { return l.dir }

// Run runs a command that ends with this process.
func (l *Lab) Run(cmd *exec.Cmd) error {
	wait, err := l.janitor.start(cmd)
	if err != nil {
		return err
	}
	return wait()
}

// Addresses returns where the lab's processes listen.
func (l *Lab) Addresses() []string {
	return []string{l.proxy.listener.Addr().String(), l.serverAddress(), l.oracleAddress}
}
