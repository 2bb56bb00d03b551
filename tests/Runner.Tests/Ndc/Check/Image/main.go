// A connector of the NDC specification that does all as it should, but for the one thing that BREAK names.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

type object = map[string]any

var (
	used  int32
	token string
)

func breaks(what string) bool { return os.Getenv("BREAK") == what }

// The end of a start that can't be: on standard error, and not with 0.
func fail(point, why string) {
	if breaks(point + "-stdout") {
		fmt.Println(why)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, why)
	if breaks(point + "-exit0") {
		os.Exit(0)
	}
	os.Exit(1)
}

func value(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, object{"message": why, "details": object{}})
}

func configure() {
	directory := value("HASURA_CONFIGURATION_DIRECTORY", "/etc/connector")
	if breaks("fixed-dir") {
		if directory == "/srv/cfg" {
			directory = "/etc/connector"
		}
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		fail("F3", err.Error())
	}
	read := func(path string) {
		content, err := os.ReadFile(path)
		if err != nil {
			fail("F1", err.Error())
		}
		if !json.Valid(content) {
			fail("F1", path+" is no JSON")
		}
	}
	known := false
	for _, entry := range entries {
		if !entry.IsDir() {
			read(filepath.Join(directory, entry.Name()))
			known = true
		} else if breaks("reads-hasura") {
			inner, _ := os.ReadDir(filepath.Join(directory, entry.Name()))
			for _, file := range inner {
				read(filepath.Join(directory, entry.Name(), file.Name()))
			}
		}
	}
	if !known {
		fail("P2", "there is no configuration in "+directory)
	}
	if breaks("writes-config") {
		os.WriteFile(filepath.Join(directory, "cache"), []byte("kept"), 0o644)
	}
	if breaks("locks") {
		file, _ := os.Open(filepath.Join(directory, "configuration.json"))
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			fail("X6", "another one runs")
		}
	}
}

func surroundings() {
	if breaks("needs-root") {
		if err := os.WriteFile("/scratch", []byte("x"), 0o666); errors.Is(err, syscall.EROFS) {
			fail("X1", err.Error())
		}
	}
	if breaks("needs-user") && os.Getuid() != 0 {
		fail("X2", "not root")
	}
	status, _ := os.ReadFile("/proc/self/status")
	if breaks("needs-capabilities") && strings.Contains(string(status), "CapBnd:\t0000000000000000") {
		fail("X3", "no capabilities")
	}
}

func schema() object {
	named := func(name string) object { return object{"type": "named", "name": name} }
	fields := object{"id": object{"type": named("Int")}, "name": object{"type": named("Text")}}
	types := object{"thing": object{"fields": fields, "foreign_keys": object{}}}
	if breaks("missing-type") {
		types["other"] = object{"fields": object{"id": object{"type": named("Nowhere")}}, "foreign_keys": object{}}
	}
	scalar := func(representation string) object {
		return object{"representation": object{"type": representation}, "aggregate_functions": object{}, "comparison_operators": object{}, "extraction_functions": object{}}
	}
	return object{
		"scalar_types": object{"Int": scalar("int32"), "Text": scalar("string")},
		"object_types": types,
		"collections":  []any{object{"name": "things", "type": "thing", "arguments": object{}, "uniqueness_constraints": object{"key": object{"unique_columns": []string{"id"}}}}},
		"functions":    []any{}, "procedures": []any{},
	}
}

func query(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var q struct {
		Collection string
		Query      struct {
			Fields map[string]struct{ Column string }
		}
	}
	if json.Unmarshal(body, &q) != nil {
		if breaks("not-json-500") {
			refuse(w, 500, "it broke")
		} else {
			refuse(w, 400, "no JSON")
		}
		return
	}
	if q.Collection == "" {
		if breaks("malformed-500") {
			answer(w, 400, object{"error": "no collection"})
		} else {
			refuse(w, 400, "no collection")
		}
		return
	}
	rows := []any{}
	for i, name := range []string{"one", "two"} {
		row := object{}
		for alias, field := range q.Query.Fields {
			row[alias] = object{"id": i, "name": name}[field.Column]
		}
		if breaks("lost-field") {
			delete(row, "name")
		}
		rows = append(rows, row)
	}
	answer(w, 200, []any{object{"rows": rows}})
}

func serve(mux *http.ServeMux) {
	version := "0.2.0"
	if breaks("version-words") {
		version = "latest"
	}
	guarded := func(path string, serve http.HandlerFunc) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if token != "" && r.Header.Get("Authorization") != "Bearer "+token && !breaks("no-auth") {
				refuse(w, 401, "who are you")
				return
			}
			if token == "" && breaks("empty-secret") {
				refuse(w, 401, "who are you")
				return
			}
			if strings.HasPrefix(r.Header.Get("X-Hasura-NDC-Version"), "99.") && !breaks("any-version") {
				refuse(w, 400, "no such version")
				return
			}
			atomic.StoreInt32(&used, 1)
			serve(w, r)
			trace(r)
		})
	}
	mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {})
	guarded("/capabilities", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, object{"version": version, "capabilities": object{"query": object{"explain": object{}}, "mutation": object{}}})
	})
	guarded("/schema", func(w http.ResponseWriter, r *http.Request) { answer(w, 200, schema()) })
	guarded("/query", query)
	guarded("/query/explain", func(w http.ResponseWriter, r *http.Request) {
		if breaks("no-explain") {
			refuse(w, 501, "not done")
			return
		}
		answer(w, 200, object{"details": object{"plan": "scan"}})
	})
	guarded("/mutation", func(w http.ResponseWriter, r *http.Request) { refuse(w, 501, "nothing to change") })
	guarded("/mutation/explain", func(w http.ResponseWriter, r *http.Request) { refuse(w, 501, "not done") })
	guarded("/metrics", func(w http.ResponseWriter, r *http.Request) {
		name := "things_total"
		if breaks("hasura-metrics") {
			name = "hasura_things_total"
		}
		fmt.Fprintf(w, "# TYPE %s counter\n%s{kind=\"a\"} 1\n", name, name)
	})
}

// Signals do nothing until they are taken here.
func signals(server *http.Server) {
	received := make(chan os.Signal, 10)
	signal.Notify(received, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for s := range received {
			isUsed := atomic.LoadInt32(&used) == 1
			switch {
			case s == syscall.SIGINT && breaks("no-sigint"),
				s == syscall.SIGTERM && breaks("no-sigterm") && isUsed,
				s == syscall.SIGTERM && breaks("no-early-sigterm") && !isUsed:
				continue
			case breaks("abrupt"):
				os.Exit(0)
			}
			limit, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			server.Shutdown(limit)
			cancel()
			fmt.Println("stopped")
			if breaks("exit3") && s == syscall.SIGTERM {
				os.Exit(3)
			}
			os.Exit(0)
		}
	}()
}

// ---- spans, by hand ----

func field(number int, content []byte) []byte {
	head := binary.AppendUvarint(nil, uint64(number<<3|2))
	return append(binary.AppendUvarint(head, uint64(len(content))), content...)
}

func export(traceId, parent []byte) []byte {
	service := value("OTEL_SERVICE_NAME", "things")
	if breaks("wrong-service") {
		service = "things"
	}
	id := make([]byte, 8)
	rand.Read(id)
	span := append(append(append(field(1, traceId), field(2, id)...), field(4, parent)...), field(5, []byte("request"))...)
	// A number as well: its start.
	span = append(span, 7<<3|1, 1, 2, 3, 4, 5, 6, 7, 8)
	attribute := append(field(1, []byte("service.name")), field(2, field(1, []byte(service)))...)
	return field(1, append(field(1, field(1, attribute)), field(2, field(2, span))...))
}

func trace(r *http.Request) {
	root := os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	parts := strings.Split(r.Header.Get("traceparent"), "-")
	if root == "" || breaks("no-otlp") || len(parts) != 4 {
		return
	}
	traceId, _ := hex.DecodeString(parts[1])
	parent, _ := hex.DecodeString(parts[2])
	if breaks("own-trace") {
		traceId = make([]byte, 16)
		rand.Read(traceId)
	}
	message := export(traceId, parent)
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		if !breaks("http-only") {
			go overGrpc(root, message)
		}
		return
	}
	go func() {
		if response, err := http.Post(root+"/v1/traces", "application/x-protobuf", bytes.NewReader(message)); err == nil {
			response.Body.Close()
		}
	}()
}

// One call over HTTP/2 without TLS: the preface, settings, headers of which none is compressed, and the message.
func overGrpc(root string, message []byte) {
	address, err := url.Parse(root)
	if err != nil {
		return
	}
	connection, err := net.Dial("tcp", address.Host)
	if err != nil {
		return
	}
	defer connection.Close()
	frame := func(kind, flags byte, stream uint32, payload []byte) []byte {
		head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, byte(stream)}
		return append(head, payload...)
	}
	headers := []byte{}
	for _, h := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"},
		{":authority", address.Host}, {"content-type", "application/grpc"}, {"te", "trailers"}} {
		headers = append(headers, 0, byte(len(h[0])))
		headers = append(headers, h[0]...)
		headers = append(headers, byte(len(h[1])))
		headers = append(headers, h[1]...)
	}
	data := make([]byte, 5)
	binary.BigEndian.PutUint32(data[1:], uint32(len(message)))
	out := []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	out = append(out, frame(4, 0, 0, nil)...)
	out = append(out, frame(1, 4, 1, headers)...)
	out = append(out, frame(0, 1, 1, append(data, message...))...)
	connection.Write(out)
	connection.SetReadDeadline(time.Now().Add(time.Second))
	io.Copy(io.Discard, connection)
}

func main() {
	// Before anything else, as one may come at any time.
	mux := http.NewServeMux()
	port := value("HASURA_CONNECTOR_PORT", "8080")
	if breaks("port-8081") && port == "8080" {
		port = "8081"
	}
	if breaks("fixed-port") && port == "9191" {
		port = "8080"
	}
	server := &http.Server{Addr: ":" + port, Handler: mux}
	signals(server)
	if len(os.Args) != 2 || os.Args[1] != "serve" && os.Args[1] != "run" {
		fail("F4", "use: connector serve")
	}
	if _, err := strconv.Atoi(port); err != nil {
		fail("F2", "HASURA_CONNECTOR_PORT is no port: "+port)
	}
	if breaks("dies") {
		fail("S1", "no database")
	}
	surroundings()
	configure()
	token = os.Getenv("HASURA_SERVICE_TOKEN_SECRET")
	if breaks("slow") {
		time.Sleep(5 * time.Second)
	}
	serve(mux)
	switch {
	case breaks("json-logs"):
		fmt.Println(`{"level":"info","message":"listening"}`)
	case breaks("noisy"):
		fmt.Fprintln(os.Stderr, "listening on "+port)
	case breaks("tells-token") && token != "":
		fmt.Println("the token is " + token)
	default:
		fmt.Println("listening on " + port)
	}
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fail("F2", err.Error())
	}
	select {}
}
