package main

import (
	"context"
	"errors"
	"io/ioutil"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// process is a connector that runs. hostSide is what go-plugin hands to a host: the connector's client and the broker.
type process struct {
	plugin    *plugin.Client
	connector *hostSide
}

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

func start(command string) (*process, error) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:          map[string]plugin.Plugin{"connector": grpcPlugin{}},
		Cmd:              exec.Command(command),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Output: ioutil.Discard}),
	})
	protocol, err := client.Client()
	if err == nil {
		var raw interface{}
		if raw, err = protocol.Dispense("connector"); err == nil {
			return &process{client, raw.(*hostSide)}, nil
		}
	}
	client.Kill()
	return nil, err
}

func (p *process) sync(options string, sink CallbackHandlerServer) error {
	broker := p.connector.broker
	id := broker.NextId()
	go broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		RegisterCallbackHandlerServer(server, sink)
		return server
	})
	_, err := p.connector.client.Sync(context.Background(), &SyncRequest{Options: options, CallbackHandlerServer: id})
	return err
}

func (p *process) end() { p.plugin.Kill() }
