// A service that does as it is told: a static program, the only one of its image.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	args := os.Args[1:]
	switch args[0] {
	case "exit": // CODE OUTPUT ERROR
		fmt.Print(args[2])
		fmt.Fprint(os.Stderr, args[3])
		os.Exit(number(args[1]))
	case "words": // each of the further words on a line
		for _, word := range args[1:] {
			fmt.Println(word)
		}
	case "env": // NAME…
		for _, name := range args[1:] {
			fmt.Printf("%s=%s\n", name, os.Getenv(name))
		}
	case "bytes": // TIMES: all of them in a row
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		for i := 0; i < number(args[1]); i++ {
			os.Stdout.Write(all)
		}
	case "flood": // out|err MEGABYTES, then exit code 1
		to := os.Stdout
		if args[1] == "err" {
			to = os.Stderr
		}
		line := []byte(strings.Repeat("x", 1023) + "\n")
		for i := 0; i < number(args[2])*1024; i++ {
			to.Write(line)
		}
		fmt.Fprint(os.Stderr, "the end")
		os.Exit(1)
	case "sleep": // SECONDS, with a child that does the same
		child := exec.Command("/proc/self/exe", "wait", args[1])
		child.Start()
		fallthrough
	case "wait":
		time.Sleep(time.Duration(number(args[1])) * time.Second)
	case "kill": // SIGNAL: itself
		syscall.Kill(os.Getpid(), syscall.Signal(number(args[1])))
		time.Sleep(time.Minute)
	case "write": // FILE TEXT
		if err := os.WriteFile(args[1], []byte(args[2]), 0600); err != nil {
			fmt.Fprint(os.Stderr, err)
			os.Exit(1)
		}
	case "read": // FILE
		content, err := os.ReadFile(args[1])
		if err != nil {
			fmt.Fprint(os.Stderr, err)
			os.Exit(1)
		}
		os.Stdout.Write(content)
	case "serve": // PORT NOT-READY-FOR TERM-FILE
		serve(args[1], number(args[2]), args[3])
	default:
		fmt.Fprintf(os.Stderr, "what is %s?", args[0])
		os.Exit(64)
	}
}

// Answers 503 so many times, then 200; tells what it does on both streams, and writes a file when it is told to end.
func serve(port string, unready int, file string) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	go func() {
		<-told
		os.WriteFile(file, []byte("told"), 0600)
		os.Exit(0)
	}()
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(5)
	}
	fmt.Fprintln(os.Stderr, "listening")
	for asked := 1; ; asked++ {
		connection, err := listener.Accept()
		if err != nil {
			os.Exit(6)
		}
		answer(connection, asked <= unready)
	}
}

func answer(connection net.Conn, unready bool) {
	defer connection.Close()
	request, _ := bufio.NewReader(connection).ReadString('\n')
	words := strings.Fields(request)
	switch {
	case len(words) < 2:
	case words[1] == "/die":
		os.Exit(3)
	case unready:
		fmt.Fprint(connection, "HTTP/1.1 503 Not yet\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	default:
		fmt.Println("said:", words[1])
		fmt.Fprintln(os.Stderr, "complained:", words[1])
		fmt.Fprint(connection, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		fmt.Fprint(os.Stderr, err)
		os.Exit(64)
	}
	return value
}
