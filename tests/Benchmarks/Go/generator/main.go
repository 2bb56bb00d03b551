// A c1 connector that makes up objects of about 300 bytes: {"objects": 1000, "page": 100}. With "distinct": true no two of them are
// the same; else the pages are.
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
	// Else one page is made and sent again and again: then the way is measured, and not the making.
	Distinct bool `json:"distinct"`
}

func parse(text string) (options, error) {
	var o options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return o, err
	}
	if o.Page < 1 || o.Objects%o.Page != 0 {
		return o, errors.New(`options: "page" is missing, or "objects" is not a multiple of it`)
	}
	return o, nil
}

type connector struct {
	broker *plugin.GRPCBroker
}

func (c *connector) Sync(ctx context.Context, request *SyncRequest) (*EndSync, error) {
	o, err := parse(request.Options)
	if err != nil {
		return nil, err
	}
	connection, err := c.broker.Dial(request.CallbackHandlerServer)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	host := NewCallbackHandlerClient(connection)
	for page := range pages(ctx, o) {
		if _, err := host.Upsert(ctx, page); err != nil {
			return nil, err
		}
	}
	_, err = host.Clean(ctx, &Empty{})
	return &EndSync{}, err
}

// pages are made while the one before is on its way; no more once the sync is over.
func pages(ctx context.Context, o options) <-chan *SyncResponse {
	ready := make(chan *SyncResponse, 1)
	go func() {
		defer close(ready)
		page := makePage(o.Page)
		for made := 0; made < o.Objects; made += o.Page {
			if o.Distinct {
				page = rowPage(made, o.Page)
			}
			select {
			case ready <- page:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ready
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
	server.RegisterService(&streamService, nil)
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
