// The grpc-go contestant: a server or a client of bench.proto over a unix socket, told what to do by lines on stdin.
// tests/Benchmarks/Calls has the same two programs in C#.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
)

// messagesPerStream is what one stream brings before the next one is opened.
func messagesPerStream(size int) int32 {
	if size < 2000 {
		return 5000
	}
	return int32(1 + 10000000/size)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: peer serve|call SOCKET")
		os.Exit(2)
	}
	var err error
	switch os.Args[1] {
	case "serve":
		err = serve(os.Args[2])
	case "call":
		err = call(os.Args[2])
	default:
		err = fmt.Errorf("unknown verb %s", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// obey says that it is ready and answers every line with a line, until stdin ends.
func obey(answer func(line string) (string, error)) error {
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		text, err := answer(lines.Text())
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
		fmt.Println(text)
	}
	return lines.Err()
}

func allocatedBytes() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
