package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

type logLine struct {
	at   time.Time
	text string
}

// podLog is what a pod wrote, line by line.
type podLog struct {
	mutex sync.Mutex
	lines []logLine
}

func (l *podLog) read(reader *bufio.Reader) {
	for {
		text, err := reader.ReadString('\n')
		if text != "" {
			l.mutex.Lock()
			l.lines = append(l.lines, logLine{time.Now(), strings.TrimSuffix(text, "\n")})
			l.mutex.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// since are the lines from a moment on, at most the last `tail` of them; a negative number means all.
func (l *podLog) since(moment time.Time, tail int) []logLine {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	first := 0
	for first < len(l.lines) && l.lines[first].at.Before(moment) {
		first++
	}
	if tail >= 0 {
		first = max(first, len(l.lines)-tail)
	}
	return append([]logLine{}, l.lines[first:]...)
}

func (l *podLog) text() string {
	var text strings.Builder
	for _, line := range l.since(time.Time{}, 20) {
		text.WriteString(line.text + "\n")
	}
	return text.String()
}

// serveLogs answers the one request of the kubelet's API that the suite needs, and returns the port.
func (n *node) serveLogs(ctx context.Context) (int32, error) {
	certificate, err := selfSigned(n.nodeIP)
	if err != nil {
		return 0, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(n.nodeIP, "0"))
	if err != nil {
		return 0, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", n.answerLogs)
	server := &http.Server{
		Handler:     mux,
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{certificate}},
		ReadTimeout: 10 * time.Second,
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	go func() {
		if err := server.ServeTLS(listener, "", ""); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	return int32(listener.Addr().(*net.TCPAddr).Port), nil
}

func (n *node) answerLogs(response http.ResponseWriter, request *http.Request) {
	n.mutex.Lock()
	box := n.sandboxes[n.names[request.PathValue("namespace")+"/"+request.PathValue("pod")]]
	n.mutex.Unlock()
	if box == nil {
		http.Error(response, "no such pod", http.StatusNotFound)
		return
	}
	query := request.URL.Query()
	if query.Get("follow") == "true" {
		http.Error(response, "logs cannot be followed here", http.StatusNotImplemented)
		return
	}
	var since time.Time
	if text := query.Get("sinceTime"); text != "" {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		since = moment
	}
	if seconds, err := strconv.Atoi(query.Get("sinceSeconds")); err == nil {
		since = time.Now().Add(-time.Duration(seconds) * time.Second)
	}
	tail, err := strconv.Atoi(query.Get("tailLines"))
	if err != nil {
		tail = -1
	}
	for _, line := range box.log.since(since, tail) {
		if query.Get("timestamps") == "true" {
			fmt.Fprint(response, line.at.UTC().Format(time.RFC3339Nano), " ")
		}
		fmt.Fprintln(response, line.text)
	}
}

// selfSigned is a certificate for an address; the API server does not verify it.
func selfSigned(address string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.ParseIP(address)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
