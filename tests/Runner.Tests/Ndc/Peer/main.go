// A connector of the NDC specification that does as its environment and its arguments tell it.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

type object = map[string]any

var (
	rows  = number("ROWS", 2500)
	asked = make(map[string][]string)
	gate  sync.Mutex
)

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func named(name string) object        { return object{"type": "named", "name": name} }
func maybe(t object) object           { return object{"type": "nullable", "underlying_type": t} }
func column(t object) object          { return object{"type": t} }
func unique(columns ...string) object { return object{"key": object{"unique_columns": columns}} }

func schema() object {
	ordered := object{"eq": object{"type": "equal"}, "more": object{"type": "greater_than"}}
	if os.Getenv("GENERATION") == "1" {
		ordered = object{"eq": object{"type": "equal"}, "_gt": object{"type": "custom", "argument_type": named("Int")}}
	}
	scalar := func(representation string, operators object) object {
		return object{"representation": object{"type": representation}, "aggregate_functions": object{}, "comparison_operators": operators, "extraction_functions": object{}}
	}
	fields := func(f object) object { return object{"fields": f, "foreign_keys": object{}} }
	collection := func(name, of string, arguments, constraints object) object {
		return object{"name": name, "type": of, "arguments": arguments, "uniqueness_constraints": constraints}
	}
	return object{
		"scalar_types": object{"Int": scalar("int32", ordered), "Text": scalar("string", ordered), "Plain": scalar("string", object{}), "Big": scalar("int64", object{})},
		"object_types": object{
			"person": fields(object{"id": column(named("Int")), "name": column(maybe(named("Text"))), "friend": column(maybe(named("friend")))}),
			"friend": fields(object{"name": column(named("Text")), "of": column(maybe(named("friend")))}),
			"pair":   fields(object{"a": column(named("Int")), "b": column(named("Text")), "c": column(named("Plain"))}),
			"note":   fields(object{"text": column(named("Plain")), "parts": object{"type": named("Plain"), "arguments": object{"of": column(named("Int"))}}}),
		},
		"collections": []any{
			collection("people", "person", object{}, unique("id")),
			collection("pairs", "pair", object{}, unique("a", "b")),
			collection("named", "pair", object{"prefix": column(maybe(named("Text")))}, unique("c")),
			collection("notes", "note", object{}, object{}),
			collection("people_called", "person", object{"name": column(named("Text"))}, unique("id")),
		},
		"functions": []any{
			object{"name": "add", "arguments": object{"a": column(named("Int")), "b": column(named("Int"))}, "result_type": named("Int")},
			object{"name": "env", "arguments": object{"name": column(named("Text"))}, "result_type": maybe(named("Text"))},
			object{"name": "read", "arguments": object{"path": column(named("Text"))}, "result_type": named("Text")},
			object{"name": "fail", "arguments": object{"how": column(named("Text"))}, "result_type": named("Text")},
			object{"name": "asked", "arguments": object{"path": column(named("Text"))}, "result_type": object{"type": "array", "element_type": named("Text")}},
			object{"name": "not an action", "arguments": object{}, "result_type": named("Int")},
		},
		"procedures": []any{
			object{"name": "befriend", "arguments": object{"friend": column(named("friend")), "times": column(maybe(named("Big")))}, "result_type": maybe(named("person"))},
			object{"name": "break", "arguments": object{"how": column(named("Text"))}, "result_type": named("Text")},
		},
	}
}

func table(name string) ([]object, bool) {
	list := []object{}
	switch name {
	case "people", "people_called":
		for i := rows; i > 0; i-- {
			list = append(list, object{"id": i, "name": fmt.Sprintf("person %d", i), "friend": nil})
		}
	case "pairs", "named":
		for a := 0; a < 3; a++ {
			for _, b := range []string{"x", "y", "z"} {
				list = append(list, object{"a": a, "b": b, "c": fmt.Sprintf("%d%s", a, b)})
			}
		}
	case "notes":
		list = append(list, object{"text": "one"}, object{"text": "two"}, object{"text": "two"})
	default:
		return nil, false
	}
	return list, true
}

func less(a, b any) bool {
	if x, ok := a.(string); ok {
		return x < b.(string)
	}
	return toInt(a) < toInt(b)
}

func toInt(v any) int {
	if f, ok := v.(float64); ok {
		return int(f)
	}
	return v.(int)
}

func matches(row object, p object) bool {
	switch p["type"] {
	case "and", "or":
		for _, e := range p["expressions"].([]any) {
			if matches(row, e.(object)) == (p["type"] == "or") {
				return p["type"] == "or"
			}
		}
		return p["type"] == "and"
	case "binary_comparison_operator":
		value, mine := p["value"].(object)["value"], row[p["column"].(object)["name"].(string)]
		if p["operator"] == "eq" {
			return !less(value, mine) && !less(mine, value)
		}
		return less(value, mine)
	}
	return true
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// How a connector can fail, by the word that asks for it.
func fail(w http.ResponseWriter, how string) {
	switch how {
	case "html":
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html><body>Welcome to the proxy</body></html>")
	case "half":
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `[{"rows":[{"__value":`)
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	case "silent":
		time.Sleep(time.Hour)
	case "die":
		fmt.Fprintln(os.Stderr, "no more memory for this")
		os.Exit(3)
	case "trace":
		answer(w, 500, object{"message": "it broke", "details": object{"stack": "at main.go:1\nat main.go:2"}})
	default:
		status, err := strconv.Atoi(how)
		if err != nil {
			answer(w, 500, object{"message": "failed with " + how, "details": object{"how": how}})
			return
		}
		answer(w, status, object{"message": "said no", "details": object{"column": "id"}})
	}
}

func query(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	gate.Lock()
	asked["/query"] = append(asked["/query"], string(body))
	gate.Unlock()
	var q object
	if json.Unmarshal(body, &q) != nil {
		answer(w, 400, object{"message": "no JSON", "details": object{}})
		return
	}
	arguments := object{}
	for name, argument := range q["arguments"].(object) {
		// A plain value is none.
		arguments[name] = argument.(object)["value"]
	}
	value := func(v any) { answer(w, 200, []any{object{"rows": []any{object{"__value": v}}}}) }
	switch q["collection"] {
	case "add":
		value(toInt(arguments["a"]) + toInt(arguments["b"]))
		return
	case "env":
		if v, ok := os.LookupEnv(arguments["name"].(string)); ok {
			value(v)
		} else {
			value(nil)
		}
		return
	case "read":
		content, err := os.ReadFile(arguments["path"].(string))
		if err != nil {
			answer(w, 422, object{"message": err.Error(), "details": nil})
			return
		}
		value(string(content))
		return
	case "asked":
		gate.Lock()
		defer gate.Unlock()
		value(asked[arguments["path"].(string)])
		return
	case "fail":
		fail(w, arguments["how"].(string))
		return
	}
	list, known := table(q["collection"].(string))
	if !known {
		answer(w, 422, object{"message": "no such collection", "details": object{}})
		return
	}
	inner := q["query"].(object)
	if n := number("FAIL_AFTER", 0); n > 0 && inner["predicate"] != nil && len(asked["/query"]) > n {
		fail(w, os.Getenv("FAIL_HOW"))
		return
	}
	chosen := []object{}
	for _, row := range list {
		if p, ok := inner["predicate"].(object); !ok || os.Getenv("IGNORE_PREDICATES") != "" || matches(row, p) {
			chosen = append(chosen, row)
		}
	}
	if order, ok := inner["order_by"].(object); ok {
		sort.SliceStable(chosen, func(i, j int) bool {
			for _, e := range order["elements"].([]any) {
				name := e.(object)["target"].(object)["name"].(string)
				if a, b := chosen[i][name], chosen[j][name]; less(a, b) || less(b, a) {
					return less(a, b) == (e.(object)["order_direction"] == "asc")
				}
			}
			return false
		})
	}
	if o, ok := inner["offset"].(float64); ok {
		if int(o) > len(chosen) {
			o = float64(len(chosen))
		}
		chosen = chosen[int(o):]
	}
	limit := number("MOST_ROWS", 1000000)
	if l, ok := inner["limit"].(float64); ok && int(l) < limit {
		limit = int(l)
	}
	if limit < len(chosen) {
		chosen = chosen[:limit]
	}
	answered := []any{}
	for _, row := range chosen {
		fields, _ := inner["fields"].(object)
		one := object{}
		for alias, f := range fields {
			one[alias] = row[f.(object)["column"].(string)]
		}
		answered = append(answered, one)
	}
	answer(w, 200, []any{object{"rows": answered}})
}

func mutation(w http.ResponseWriter, r *http.Request) {
	var m struct {
		Operations []struct {
			Name      string
			Arguments object
		}
	}
	json.NewDecoder(r.Body).Decode(&m)
	one := m.Operations[0]
	if one.Name == "break" {
		fail(w, one.Arguments["how"].(string))
		return
	}
	result := object{"id": 7, "name": "me", "friend": one.Arguments["friend"]}
	answer(w, 200, object{"operation_results": []any{object{"type": "procedure", "result": result}}})
}

func main() {
	fmt.Println("starting", strings.Join(os.Args[1:], " "))
	switch os.Getenv("START") {
	case "exit0", "exit7":
		fmt.Fprintln(os.Stderr, "no database at 10.0.0.1")
		code, _ := strconv.Atoi(os.Getenv("START")[4:])
		os.Exit(code)
	case "slow":
		time.Sleep(2 * time.Second)
	}
	token := os.Getenv("HASURA_SERVICE_TOKEN_SECRET")
	version := "0.2.0"
	explain := object{"explain": object{}}
	if os.Getenv("GENERATION") == "1" {
		version, explain = "0.1.6", object{}
	}
	guarded := func(path string, serve http.HandlerFunc) {
		http.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			gate.Lock()
			asked[path+" version"] = append(asked[path+" version"], r.Header.Get("X-Hasura-NDC-Version"))
			asked[path+" traceparent"] = append(asked[path+" traceparent"], r.Header.Get("traceparent"))
			gate.Unlock()
			if token != "" && r.Header.Get("Authorization") != "Bearer "+token {
				answer(w, 401, object{"message": "who are you", "details": object{}})
				return
			}
			serve(w, r)
		})
	}
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		if os.Getenv("START") == "never" {
			w.WriteHeader(503)
		}
	})
	guarded("/capabilities", func(w http.ResponseWriter, r *http.Request) {
		if os.Getenv("START") == "html" {
			fail(w, "html")
			return
		}
		answer(w, 200, object{"version": version, "capabilities": object{"query": explain, "mutation": object{}}})
	})
	guarded("/schema", func(w http.ResponseWriter, r *http.Request) { answer(w, 200, schema()) })
	guarded("/query", query)
	guarded("/query/explain", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, object{"details": object{"plan": "scan"}})
	})
	guarded("/mutation", mutation)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		fmt.Println("stopping")
		os.Exit(0)
	}()
	fmt.Fprintln(os.Stderr, http.ListenAndServe(":"+os.Getenv("HASURA_CONNECTOR_PORT"), nil))
	os.Exit(1)
}
