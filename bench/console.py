"""Measures the console: how long pages take on the server with millions of messages, and what a hundred open live pages cost.

    cargo build --release
    python3 bench/console.py [--program target/release/postrider] [--messages 10000000] [--data DIRECTORY]
    POSTRIDER_STORE=postgres://user:password@127.0.0.1/bench python3 bench/console.py --postgres

It starts a gateway on an embedded store, or on an empty database of PostgreSQL, and a simulated carrier. It sends one message, and copies it
until there are as many as wanted, spread over 80 days. A store that was filled before is used again. Times are those of whole answers over
one connection, without the browser. CPU is that of the gateway's process: where other work keeps the machine busy, it tells more than times
do. The searches are those of the box: by identifier, number, references, sender, error, and for what nothing has.
"""

import argparse
import http.client
import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HTTP, CARRIER = ("127.0.0.1", 28090), "127.0.0.1:28775"
KEY, ADMIN = "key of the account, for the bench", "key of the administrator, for the bench"
CONFIG = f"""
[http]
listen = "{HTTP[0]}:{HTTP[1]}"
[log]
level = "error"
[smpp]
listen = "127.0.0.1:28776"
[admin.keys]
bench = {{ env = "BENCH_ADMIN" }}
[accounts.shop]
keys = [{{ name = "bench", key = {{ env = "BENCH_KEY" }} }}]
refuse_to = []
[upstreams.carrier]
host = "127.0.0.1"
port = 28775
system_id = "bench"
[routes.all]
upstreams = ["carrier"]
[users.olga]
role = "owner"
password = "correct horse battery"
"""
SEARCHES = [
    "/console/messages?q=%2BNUMBER", "/console/messages?q=%2B491699999999", "/console/messages?q=CARRIER", "/console/messages?q=order-1",
    "/console/messages?q=nobody", "/console/messages?q=undeliverable", "/console/messages?state=undelivered&since=30d",
]
PAGES = [
    "/console/live", "/console/messages", "/console/messages?state=delivered",
    "/console/messages?account=shop", "/console/messages/ID", "/console/compose", "/console/inbox?account=shop", "/console/inbox/received",
    "/console/campaigns?account=shop", "/console/broadcasts?account=shop", "/console/contacts?account=shop", "/console/alerts?account=shop",
    "/console/appointments?account=shop", "/console/verifications?account=shop", "/console/templates?account=shop", "/console/held",
    "/console/opt-outs", "/console/upstreams", "/console/upstreams/carrier", "/console/routes", "/console/numbers", "/console/automation",
    "/console/quality", "/console/unmatched", "/console/accounts", "/console/accounts/shop", "/console/reports", "/console/tariffs",
    "/console/users", "/console/audit", "/console/system", "/console/settings/limits", "/console/add/routes", "/console/schedules?account=shop",
    "/console/dead-numbers", "/console/contact-imports?account=shop", "/console/message-actions",
]
ON_POSTGRES = """
[node]
store = { env = "POSTRIDER_STORE" }
"""
# The octets of an identifier that aren't time.
NOT_TIME = 22
DAY = 86_400_000


def start(program, data):
    data.mkdir(parents=True, exist_ok=True)
    config = data / "bench.toml"
    config.write_text(CONFIG + (ON_POSTGRES if postgres() else ""))
    environment = {**os.environ, "BENCH_KEY": KEY, "BENCH_ADMIN": ADMIN}
    command = [program, "serve", "--config", str(config), "--data", str(data / "store")]
    gateway = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    for _ in range(600):
        try:
            if ask("GET", "/readyz")[0] == 200:
                return gateway
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the gateway did not start")


def stop(process):
    process.terminate()
    process.wait()


def ask(method, path, body=None, headers=None, connection=None):
    connection = connection or http.client.HTTPConnection(*HTTP, timeout=60)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def send(to, text):
    body = json.dumps({"to": to, "text": text})
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    status, answer, _ = ask("POST", "/v1/messages", body, headers)
    if status != 202:
        raise SystemExit(f"a message was answered {status}: {answer}")
    return json.loads(answer)["id"]


def postgres():
    """The arguments of a psql for the store, if it is a database."""
    return ["psql", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", os.environ["POSTRIDER_STORE"]] if "--postgres" in sys.argv else None


def sql(statement):
    return subprocess.run(postgres() + ["-c", statement], check=True, capture_output=True, text=True).stdout.strip()


CHANGED = {"message": {"recipient": "491700000000 + n % 9000000"}, "outcome": {"state": "2 + (n % 20 = 0)"}}


def fill_database(wanted):
    there = int(sql("SELECT count(*) FROM message"))
    if there >= wanted:
        return
    model = int(sql("SELECT m.id FROM message m JOIN outcome o USING (id) ORDER BY m.id DESC LIMIT 1"))
    step, newest = (80 * DAY << NOT_TIME) // wanted, (model >> NOT_TIME) // DAY
    for day in range(newest - 81, newest + 1):
        sql(f"SELECT make_day({day})")
    for table, changed in CHANGED.items():
        names = sql("SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns "
                    f"WHERE table_schema = current_schema() AND table_name = '{table}' AND column_name <> 'id'").split(",")
        values = ", ".join(changed.get(name, name).replace("(n % 20 = 0)", "(n % 20 = 0)::int") for name in names)
        sql(f"INSERT INTO {table} (id, {', '.join(names)}) SELECT {model} - n * {step}, {values} "
            f"FROM generate_series({there}, {wanted}) n, (SELECT * FROM {table} WHERE id = {model}) model WHERE n > 0 ON CONFLICT DO NOTHING")
        sql(f"VACUUM ANALYZE {table}")


def fill(store, wanted):
    database = sqlite3.connect(next(store.glob("*.db")))
    database.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = off; PRAGMA cache_size = -400000;")
    there = database.execute("SELECT count(*) FROM message").fetchone()[0]
    if there >= wanted:
        return
    columns = lambda table: [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
    model = database.execute("SELECT m.id FROM message m JOIN outcome o ON o.id = m.id ORDER BY m.id DESC LIMIT 1").fetchone()[0]
    step = (80 * DAY << NOT_TIME) // wanted
    for table, changed in CHANGED.items():
        names = columns(table)
        values = ", ".join(changed.get(name, name) for name in names)
        database.execute(
            f"WITH RECURSIVE c(n) AS (SELECT {wanted} UNION ALL SELECT n - 1 FROM c WHERE n > {there}) "
            f"INSERT OR IGNORE INTO {table} (id, {', '.join(names)}) "
            f"SELECT {model} - n * {step}, {values} FROM c, (SELECT * FROM {table} WHERE id = {model})")
        database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def settle(store, wanted):
    """Waits until filters of the messages are made, a block of 65,536 each: some of them every minute."""
    expected, begun = wanted * 99 // 100 // 65_536, time.perf_counter()
    while True:
        if postgres():
            made = int(sql("SELECT count(*) FROM search_block"))
        else:
            database = sqlite3.connect(f"file:{next(store.glob('*.db'))}?mode=ro", uri=True)
            made = database.execute("SELECT count(*) FROM search_block").fetchone()[0]
            database.close()
        if made >= expected:
            return print(f"{made} filters were made in {time.perf_counter() - begun:.0f} s")
        time.sleep(2)


def sign_in():
    form = urllib.parse.urlencode({"name": "olga", "password": "correct horse battery"})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    status, _, answered = ask("POST", "/console/sign-in", form, headers)
    if status != 303:
        raise SystemExit(f"signing in was answered {status}")
    return {"Cookie": answered["Set-Cookie"].split(";")[0], "Accept": "text/html"}


def pages(what, gateway, headers, asked, rounds=21):
    connection = http.client.HTTPConnection(*HTTP, timeout=60)
    medians, used = [], []
    for page in asked:
        times, cpu_before = [], cpu(gateway)
        for _ in range(rounds):
            before = time.perf_counter()
            status, body, _ = ask("GET", page, None, headers, connection)
            times.append((time.perf_counter() - before) * 1000)
        if status not in (200, 303):
            print(f"{page} was answered {status}")
        medians.append(statistics.median(times))
        used.append((cpu(gateway) - cpu_before) * 1000 / rounds)
        print(f"{medians[-1]:8.1f} ms  worst {max(times):8.1f} ms  CPU {used[-1]:6.1f} ms  {len(body):7d} octets  {page}")
    print(f"{statistics.median(medians):8.1f} ms  median of {what}; the slowest {max(medians):.1f} ms; "
          f"CPU {statistics.median(used):.1f} ms, at most {max(used):.1f} ms")


def cpu(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def streams(gateway, headers, many=100, seconds=30):
    def follow():
        connection = http.client.HTTPConnection(*HTTP, timeout=seconds * 4)
        connection.request("GET", "/console/live/stream", None, headers)
        answer = connection.getresponse()
        try:
            while answer.read1(65536):
                pass
        except (OSError, http.client.HTTPException):
            pass
    idle_before, begun = cpu(gateway), time.perf_counter()
    time.sleep(10)
    idle = (cpu(gateway) - idle_before) / (time.perf_counter() - begun)
    for _ in range(many):
        threading.Thread(target=follow, daemon=True).start()
    time.sleep(5)
    before, begun = cpu(gateway), time.perf_counter()
    time.sleep(seconds)
    busy = (cpu(gateway) - before) / (time.perf_counter() - begun)
    print(f"{many} live pages: {100 * (busy - idle):.1f} % of a core, beside {100 * idle:.1f} % without them")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", default="target/release/postrider")
    arguments.add_argument("--messages", type=int, default=10_000_000)
    arguments.add_argument("--data", type=pathlib.Path)
    arguments.add_argument("--postgres", action="store_true", help="the store is the database that POSTRIDER_STORE names")
    given = arguments.parse_args()
    data = given.data or pathlib.Path(tempfile.mkdtemp(prefix="postrider-console-"))
    carrier = subprocess.Popen([given.program, "simulate", "--smpp", CARRIER], stdout=subprocess.DEVNULL)
    gateway = start(given.program, data)
    try:
        send("+491700000001", "We open at nine.")
        time.sleep(5)
        stop(gateway)
        begun = time.perf_counter()
        if given.postgres:
            fill_database(given.messages)
        else:
            fill(data / "store", given.messages)
        print(f"filled in {time.perf_counter() - begun:.0f} s: {data}")
        gateway = start(given.program, data)
        message = send("+491700000002", "The last one.")
        time.sleep(15)
        settle(data / "store", given.messages)
        headers = sign_in()
        _, body, _ = ask("GET", f"/v1/messages/{message}", None, {"Authorization": f"Bearer {KEY}"})
        carrier_reference = json.loads(body).get("carrier_reference", "none")
        pages("all pages", gateway, headers, [page.replace("ID", message) for page in PAGES])
        searches = [page.replace("CARRIER", carrier_reference).replace("NUMBER", "491700000002") for page in SEARCHES]
        pages("all searches", gateway, headers, searches + [f"/console/messages?q={message}"])
        streams(gateway, headers)
    finally:
        stop(gateway)
        stop(carrier)


main()
