package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const motoVersion = "5.2.1"

// start starts the policy oracle, then moto, and waits until both answer.
func (l *Lab) start(ctx context.Context) error {
	python := make(chan error, 1)
	var interpreter string
	go func() {
		var err error
		interpreter, err = l.Python(ctx)
		python <- err
	}()
	err := l.startOracle(ctx)
	if err := errors.Join(err, <-python); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyIn)
	defer cancel()
	l.server, err = spawn(command{
		name: "moto",
		argv: []string{
			interpreter, "-u", "server.py", "--port", "0", "--oracle", "http://" + l.oracleAddress, "--proxy", l.proxy.url(), "--ca", l.path("ca.pem"),
		},
		dir: filepath.Join(l.root, "internal", "lab", "moto"),
		env: l.serverEnv(),
		log: l.opts.Log,
	})
	if err != nil {
		return err
	}
	line, err := l.server.firstLine(ctx)
	if err != nil {
		return err
	}
	port, ok := strings.CutPrefix(line, "ready ")
	if _, err := strconv.ParseUint(port, 10, 16); !ok || err != nil {
		return fmt.Errorf("moto said %q and not \"ready <port>\"", line)
	}
	l.proxy.setTarget(net.JoinHostPort("127.0.0.1", port))
	return nil
}

func (l *Lab) serverAddress() string {
	l.proxy.mu.RLock()
	defer l.proxy.mu.RUnlock()
	return l.proxy.target
}

// serverEnv gives the servers what they need and nothing of AWS; their temporary files go when the lab does.
func (l *Lab) serverEnv() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8",
		"TMPDIR=" + l.path("tmp"), "PYTHONDONTWRITEBYTECODE=1",
	}
}

// Python returns an interpreter that has moto: the one on the path, or the repository's own environment.
func (l *Lab) Python(ctx context.Context) (string, error) {
	const script = `import importlib.metadata as m, sys; m.version("flask"); print(m.version("moto"), sys.executable)`
	var found []string
	for _, candidate := range []string{"python3", filepath.Join(l.root, ".venv", "bin", "python3")} {
		out, err := exec.CommandContext(ctx, candidate, "-c", script).Output() //nolint:gosec // both candidates are ours
		version, path, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		switch {
		case err != nil:
			found = append(found, candidate+": no moto, or none with its server")
		case version != motoVersion:
			found = append(found, candidate+": moto "+version)
		default:
			return path, nil
		}
	}
	return "", fmt.Errorf("the lab needs python3 with moto %s (%s); install it with:\n\tcd %s && python3 -m venv .venv && .venv/bin/python3 -m pip install 'moto[all,server]==%[1]s'",
		motoVersion, strings.Join(found, "; "), l.root)
}

// startOracle starts the policy evaluator and notes its address.
func (l *Lab) startOracle(ctx context.Context) error {
	dir := filepath.Join(l.root, "internal", "lab", "oracle")
	node, err := exec.LookPath("node")
	if err != nil {
		return errors.New("the lab needs Node.js 20 or newer on the path, for its policy evaluator; install it with:\n\tapt-get install nodejs npm (Debian, Ubuntu) or brew install node (macOS)")
	}
	if err := l.installOracle(ctx, dir); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyIn)
	defer cancel()
	l.oracle, err = spawn(command{name: "the policy oracle", argv: []string{node, "server.mjs"}, dir: dir, env: l.serverEnv(), log: l.opts.Log})
	if err != nil {
		return err
	}
	line, err := l.oracle.firstLine(ctx)
	if err != nil {
		return err
	}
	var said struct{ Port int }
	if err := json.Unmarshal([]byte(line), &said); err != nil || said.Port == 0 {
		return fmt.Errorf("the policy oracle said %q and not its port", line)
	}
	l.oracleAddress = fmt.Sprintf("127.0.0.1:%d", said.Port)
	return nil
}

// installOracle installs the evaluator's packages when they are missing or older than the lock file. Several test
// processes may find that at once, so one does it and the others wait.
func (l *Lab) installOracle(ctx context.Context, dir string) error {
	if oracleInstalled(dir) {
		return nil
	}
	lock, err := os.Open(filepath.Join(dir, "package-lock.json")) //nolint:gosec // the lab's own folder
	if err != nil {
		return fmt.Errorf("installing the policy oracle: %w", err)
	}
	defer lock.Close() //nolint:errcheck // nothing was written; closing frees the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("waiting to install the policy oracle: %w", err)
	}
	if oracleInstalled(dir) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, installIn)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir, cmd.Env = dir, l.outer
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("installing the policy oracle with \"npm ci --ignore-scripts\" in %s: %w\n%s", dir, err, out)
	}
	return nil
}

// oracleInstalled compares the lock file with the copy of it that npm writes last.
func oracleInstalled(dir string) bool {
	want, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return false
	}
	have, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json"))
	return err == nil && !have.ModTime().Before(want.ModTime())
}
