package lab

import (
	"net"
	"strings"
	"sync"
)

// awsSuffixes are the DNS suffixes of all partitions, the dual-stack ones included
// (https://docs.aws.amazon.com/general/latest/gr/rande.html).
const awsSuffixes = "amazonaws.com amazonaws.com.cn amazonaws.eu c2s.ic.gov sc2s.sgov.gov cloud.adc-e.uk csp.hci.ic.gov " +
	"api.aws api.amazonwebservices.com.cn api.amazonwebservices.eu"

// isAWSHost reports whether a host name ends with one of AWS's DNS suffixes and has a label before it.
func isAWSHost(host string) bool {
	_, ok := trimAWSSuffix(host)
	return ok
}

// trimAWSSuffix returns what stands before AWS's suffix, such as "sts.eu-west-1".
func trimAWSSuffix(host string) (string, bool) {
	host = strings.ToLower(host)
	for suffix := range strings.FieldsSeq(awsSuffixes) {
		if rest, ok := strings.CutSuffix(host, "."+suffix); ok && rest != "" {
			return rest, true
		}
	}
	return "", false
}

// tunnelListener hands the connections inside tunnels to an http.Server, which knows keep-alive and all the rest.
type tunnelListener struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newTunnelListener(addr net.Addr) *tunnelListener {
	return &tunnelListener{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (t *tunnelListener) add(c net.Conn) {
	select {
	case t.conns <- c:
	case <-t.done:
		_ = c.Close() // nobody is left to be told
	}
}

// Accept implements net.Listener.
func (t *tunnelListener) Accept() (net.Conn, error) {
	select {
	case c := <-t.conns:
		return c, nil
	case <-t.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (t *tunnelListener) Close() error {
	t.once.Do(func() { close(t.done) })
	return nil
}

// Addr implements net.Listener.
func (t *tunnelListener) Addr() net.Addr { return t.addr }
