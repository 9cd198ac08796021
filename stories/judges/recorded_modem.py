"""One of python-gsmmodem's recorded modems behind a TCP port. Input: a JSON object of `modem` (its place in their list) and
`source` (the directory of the recordings). Output: the port, then a line for each message that was sent, in digits."""

import json
import socket
import sys

given = json.loads(sys.stdin.readline())
sys.path.insert(0, given["source"])
import fakemodems  # noqa: E402

modem = fakemodems.createModems()[given["modem"]]
# Recordings have no network: what is not recorded is answered with OK.
for command, line in {"AT+CREG?": "+CREG: 0,1", "AT+CSQ": "+CSQ: 21,99"}.items():
    modem.responses.setdefault(command + "\r", [line + "\r\n", "OK\r\n"])

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)


def serve(line):
    typed, sent, prompted = b"", 0, False
    while True:
        read = line.recv(4096)
        if not read:
            return
        typed += read.replace(b"\x1b", b"")
        while True:
            end = typed.find(b"\x1a" if prompted else b"\r")
            if end < 0:
                break
            command, typed = typed[: end + 1], typed[end + 1 :]
            if prompted:
                prompted = False
                print(command[:-1].decode().strip(), flush=True)
                answer = ["+CMGS: %d\r\n" % (sent % 256), "OK\r\n"]
                sent += 1
            elif command.startswith(b"AT+CMGS="):
                prompted, answer = True, ["> "]
            elif command.strip():
                answer = modem.getResponse(command)
            else:
                answer = []
            for one in answer:
                line.sendall(b"\r\n" + one.encode())


while True:
    connection, _ = server.accept()
    serve(connection)
