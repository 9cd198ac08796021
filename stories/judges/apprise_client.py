"""Sends a notification by Apprise, as its documentation shows: {"url", "title", "body", "type"} on standard input."""

import json
import sys

import apprise

request = json.load(sys.stdin)
client = apprise.Apprise()
assert client.add(request["url"]), request["url"]
sent = client.notify(title=request["title"], body=request["body"], notify_type=request["type"])
sys.exit(0 if sent else 1)
