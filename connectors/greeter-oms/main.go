// A service with all three interfaces that the platform knows of described services, and an event. What it offers says oms.yml.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/context"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "serve":
		serve()
	case len(os.Args) == 3 && os.Args[1] == "count":
		count(os.Args[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: greeter serve | greeter count JSON")
		os.Exit(1)
	}
}

// Exit code 1 says that the same arguments will fail again.
func count(arguments string) {
	var given struct{ Text string }
	if err := json.Unmarshal([]byte(arguments), &given); err != nil {
		fmt.Fprintln(os.Stderr, "the arguments are no JSON object:", err)
		os.Exit(1)
	}
	fmt.Println(len(strings.Fields(given.Text)))
}

func serve() {
	rpc, err := net.Listen("tcp", ":24681")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	RegisterGreeterServer(server, days{})
	go func() { log.Fatal(server.Serve(rpc)) }()

	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	http.HandleFunc("/greet/", greet)
	http.HandleFunc("/sum", sum)
	http.HandleFunc("/subscribe", subscribe)
	http.HandleFunc("/unsubscribe", unsubscribe)
	log.Print("listening on 24680 (HTTP) and 24681 (gRPC)")
	log.Fatal(http.ListenAndServe(":24680", nil))
}

func greet(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/greet/")
	times, err := strconv.Atoi(r.URL.Query().Get("times"))
	if err != nil || times < 1 {
		http.Error(w, "times is no number of greetings", http.StatusBadRequest)
		return
	}
	words := make([]string, times)
	for i := range words {
		words[i] = os.Getenv("GREETING") + ", " + name + "!"
	}
	log.Printf("greeting %s %d times", name, times)
	publish(name, strings.Join(words, " "))
	answer(w, map[string]string{"greeting": strings.Join(words, " "), "by": os.Getenv("SIGNATURE")})
}

func sum(w http.ResponseWriter, r *http.Request) {
	var given struct{ Numbers []float64 }
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(body, &given)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	total := 0.0
	for _, number := range given.Numbers {
		total += number
	}
	answer(w, total)
}

func answer(w http.ResponseWriter, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

type days struct{}

func (days) Days(_ context.Context, request *DaysRequest) (*DaysReply, error) {
	day, err := time.Parse("2006-01-02", request.From)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "from: %q is no day", request.From)
	}
	reply := &DaysReply{}
	for i := int32(0); i < request.Count; i++ {
		reply.Days = append(reply.Days, day.AddDate(0, 0, int(i)).Format("2006-01-02"))
	}
	return reply, nil
}
