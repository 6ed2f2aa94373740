// Command pod-runner stands in for scheduler, kubelet, container runtime and network of one node. It runs pods of exactly
// one image, the suite's echo backend: each as a process of its own, with its own root directory and its own network
// namespace on a bridge. It needs root, and ends every pod with itself.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

type settings struct {
	kubeconfig string
	nodeName   string
	nodeIP     string
	bridge     string
	podPrefix  string
	image      string
	program    string
	folder     string
}

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	var s settings
	flag.StringVar(&s.kubeconfig, "kubeconfig", "", "kubeconfig of an administrator")
	flag.StringVar(&s.nodeName, "node", "node", "name of the node")
	flag.StringVar(&s.nodeIP, "node-ip", "10.244.0.1", "address of the node, on the bridge")
	flag.StringVar(&s.bridge, "bridge", "br0", "bridge that the pods are on")
	flag.StringVar(&s.podPrefix, "pod-prefix", "10.244", "first half of the pods' addresses, a /16")
	flag.StringVar(&s.image, "image", "", "the image that this node has: the part of its name between the last / and the tag")
	flag.StringVar(&s.program, "program", "", "static program that is that image")
	flag.StringVar(&s.folder, "folder", "", "folder for the pods' root directories")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

func run(ctx context.Context, s settings) error {
	config, err := clientcmd.BuildConfigFromFlags("", s.kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 400
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.folder, 0o755); err != nil {
		return err
	}
	n := newNode(s, client)
	port, err := n.serveLogs(ctx)
	if err != nil {
		return err
	}
	if err := n.register(ctx, port); err != nil {
		return err
	}
	return n.watch(ctx)
}

// imageName is the part of an image that tells what it is: `registry/path/echo-basic:v1` is `echo-basic`.
func imageName(image string) string {
	name, _, _ := strings.Cut(filepath.Base(image), ":")
	return name
}
