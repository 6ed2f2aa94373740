// Command acmesolver is cert-manager's solver of HTTP-01 challenges, with the flags of the original.
package main

import (
	"flag"
	"log"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	"k8s.io/klog/v2"
)

func main() {
	var s solver.HTTP01Solver
	flag.IntVar(&s.ListenPort, "listen-port", 8089, "port")
	flag.StringVar(&s.Domain, "domain", "", "domain of the challenge")
	flag.StringVar(&s.Token, "token", "", "token of the challenge")
	flag.StringVar(&s.Key, "key", "", "answer to the challenge")
	flag.Parse()
	log.Fatal(s.Listen(klog.Background()))
}
