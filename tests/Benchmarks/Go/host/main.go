// The go-plugin contestant: a host that starts a c1 connector for each line "OBJECTS PAGE" on stdin, lets it sync into a
// counter, and answers with the objects after the first page and the nanoseconds from the first page to the last.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/ioutil"
	"os"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// counter is the sink. The pages of one sync come one after the other.
type counter struct {
	objects, afterFirst int
	first, last         time.Time
}

func (c *counter) Upsert(_ context.Context, page *SyncResponse) (*Empty, error) {
	c.last = time.Now()
	if c.objects == 0 {
		c.first = c.last
	} else {
		c.afterFirst += len(page.Response)
	}
	c.objects += len(page.Response)
	return &Empty{}, nil
}

func (c *counter) Clean(context.Context, *Empty) (*Empty, error) { return &Empty{}, nil }

// hostSide is what go-plugin hands to a host: the connector's client and the broker.
type hostSide struct {
	broker *plugin.GRPCBroker
	client ConnectorClient
}

type grpcPlugin struct {
	plugin.NetRPCUnsupportedPlugin
}

func (grpcPlugin) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this is the host's side")
}

func (grpcPlugin) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, connection *grpc.ClientConn) (interface{}, error) {
	return &hostSide{broker, NewConnectorClient(connection)}, nil
}

func sync(command string, objects, page int) (*counter, error) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:          map[string]plugin.Plugin{"connector": grpcPlugin{}},
		Cmd:              exec.Command(command),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Output: ioutil.Discard}),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return nil, err
	}
	raw, err := protocol.Dispense("connector")
	if err != nil {
		return nil, err
	}
	connector := raw.(*hostSide)
	sink := &counter{}
	id := connector.broker.NextId()
	go connector.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		RegisterCallbackHandlerServer(server, sink)
		return server
	})
	_, err = connector.client.Sync(context.Background(), &SyncRequest{
		Options:               fmt.Sprintf(`{"objects": %d, "page": %d}`, objects, page),
		CallbackHandlerServer: id,
	})
	return sink, err
}

func main() {
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var objects, page int
		_, err := fmt.Sscan(lines.Text(), &objects, &page)
		if err == nil {
			var sink *counter
			if sink, err = sync(os.Args[1], objects, page); err == nil {
				fmt.Println(sink.afterFirst, sink.last.Sub(sink.first).Nanoseconds())
				continue
			}
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
