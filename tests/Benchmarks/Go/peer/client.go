package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
)

func call(socket string) error {
	// Kestrel takes no path for an authority.
	connection, err := grpc.Dial("localhost", grpc.WithInsecure(), grpc.WithBlock(),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}))
	if err != nil {
		return err
	}
	defer connection.Close()
	client := NewBenchClient(connection)
	return obey(func(line string) (string, error) {
		var verb string
		var parallel, size, milliseconds int
		if _, err := fmt.Sscan(line, &verb, &parallel, &size, &milliseconds); err != nil {
			return "", err
		}
		work := map[string]func(BenchClient, int, time.Time) (int, error){"unary": unary, "stream": stream}[verb]
		if work == nil {
			return "", fmt.Errorf("not a command of the client")
		}
		return measure(parallel, time.Duration(milliseconds)*time.Millisecond, func(end time.Time) (int, error) {
			return work(client, size, end)
		})
	})
}

// measure answers with the number of calls or messages, the nanoseconds that they took and the bytes allocated meanwhile.
func measure(parallel int, length time.Duration, work func(end time.Time) (int, error)) (string, error) {
	var group sync.WaitGroup
	counts := make([]int, parallel)
	errs := make([]error, parallel)
	before := allocatedBytes()
	start := time.Now()
	end := start.Add(length)
	for i := 0; i < parallel; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			counts[i], errs[i] = work(end)
		}(i)
	}
	group.Wait()
	took := time.Since(start)
	after := allocatedBytes()
	total := 0
	for i := range counts {
		if errs[i] != nil {
			return "", errs[i]
		}
		total += counts[i]
	}
	return fmt.Sprint(total, took.Nanoseconds(), after-before), nil
}

func unary(client BenchClient, size int, end time.Time) (int, error) {
	request := &Message{Body: make([]byte, size)}
	count := 0
	for time.Now().Before(end) {
		reply, err := client.Echo(context.Background(), request)
		if err != nil {
			return 0, err
		}
		if len(reply.Body) != size {
			return 0, fmt.Errorf("a reply of %d bytes", len(reply.Body))
		}
		count++
	}
	return count, nil
}

func stream(client BenchClient, size int, end time.Time) (int, error) {
	count := 0
	for time.Now().Before(end) {
		call, err := client.Stream(context.Background(), &StreamRequest{Count: messagesPerStream(size), Size: int32(size)})
		if err != nil {
			return 0, err
		}
		for {
			message, err := call.Recv()
			if err == io.EOF {
				break
			}
			if err != nil {
				return 0, err
			}
			if len(message.Body) != size {
				return 0, fmt.Errorf("a message of %d bytes", len(message.Body))
			}
			count++
		}
	}
	return count, nil
}
