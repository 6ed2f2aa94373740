package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// sandbox is one running pod: a process with its own root directory and network.
type sandbox struct {
	address   string
	startedAt time.Time
	process   *os.Process
	log       *podLog
	ended     chan struct{}
	ending    atomic.Bool
}

type startRequest struct {
	command *exec.Cmd
	result  chan error
}

// startProcesses starts all processes from one thread, since the kernel ends a child with the thread that started it.
func startProcesses(requests <-chan startRequest) {
	runtime.LockOSThread()
	for request := range requests {
		request.result <- request.command.Start()
	}
}

func (n *node) startSandbox(ctx context.Context, pod *corev1.Pod) (*sandbox, error) {
	folder := filepath.Join(n.folder, string(pod.UID))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	if err := n.mount(ctx, pod, folder); err != nil {
		return nil, err
	}
	if err := linkOrCopy(n.program, filepath.Join(folder, n.image)); err != nil {
		return nil, err
	}
	n.mutex.Lock()
	n.addresses++
	number := n.addresses
	n.mutex.Unlock()
	box := &sandbox{
		address:   fmt.Sprintf("%s.%d.%d", n.podPrefix, 1+number/250, 1+number%250),
		startedAt: time.Now(),
		log:       &podLog{},
		ended:     make(chan struct{}),
	}
	reader, writer := io.Pipe()
	command := exec.Command("/" + n.image)
	command.Dir = "/"
	command.Env = environment(pod, box.address)
	command.Stdout, command.Stderr = writer, writer
	command.SysProcAttr = &syscall.SysProcAttr{
		Chroot:     folder,
		Cloneflags: syscall.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	request := startRequest{command: command, result: make(chan error)}
	n.starter <- request
	if err := <-request.result; err != nil {
		return nil, err
	}
	box.process = command.Process
	go box.log.read(bufio.NewReader(reader))
	go func() {
		_ = command.Wait()
		_ = writer.Close()
		close(box.ended)
		_ = os.RemoveAll(folder)
	}()
	if err := n.connect(command.Process.Pid, number, box.address); err != nil {
		box.stop()
		return nil, err
	}
	return box, nil
}

// connect gives the process's network namespace an interface on the bridge.
func (n *node) connect(pid, number int, address string) error {
	link := fmt.Sprintf("pod%d", number)
	outside := fmt.Sprintf("link add %s type veth peer name eth0 netns %d\nlink set %s master %s up\n", link, pid, link, n.bridge)
	if err := ip(outside); err != nil {
		return err
	}
	inside := fmt.Sprintf("link set lo up\naddr add %s/16 dev eth0\nlink set eth0 up\nroute add default via %s\n", address, n.nodeIP)
	return ip(inside, "nsenter", "--net", fmt.Sprintf("--target=%d", pid))
}

// ip runs lines of the program of that name, behind a prefix of the command.
func ip(lines string, prefix ...string) error {
	words := append(prefix, "ip", "-batch", "-")
	command := exec.Command(words[0], words[1:]...)
	command.Stdin = strings.NewReader(lines)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, output)
	}
	return nil
}

func (b *sandbox) stop() {
	b.ending.Store(true)
	if err := b.process.Kill(); err != nil && err != os.ErrProcessDone {
		log.Printf("process %d: %v", b.process.Pid, err)
	}
	<-b.ended
}

func (b *sandbox) stopped() bool { return b.ending.Load() }

// listens tells whether anything in the pod waits for traffic. Which port is the application's own business: one of the
// suite's pods listens elsewhere on purpose, and must be ready.
func (b *sandbox) listens() bool {
	for name, state := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", b.process.Pid, name))
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(table), "\n")[1:] {
			if fields := strings.Fields(line); len(fields) > 3 && fields[3] == state {
				return true
			}
		}
	}
	return false
}

// environment is the container's, with the fields of the pod that it refers to.
func environment(pod *corev1.Pod, address string) []string {
	fields := map[string]string{
		"metadata.name":      pod.Name,
		"metadata.namespace": pod.Namespace,
		"metadata.uid":       string(pod.UID),
		"spec.nodeName":      pod.Spec.NodeName,
		"status.podIP":       address,
	}
	var values []string
	for _, variable := range pod.Spec.Containers[0].Env {
		value := variable.Value
		if from := variable.ValueFrom; from != nil && from.FieldRef != nil {
			value = fields[from.FieldRef.FieldPath]
		}
		values = append(values, variable.Name+"="+value)
	}
	return values
}

func linkOrCopy(from, to string) error {
	if err := os.Link(from, to); err == nil || os.IsExist(err) {
		return nil
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o755)
}
