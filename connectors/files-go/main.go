// A c1 connector: the regular files below a folder, one object each. The format is described in ../README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

const pageSize = 500

type options struct {
	Root string `json:"root"`
}

type connector struct {
	broker *plugin.GRPCBroker
}

func (c *connector) Sync(ctx context.Context, request *SyncRequest) (*EndSync, error) {
	root, err := parseRoot(request.Options)
	if err != nil {
		return nil, err
	}
	connection, err := c.broker.Dial(request.CallbackHandlerServer)
	if err != nil {
		return nil, fmt.Errorf("could not reach the host's callback: %w", err)
	}
	defer connection.Close()
	host := NewCallbackHandlerClient(connection)

	paths, err := list(ctx, root)
	if err != nil {
		return nil, err
	}
	sent := 0
	page := make([]*DataObject, 0, pageSize)
	flush := func() error {
		if len(page) == 0 {
			return nil
		}
		if _, err := host.Upsert(ctx, &SyncResponse{Response: page}); err != nil {
			return fmt.Errorf("the host did not take a page: %w", err)
		}
		sent += len(page)
		page = page[:0]
		return nil
	}
	for _, path := range paths {
		object, err := describe(root, path)
		if err != nil {
			return nil, err
		}
		if object == nil {
			continue
		}
		if page = append(page, object); len(page) == pageSize {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	// Every run lists everything, so what was not sent is gone.
	if _, err := host.Clean(ctx, &Empty{}); err != nil {
		return nil, fmt.Errorf("the host did not take the end of the listing: %w", err)
	}
	return &EndSync{Metadata: fmt.Sprintf(`{"files":%d}`, sent)}, nil
}

// Errors here never quote the options, which may hold secrets.
func parseRoot(text string) (string, error) {
	var o options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return "", errors.New(`options: expected a JSON object like {"root": "/usr/share/doc"}`)
	}
	if o.Root == "" {
		return "", errors.New(`options: "root" is missing: the absolute path of the folder to list`)
	}
	if !filepath.IsAbs(o.Root) {
		return "", errors.New(`options: "root" must be an absolute path`)
	}
	return filepath.Clean(o.Root), nil
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
