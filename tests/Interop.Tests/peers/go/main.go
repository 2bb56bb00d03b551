// The interop cases with grpc-go: "server SOCKET" or "client TARGET [LIMIT...]".
package main

import (
	"fmt"
	"os"
)

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "server":
		serve(os.Args[2])
	case len(os.Args) >= 3 && os.Args[1] == "client":
		runCases(os.Args[2], os.Args[3:])
	default:
		fmt.Fprintln(os.Stderr, "server SOCKET | client TARGET [LIMIT...]")
		os.Exit(2)
	}
}

func zeros(size int32) *Payload {
	return &Payload{Body: make([]byte, size)}
}

func flag(value bool) *BoolValue {
	return &BoolValue{Value: value}
}
