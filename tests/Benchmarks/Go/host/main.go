// The go-plugin contestant: a host that does what the lines on stdin say, each with a new process of the connector that its argument names.
//
//	OBJECTS PAGE                  a sync into a counter; answers with the objects after the first page and the nanoseconds
//	                              from the first page to the last
//	prepare OBJECTS PAGE ACCOUNT  the connector starts; a sync into the table of PostgreSQL is ready ("nothing": into a counter)
//	go                            that sync; answers with its rows
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// counter is a sink. The pages of one sync come one after the other.
type counter struct {
	objects, afterFirst int
	first, last         time.Time
}

func (c *counter) Upsert(_ context.Context, page *SyncResponse) (*Empty, error) {
	c.last = time.Now()
	if c.objects == 0 {
		c.first = c.last
	} else {
		c.afterFirst += len(page.Response)
	}
	c.objects += len(page.Response)
	return &Empty{}, nil
}

func (c *counter) Clean(context.Context, *Empty) (*Empty, error) { return &Empty{}, nil }

func count(command string, objects, page int) (string, error) {
	connector, err := start(command)
	if err != nil {
		return "", err
	}
	defer connector.end()
	sink := &counter{}
	err = connector.sync(fmt.Sprintf(`{"objects": %d, "page": %d}`, objects, page), sink)
	return fmt.Sprint(sink.afterFirst, sink.last.Sub(sink.first).Nanoseconds()), err
}

// prepared is a sync that waits for its "go".
type prepared struct {
	connector *process
	options   string
	table     *table
}

func prepare(command string, objects, page int, account string) (*prepared, error) {
	p := &prepared{options: fmt.Sprintf(`{"objects": %d, "page": %d, "distinct": true}`, objects, page)}
	var err error
	if account != "nothing" {
		if p.table, err = openTable(account, page); err != nil {
			return nil, err
		}
	}
	p.connector, err = start(command)
	return p, err
}

func (p *prepared) run() (int, error) {
	if p.table == nil {
		sink := &counter{}
		err := p.connector.sync(p.options, sink)
		return sink.objects, err
	}
	err := p.connector.sync(p.options, p.table)
	return p.table.rows, err
}

func (p *prepared) end() {
	p.connector.end()
	if p.table != nil {
		p.table.close()
	}
}

func main() {
	command := os.Args[1]
	var waiting *prepared
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var objects, page, rows int
		var account, answer string
		var err error
		switch {
		case strings.HasPrefix(lines.Text(), "prepare "):
			if _, err = fmt.Sscanf(lines.Text(), "prepare %d %d %s", &objects, &page, &account); err == nil {
				waiting, err = prepare(command, objects, page, account)
			}
			answer = "prepared"
		case lines.Text() == "go" && waiting != nil:
			rows, err = waiting.run()
			answer = fmt.Sprint(rows)
		case lines.Text() == "go":
			err = errors.New("nothing is prepared")
		default:
			if _, err = fmt.Sscan(lines.Text(), &objects, &page); err == nil {
				answer, err = count(command, objects, page)
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(answer)
		// Behind the answer: a connector's end is nobody's time.
		if rows > 0 {
			waiting.end()
			waiting = nil
		}
	}
}
