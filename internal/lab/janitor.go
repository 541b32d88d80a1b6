package lab

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// janitor is the child that cleans up when the owner is gone, however it went: it kills the commands that were running
// and removes the lab's folder. Commands such as go and terraform know nothing of an owner and would go on.
type janitor struct {
	*process
	mu sync.Mutex
}

// janitorScript reads "+ <group>" and "- <group>" until its input ends. It tries to remove the folder for a while,
// since the servers may still be writing their last.
const janitorScript = `
groups=" "
while read -r what group; do
	case $what in
	+) groups="$groups$group " ;;
	-) groups="${groups%% $group *} ${groups#* $group }" ;;
	esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
for i in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf -- "$0" && exit 0
	sleep 0.3
done
`

func startJanitor(dir string) (*janitor, error) {
	p, err := spawn(command{name: "the lab's janitor", argv: []string{"/bin/sh", "-c", janitorScript, dir}, dir: "/", env: []string{"PATH=/usr/bin:/bin"}})
	if err != nil {
		return nil, err
	}
	return &janitor{process: p}, nil
}

// heldScript runs a command when a line comes on its third descriptor, and not at all when that ends without one.
const heldScript = `read -r go <&3 && exec 3<&- && exec "$@"`

// start starts a command in a process group of its own, under the janitor's eyes, and returns its Wait. Cancelling the
// command's context kills the group. The command is held until the janitor knows of it, so that it cannot outlive an
// owner who is killed in between.
func (j *janitor) start(cmd *exec.Cmd) (wait func() error, err error) {
	held, letGo, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("holding %s: %w", cmd.Path, err)
	}
	defer letGo.Close() //nolint:errcheck // a pipe
	cmd.Args = append([]string{"/bin/sh", "-c", heldScript, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.ExtraFiles = []*os.File{held}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return killGroup(cmd) }
	err = cmd.Start()
	_ = held.Close() // the child has its own copy
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the command
	}
	j.tell("+", cmd.Process.Pid)
	_, _ = letGo.WriteString("\n")
	return func() error {
		defer j.tell("-", cmd.Process.Pid)
		return cmd.Wait()
	}, nil
}

// tell never fails in a way that matters: without a janitor there is only less tidiness.
func (j *janitor) tell(what string, group int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = fmt.Fprintln(j.stdin, what, group)
}

func killGroup(cmd *exec.Cmd) error {
	return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) //nolint:wrapcheck // for exec.Cmd to judge
}
