// A c1 connector that makes up objects of about 300 bytes: {"objects": 1000, "page": 100}.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

type options struct {
	Objects int `json:"objects"`
	Page    int `json:"page"`
}

type connector struct {
	broker *plugin.GRPCBroker
}

func (c *connector) Sync(ctx context.Context, request *SyncRequest) (*EndSync, error) {
	var o options
	if err := json.Unmarshal([]byte(request.Options), &o); err != nil {
		return nil, err
	}
	if o.Page < 1 {
		return nil, errors.New(`options: "page" is missing`)
	}
	connection, err := c.broker.Dial(request.CallbackHandlerServer)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	host := NewCallbackHandlerClient(connection)
	// One page for all: what is measured is the way, not the making.
	page := makePage(o.Page)
	for sent := 0; sent < o.Objects; sent += o.Page {
		if _, err := host.Upsert(ctx, page); err != nil {
			return nil, err
		}
	}
	_, err = host.Clean(ctx, &Empty{})
	return &EndSync{}, err
}

func makePage(size int) *SyncResponse {
	page := &SyncResponse{}
	for i := 0; i < size; i++ {
		id := fmt.Sprintf("object-%09d", i)
		page.Response = append(page.Response, &DataObject{
			RemoteId:     id,
			ResourceName: "thing",
			Uri:          "https://example.org/things/" + id,
			Metadata:     `{"title":"` + strings.Repeat("t", 40) + `","body":"` + strings.Repeat("b", 140) + `"}`,
		})
	}
	return page
}

type grpcPlugin struct {
	plugin.NetRPCUnsupportedPlugin
}

func (grpcPlugin) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	RegisterConnectorServer(server, &connector{broker})
	return nil
}

func (grpcPlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (interface{}, error) {
	return nil, errors.New("this is the connector's side")
}

func main() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:         map[string]plugin.Plugin{"connector": grpcPlugin{}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}
