package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Who wants to hear of greetings. Nothing of it is kept: whoever subscribed does so again after a restart.
type subscription struct {
	Endpoint string
	Data     struct{ Name string }
}

var (
	subscriptions sync.Map // by id
	greetings     int64
	publisher     = &http.Client{Timeout: 10 * time.Second}
)

func subscribe(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Id, Event string
		subscription
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&asked); err != nil || asked.Id == "" || asked.Event != "greeted" {
		http.Error(w, "a subscription has an id, an endpoint and the event greeted", http.StatusBadRequest)
		return
	}
	subscriptions.Store(asked.Id, asked.subscription)
	log.Printf("greetings of %q are published", asked.Data.Name)
}

func unsubscribe(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Id string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	subscriptions.Delete(asked.Id)
}

// A CloudEvent 1.0 in structured mode, to all who want it. Each delivery is tried for a while, as 503 says that it was not stored.
func publish(name, greeting string) {
	event, _ := json.Marshal(map[string]interface{}{
		"specversion":     "1.0",
		"id":              fmt.Sprintf("%d-%d", time.Now().UnixNano(), atomic.AddInt64(&greetings, 1)),
		"source":          "/greeter",
		"type":            "greeted",
		"subject":         name,
		"time":            time.Now().UTC().Format(time.RFC3339Nano),
		"datacontenttype": "application/json",
		"data":            map[string]string{"name": name, "greeting": greeting},
	})
	subscriptions.Range(func(id, value interface{}) bool {
		if wanted := value.(subscription); wanted.Data.Name == "" || wanted.Data.Name == name {
			go deliver(id, wanted.Endpoint, event)
		}
		return true
	})
}

func deliver(id interface{}, endpoint string, event []byte) {
	for pause := time.Second; pause < time.Minute; pause *= 2 {
		response, err := publisher.Post(endpoint, "application/cloudevents+json", bytes.NewReader(event))
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusGone {
				subscriptions.Delete(id)
			}
			if response.StatusCode < 500 {
				return
			}
		}
		time.Sleep(pause)
	}
	log.Printf("a greeting was not taken by %s", endpoint)
}
