// A c1 connector for tests. It misbehaves as its first argument says (what has to happen before there are options)
// or as its options say: {"mode": "…"}.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

type options struct {
	Mode     string `json:"mode"`
	Password string `json:"password"`
	// Pages and objects a page for the modes that send any; 3 and 10 when absent.
	Pages   int `json:"pages"`
	Objects int `json:"objects"`
	// Bytes of metadata of each object.
	Bytes int `json:"bytes"`
}

type connector struct {
	broker *plugin.GRPCBroker
}

func (c *connector) Sync(ctx context.Context, request *SyncRequest) (*EndSync, error) {
	o := options{Pages: 3, Objects: 10, Bytes: 20}
	if err := json.Unmarshal([]byte(request.Options), &o); err != nil {
		return nil, errors.New("options: expected a JSON object")
	}
	connection, err := c.broker.Dial(request.CallbackHandlerServer)
	if err != nil {
		return nil, err
	}
	if o.Mode != "call-after-end" {
		defer connection.Close()
	}
	host := NewCallbackHandlerClient(connection)

	switch o.Mode {
	case "", "ok":
		if err := send(ctx, host, o, 0, o.Pages); err != nil {
			return nil, err
		}
		if _, err := host.Clean(ctx, &Empty{}); err != nil {
			return nil, err
		}
		return &EndSync{Metadata: `{"mode":"ok"}`}, nil
	case "no-clean":
		return &EndSync{}, send(ctx, host, o, 0, o.Pages)
	case "error":
		_ = send(ctx, host, o, 0, 1)
		return nil, errors.New("the source said: quota exceeded")
	case "leak-error":
		realStderr("connecting with " + o.Password)
		return nil, errors.New("login refused for password " + o.Password)
	case "steady":
		for i := 0; ; i++ {
			if err := send(ctx, host, o, i, i+1); err != nil {
				return nil, err
			}
			time.Sleep(50 * time.Millisecond)
		}
	case "log":
		realStderr(`{"@level":"warn","@message":"careful","@module":"crash","password":"` + o.Password + `","tries":3}`)
		realStderr("[DEBUG] quiet")
		realStderr("plain")
		_, _ = syscall.Write(1, []byte("printed for "+o.Password+"\n"))
		return &EndSync{}, send(ctx, host, o, 0, o.Pages)
	case "log-and-hang":
		realStderr("one")
		if err := send(ctx, host, o, 0, 1); err != nil {
			return nil, err
		}
		realStderr("two")
		select {}
	case "flood-lines":
		for i := 0; i < 20000; i++ {
			realStderr(fmt.Sprintf("ordinary line %d", i))
		}
		realStderr("[ERROR] after the flood")
		return &EndSync{}, send(ctx, host, o, 0, o.Pages)
	case "crash-mid-page":
		if err := send(ctx, host, o, 0, 1); err != nil {
			return nil, err
		}
		realStderr("panic: about to die in the middle of page 2")
		go send(context.Background(), host, o, 1, 2)
		os.Exit(3)
	case "ignore-refusal":
		for i := 0; i < o.Pages; i++ {
			_ = send(ctx, host, o, i, i+1)
		}
		return &EndSync{Metadata: "all well"}, nil
	case "say-nothing":
		select {}
	case "hang":
		if err := send(ctx, host, o, 0, 1); err != nil {
			return nil, err
		}
		select {}
	case "stand-still":
		if err := send(ctx, host, o, 0, 1); err != nil {
			return nil, err
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
			return nil, err
		}
		// The signal may stop this thread a moment later.
		select {}
	case "flood-stderr":
		line := strings.Repeat("x", 1<<20)
		for i := 0; i < 20; i++ {
			realStderr(line)
			_, _ = syscall.Write(1, []byte(line+"\n"))
		}
		realStderr("the last line")
		return &EndSync{}, send(ctx, host, o, 0, o.Pages)
	case "print":
		// Through go-plugin's swap of os.Stdout: into a pipe of which 64 KiB are kept while nobody reads.
		if err := send(ctx, host, o, 0, 1); err != nil {
			return nil, err
		}
		for printed := 0; printed < o.Bytes; printed += 1024 {
			fmt.Fprintln(os.Stdout, strings.Repeat("p", 1023))
		}
		return &EndSync{}, nil
	case "fork-away":
		// A grandchild in a session of its own, its parent gone, none of our pipes open.
		child := exec.Command("/bin/sh", "-c", "setsid sleep 4242 </dev/null >/dev/null 2>&1 & echo forked >&2")
		child.Stderr = os.Stderr
		if err := child.Run(); err != nil {
			return nil, err
		}
		return &EndSync{}, send(ctx, host, o, 0, o.Pages)
	case "escape-and-hang":
		// A grandchild that has shed its session, its parent and its environment; known by its argument alone.
		if err := exec.Command("/bin/sh", "-c", "(env -i setsid sleep "+o.Password+" </dev/null >/dev/null 2>&1 &)").Run(); err != nil {
			return nil, err
		}
		if err := send(ctx, host, o, 0, 1); err != nil {
			return nil, err
		}
		select {}
	case "flood-for-ever":
		if err := send(ctx, host, o, 0, 1); err != nil {
			return nil, err
		}
		for line := strings.Repeat("y", 1000); ; {
			realStderr(line)
			_, _ = syscall.Write(1, []byte(line+"\n"))
		}
	case "call-after-end":
		go func() {
			for i := 0; ; i++ {
				if err := send(context.Background(), host, o, i, i+1); err != nil {
					realStderr("after the end: " + err.Error())
				}
				time.Sleep(time.Millisecond)
			}
		}()
		return &EndSync{}, nil
	case "eat-memory":
		var kept [][]byte
		for {
			block := make([]byte, 16<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			kept = append(kept, block)
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil, fmt.Errorf("unknown mode %q", o.Mode)
}

// Past go-plugin's swap of os.Stderr.
func realStderr(line string) {
	_, _ = syscall.Write(2, []byte(line+"\n"))
}

func send(ctx context.Context, host CallbackHandlerClient, o options, from, to int) error {
	filler := strings.Repeat("m", o.Bytes)
	for p := from; p < to; p++ {
		page := &SyncResponse{}
		for i := 0; i < o.Objects; i++ {
			id := fmt.Sprintf("%d-%d", p, i)
			page.Response = append(page.Response, &DataObject{
				RemoteId: id, ResourceName: "thing", Uri: "crash://" + id, Metadata: `{"filler":"` + filler + `"}`,
			})
		}
		if _, err := host.Upsert(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

func beforeHandshake(mode string) {
	switch mode {
	case "exit-before-handshake":
		realStderr("could not open the licence file")
		os.Exit(2)
	case "exit-zero":
		os.Exit(0)
	case "wrong-handshake":
		fmt.Println("Listening on port 8080 ...")
		time.Sleep(time.Hour)
	case "wrong-version":
		fmt.Println("1|7|unix|/tmp/nowhere|grpc|")
		time.Sleep(time.Hour)
	case "netrpc":
		fmt.Println("1|1|unix|/tmp/nowhere|netrpc|")
		time.Sleep(time.Hour)
	case "long-handshake":
		fmt.Println(strings.Repeat("1|", 1<<19))
		time.Sleep(time.Hour)
	case "wrong-certificate":
		serveAnotherCertificate()
	case "no-handshake":
		time.Sleep(time.Hour)
	}
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
	if len(os.Args) > 1 {
		beforeHandshake(os.Args[1])
	}
	if len(os.Args) > 1 && os.Args[1] == "linger" {
		// It ends for nobody, and neither does its child.
		signal.Ignore(syscall.SIGTERM)
		if err := exec.Command("/bin/sh", "-c", "trap '' TERM; sleep 4242; sleep 4243").Start(); err != nil {
			panic(err)
		}
		defer time.Sleep(time.Hour)
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:         map[string]plugin.Plugin{"connector": grpcPlugin{}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}
