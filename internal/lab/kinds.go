package lab

import (
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Status answers with an HTTP status and an AWS error code, in the shape of the service's protocol; nothing is sent
// on. The code is also what SDKs decide by, such as "InternalError" or "AccessDenied".
type Status struct {
	Code      int
	ErrorCode string
}

// Delay sends the request on after a time.
type Delay time.Duration

// Trouble is a kind of fault without settings.
type Trouble int

const (
	// Throttle answers as the service does when it is asked too often.
	Throttle Trouble = iota
	// ResetBefore cuts the connection before anything is sent on.
	ResetBefore
	// ResetAfter sends the request on, waits for the whole answer, and cuts the connection: the work is done and the
	// client does not know.
	ResetAfter
	// CutAnswer sends the request on, and cuts the connection in the middle of the answer's body.
	CutAnswer
	// Hang never answers: until the client gives up, the fault is removed or the lab closes.
	Hang
)

func (s Status) apply(c *call) { c.fail(s.Code, s.ErrorCode) }

func (d Delay) apply(c *call) {
	if c.proxy.faults.wait(c.r.Context(), time.Duration(d)) != nil {
		panic(http.ErrAbortHandler)
	}
	c.forward()
}

func (k Trouble) apply(c *call) {
	switch k {
	case Throttle:
		s := throttleStatus(c.proto)
		c.fail(s.Code, s.ErrorCode)
	case ResetBefore:
		c.reset()
	case ResetAfter:
		c.sendAndForget()
		c.reset()
	case CutAnswer:
		c.cut()
	case Hang:
		c.hang()
	}
}

// throttleStatus is how services of a protocol say "too often".
func throttleStatus(p protocol) Status {
	switch p {
	case protocolS3:
		return Status{http.StatusServiceUnavailable, "SlowDown"}
	case protocolREST:
		return Status{http.StatusTooManyRequests, "TooManyRequestsException"}
	case protocolQuery:
		return Status{http.StatusBadRequest, "Throttling"}
	default:
		return Status{http.StatusBadRequest, "ThrottlingException"}
	}
}

func (c *call) sendAndForget() {
	resp, err := c.send()
	if err != nil {
		return
	}
	defer resp.Body.Close()                     //nolint:errcheck // reading is over
	_, _ = io.Copy(io.Discard, c.inspect(resp)) // nobody gets this answer
}

func (c *call) cut() {
	resp, err := c.send()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer resp.Body.Close() //nolint:errcheck // reading is over
	maps.Copy(c.w.Header(), resp.Header)
	c.w.WriteHeader(resp.StatusCode)
	_, _ = io.CopyN(flusher{c.w}, c.inspect(resp), max(resp.ContentLength, 0)/2) // the rest is lost anyway
	panic(http.ErrAbortHandler)
}

// hang reads the body first: only then does the server notice a client that gives up.
func (c *call) hang() {
	c.drain()
	select {
	case <-c.r.Context().Done():
	case <-c.fault.gone:
	case <-c.proxy.faults.closed:
	}
	panic(http.ErrAbortHandler)
}

func (c *call) drain() {
	_, _ = io.Copy(io.Discard, c.r.Body) // a client that stops sending is no worry here
}

// reset cuts the connection in the hard way, so that the client sees a reset and not an end.
func (c *call) reset() {
	c.drain()
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // at worst the cut is a soft one
	}
	_ = conn.Close() // as above
}

// fail answers with an error in the protocol's own shape.
func (c *call) fail(status int, code string) {
	c.drain()
	const message = "injected by the lab"
	h := c.w.Header()
	h.Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000")
	var body []byte
	switch c.proto {
	case protocolS3:
		h.Set("Content-Type", "application/xml")
		h.Set("X-Amz-Request-Id", "LABINJECTED00000")
		body = xmlError("Error", code, message)
	case protocolQuery:
		h.Set("Content-Type", "text/xml")
		body = append(append([]byte("<ErrorResponse>"), xmlError("Error", code, message)...), "</ErrorResponse>"...)
	case protocolCBOR:
		h.Set("Content-Type", "application/cbor")
		h.Set("Smithy-Protocol", "rpc-v2-cbor")
		h.Set("X-Amzn-Query-Error", code+";Sender")
		body = cborError(code, message)
	case protocolREST:
		h.Set("Content-Type", "application/json")
		h.Set("X-Amzn-Errortype", code)
		body = jsonError(map[string]string{"message": message})
	case protocolJSON:
		h.Set("Content-Type", c.r.Header.Get("Content-Type"))
		h.Set("X-Amzn-Query-Error", code+";Sender")
		body = jsonError(map[string]string{"__type": code, "message": message})
		// DynamoDB's, which its SDK checks.
		h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	}
	c.proxy.log.finish(c.entry, status)
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(body) // a client that has gone needs no answer
	}
}

func jsonError(m map[string]string) []byte {
	b, err := json.Marshal(m)
	if err != nil {
		// A map of strings always marshals.
		panic(err)
	}
	return b
}

func xmlError(element, code, message string) []byte {
	b, err := xml.Marshal(struct {
		XMLName xml.Name
		Type    string
		Code    string
		Message string
	}{xml.Name{Local: element}, "Sender", code, message})
	if err != nil {
		// A struct of strings always marshals.
		panic(err)
	}
	return b
}

// cborError writes {"__type": code, "message": message}: a map of two pairs of text strings, each under 256 bytes.
func cborError(code, message string) []byte {
	b := []byte{0xa2}
	for _, s := range []string{"__type", code, "message", message} {
		b = append(b, 0x78, byte(len(s))) //nolint:gosec // see above
		b = fmt.Append(b, s)
	}
	return b
}
