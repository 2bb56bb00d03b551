package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// Announces one certificate and serves another, as somebody would who took the socket over.
func serveAnotherCertificate() {
	announced, _ := certificate()
	served, key := certificate()
	path := os.Getenv("PLUGIN_UNIX_SOCKET_DIR") + "/taken"
	listener, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	fmt.Printf("1|1|unix|%s|grpc|%s\n", path, base64.RawStdEncoding.EncodeToString(announced))
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go func() {
			server := tls.Server(connection, &tls.Config{
				Certificates: []tls.Certificate{{Certificate: [][]byte{served}, PrivateKey: key}},
				ClientAuth:   tls.RequireAnyClientCert,
				NextProtos:   []string{"h2"},
			})
			if err := server.Handshake(); err != nil {
				realStderr("tls: " + err.Error())
				return
			}
			// Whatever is sent here has gone to the wrong one.
			received := make([]byte, 1024)
			if n, _ := server.Read(received); n > 0 {
				realStderr("received what was meant for another")
			}
		}()
	}
}

func certificate() ([]byte, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return der, key
}
