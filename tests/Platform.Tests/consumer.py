"""An event consumer as anyone would write it: binds a queue of its own and prints each event as a line of JSON."""
import json
import sys

import pika

url, pattern = sys.argv[1], sys.argv[2]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
queue = channel.queue_declare(queue="", exclusive=True).method.queue
channel.queue_bind(queue=queue, exchange="platform.events", routing_key=pattern)
print("ready", flush=True)

for method, properties, body in channel.consume(queue):
    print(json.dumps({
        "routing_key": method.routing_key,
        "content_type": properties.content_type,
        "headers": {k: str(v) for k, v in properties.headers.items()},
        "body": json.loads(body),
    }), flush=True)
    channel.basic_ack(method.delivery_tag)
