// Serves greeter.proto by grpc-go: "greeter [reflection] [CERTIFICATE KEY]". Prints its port; ends with its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/golang/protobuf/ptypes/empty"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
)

type greeter struct{}

func (greeter) SayHello(_ context.Context, t *Text) (*Text, error) {
	return &Text{Text: "Hello, " + t.Text}, nil
}

func (greeter) Count(r *CountRequest, stream Greeter_CountServer) error {
	for i := int64(1); i <= r.To; i++ {
		if err := stream.Send(&Number{Number: i, Filling: strings.Repeat("x", int(r.Filling))}); err != nil {
			return err
		}
		if i == r.FailAfter {
			return status.Error(codes.Unavailable, "out of numbers")
		}
	}
	return nil
}

func (greeter) Fail(_ context.Context, r *FailRequest) (*Text, error) {
	return nil, status.Error(codes.Code(r.Code), r.Message)
}

func (greeter) Metadata(ctx context.Context, _ *empty.Empty) (*Text, error) {
	m, _ := metadata.FromIncomingContext(ctx)
	return &Text{Text: fmt.Sprint(m["traceparent"], m["user-agent"])}, nil
}

func (greeter) Gather(Greeter_GatherServer) error { return status.Error(codes.Unimplemented, "") }
func (greeter) Chat(Greeter_ChatServer) error     { return status.Error(codes.Unimplemented, "") }

func (greeter) SayTwice(_ context.Context, t *Text) (*Text, error) {
	return &Text{Text: t.Text + t.Text}, nil
}

type other struct{}

func (other) SayHello(_ context.Context, t *Text) (*Text, error) {
	return &Text{Text: "Oh, " + t.Text}, nil
}

func (other) Sleep(ctx context.Context, _ *empty.Empty) (*Text, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func main() {
	arguments := os.Args[1:]
	reflects := len(arguments) > 0 && arguments[0] == "reflection"
	if reflects {
		arguments = arguments[1:]
	}
	options := []grpc.ServerOption{}
	if len(arguments) == 2 {
		tls, err := credentials.NewServerTLSFromFile(arguments[0], arguments[1])
		if err != nil {
			panic(err)
		}
		options = append(options, grpc.Creds(tls))
	}
	server := grpc.NewServer(options...)
	RegisterGreeterServer(server, greeter{})
	RegisterOtherServer(server, other{})
	if reflects {
		reflection.Register(server)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go server.Serve(listener)
	io.Copy(io.Discard, os.Stdin)
}
