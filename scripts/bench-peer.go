// The Go peer of bench-ledger: parses requests, checks their signatures and issues certificates, on all cores, as PEM
// to standard output. It keeps no ledger.
//
// usage: bench-peer CSRS CA KEY
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log"
	"math/big"
	"os"
	"runtime"
	"sync"
	"time"
)

func block(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	found, _ := pem.Decode(text)
	if found == nil {
		log.Fatalf("%s: no PEM", path)
	}
	return found.Bytes
}

func main() {
	log.SetFlags(0)
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	authority, err := x509.ParseCertificate(block(os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block(os.Args[3]))
	if err != nil {
		log.Fatal(err)
	}
	key := parsed.(*ecdsa.PrivateKey)
	var requests [][]byte
	for {
		var found *pem.Block
		if found, text = pem.Decode(text); found == nil {
			break
		}
		requests = append(requests, found.Bytes)
	}
	certificates := make([][]byte, len(requests))
	now := time.Now()
	limit := new(big.Int).Lsh(big.NewInt(1), 159)
	var group sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := 0; core < cores; core++ {
		group.Add(1)
		go func(start int) {
			defer group.Done()
			for index := start; index < len(requests); index += cores {
				request, err := x509.ParseCertificateRequest(requests[index])
				if err != nil {
					log.Fatal(err)
				}
				if err := request.CheckSignature(); err != nil {
					log.Fatal(err)
				}
				serial, err := rand.Int(rand.Reader, limit)
				if err != nil {
					log.Fatal(err)
				}
				template := x509.Certificate{
					SerialNumber:          serial,
					Subject:               request.Subject,
					NotBefore:             now.Add(-5 * time.Minute),
					NotAfter:              now.AddDate(9, 0, 0),
					KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement,
					ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
					BasicConstraintsValid: true,
				}
				certificates[index], err = x509.CreateCertificate(
					rand.Reader, &template, authority, request.PublicKey, key)
				if err != nil {
					log.Fatal(err)
				}
			}
		}(core)
	}
	group.Wait()
	var out bytes.Buffer
	for _, der := range certificates {
		pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	os.Stdout.Write(out.Bytes())
}
