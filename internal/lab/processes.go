package lab

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a child that ends when its standard input does, so that none outlives a killed owner.
type process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
	tail  *tail
	ended chan struct{}
}

type command struct {
	name string
	argv []string
	dir  string
	env  []string
	log  io.Writer
}

// spawn starts a child in a process group of its own.
func spawn(c command) (*process, error) {
	cmd := exec.Command(c.argv[0], c.argv[1:]...) //nolint:noctx,gosec // it lives as long as the lab, and the lab itself wrote the line
	cmd.Dir, cmd.Env = c.dir, c.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A function that outlives its server may hold standard error open.
	cmd.WaitDelay = time.Second
	p := &process{name: c.name, cmd: cmd, tail: &tail{next: c.log}, ended: make(chan struct{})}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.name, err)
	}
	p.stdin = stdin
	// Not cmd.StdoutPipe, which Wait closes while it is being read.
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.name, err)
	}
	cmd.Stdout, cmd.Stderr = w, p.tail
	p.out = bufio.NewReader(r)
	err = cmd.Start()
	_ = w.Close() // the child has its own copy
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", c.name, err), r.Close())
	}
	go func() {
		_ = cmd.Wait() // how it ended is in its output
		close(p.ended)
	}()
	return p, nil
}

// firstLine waits for the line with which a child says that it is ready, and then reads on for the log's sake.
func (p *process) firstLine(ctx context.Context) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := p.out.ReadString('\n')
		got <- answer{strings.TrimSpace(line), err}
		_, _ = io.Copy(p.tail, p.out) // it ends with the child
	}()
	select {
	case a := <-got:
		if a.err == nil {
			return a.line, nil
		}
		// What it said on standard error is complete only at its end.
		select {
		case <-p.ended:
		case <-ctx.Done():
		}
		return "", fmt.Errorf("%s ended before it was ready:\n%s", p.name, p.tail)
	case <-ctx.Done():
		return "", fmt.Errorf("waiting for %s: %w\n%s", p.name, ctx.Err(), p.tail)
	}
}

// stop ends a child, with force after two seconds, and whatever it started.
func (p *process) stop() {
	if p == nil {
		return
	}
	_ = p.stdin.Close() // it may be closed already
	patience := time.NewTimer(2 * time.Second)
	defer patience.Stop()
	select {
	case <-p.ended:
	case <-patience.C:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // nothing is left of the group when all went well
	<-p.ended
}

// tail keeps the end of what was written.
type tail struct {
	next io.Writer

	mu  sync.Mutex
	buf bytes.Buffer
}

const tailSize = 16 << 10

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next != nil {
		_, _ = t.next.Write(b) // a log that cannot be written stops nothing
	}
	t.buf.Write(b)
	if over := t.buf.Len() - tailSize; over > 0 {
		t.buf.Next(over)
	}
	return len(b), nil
}

// String returns what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
