#!/usr/bin/env python3
"""Measures verifications beside a running campaign: how long a start and the check of its code take.

Usage: python3 bench/verify.py [the program] [verifications] [recipients of the campaign]

A simulated carrier takes 500 parts a second, so that the campaign's messages wait for the whole measurement. Codes are read from what
the carrier shows. The last line has the percentiles of start and check together.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "postrider"
MANY = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
RECIPIENTS = int(sys.argv[3]) if len(sys.argv) > 3 else 200_000
HTTP, SMPP = 28082, 22786
KEYS = {"shop": "bench-key-of-the-campaign", "bank": "bench-key-of-the-verifications"}
CONFIG = f"""
[log]
level = "warn"
[http]
listen = "127.0.0.1:{HTTP}"
[smpp]
enabled = false
[accounts.shop]
refuse_to = []
keys = [{{ name = "bench", key = "{KEYS['shop']}" }}]
[accounts.bank]
refuse_to = []
keys = [{{ name = "bench", key = "{KEYS['bank']}" }}]
codes = {{ prefix_hour = 1000000, number_hour = 1000 }}
[upstreams.carrier]
host = "127.0.0.1"
port = {SMPP}
system_id = "carrier"
password = "carrier"
binds = 4
rate = 500.0
[routes.everywhere]
upstreams = ["carrier"]
"""


class Api:
    def __init__(self, account):
        self.connection = http.client.HTTPConnection("127.0.0.1", HTTP)
        self.headers = {"Authorization": f"Bearer {KEYS[account]}"}

    def ask(self, method, path, body=None, kind="application/json"):
        if isinstance(body, dict):
            body = json.dumps(body)
        self.connection.request(method, path, body, {**self.headers, "Content-Type": kind})
        answer = self.connection.getresponse()
        octets = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {octets.decode()}")
        return json.loads(octets)


def read_codes(carrier, codes):
    """Keeps the codes that handsets show, by the last digits of the number."""
    number = None
    for line in carrier.stdout:
        # A line names the handset, those below it have the text.
        named = re.search(r"\+(447799\d{6}) ", line)
        code = re.search(r"code is (\d{6})", line)
        if code and number:
            codes[number] = code.group(1)
        if named or not line.startswith(" "):
            number = named and named.group(1)


def measured(api, codes, n):
    number = f"447799{n:06d}"
    begin = time.perf_counter()
    started = api.ask("POST", "/v1/verifications", {"to": f"+{number}"})
    start = time.perf_counter() - begin
    while number not in codes:
        time.sleep(0.002)
    begin = time.perf_counter()
    checked = api.ask("POST", f"/v1/verifications/{started['id']}/check", {"code": codes[number]})
    assert checked["valid"], checked
    return start * 1000, (time.perf_counter() - begin) * 1000


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def main():
    folder = tempfile.mkdtemp()
    with open(f"{folder}/postrider.toml", "w") as file:
        file.write(CONFIG)
    carrier = subprocess.Popen(
        [PROGRAM, "simulate", "--smpp", f"127.0.0.1:{SMPP}"], stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    gateway = subprocess.Popen([PROGRAM, "serve", "--config", f"{folder}/postrider.toml", "--data", f"{folder}/data"])
    codes = {}
    threading.Thread(target=read_codes, args=(carrier, codes), daemon=True).start()
    try:
        time.sleep(3)
        shop, bank = Api("shop"), Api("bank")
        rows = "to\n" + "".join(f"+44770{n:07d}\n" for n in range(RECIPIENTS))
        campaign = shop.ask("POST", "/v1/campaigns", {"text": "Spring sale"})["id"]
        shop.ask("POST", f"/v1/campaigns/{campaign}/recipients", rows.encode(), "text/csv")
        shop.ask("POST", f"/v1/campaigns/{campaign}/launch")
        time.sleep(1)
        starts, checks = zip(*(measured(bank, codes, n) for n in range(MANY)))
        both = [start + check for start, check in zip(starts, checks)]
        state = shop.ask("GET", f"/v1/campaigns/{campaign}")
        print(f"the campaign: {state['state']}, {state['accepted']} of {state['recipients']} accepted")
        for name, values in [("start", starts), ("check", checks), ("start+check", both)]:
            shares = ", ".join(f"p{int(share * 1000) / 10:g} {percentile(values, share):.2f} ms" for share in (0.5, 0.9, 0.99))
            print(f"{name}: {shares}, most {max(values):.2f} ms")
    finally:
        gateway.terminate()
        carrier.terminate()
        gateway.wait()


main()
