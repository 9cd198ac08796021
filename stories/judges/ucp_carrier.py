"""An SMSC that uses the package `ucp`: it takes every login and message, and reports each delivered. The package reads and writes the
frames, with their lengths and checksums; here is a socket.

A handset whose number begins with 4999 answers each message with "Hello @ you".

Prints its port; then a JSON object for each message as `ucp` understood it, and one for each of its own operations that was answered.
"""

import json
import socket
import threading
import time

from ucp.ucp import ETX, STX, Request5x, Response, dispatcher

BINARY = 4


def say(**words):
    print(json.dumps(words), flush=True)


def services(xser):
    """The extra services by their numbers."""
    octets, found = bytes.fromhex(xser), {}
    while octets:
        kind, length = octets[0], octets[1]
        found[kind], octets = octets[2 : 2 + length].hex(), octets[2 + length :]
    return found


class Session:
    def __init__(self, connection):
        self.connection = connection
        self.trn = 0
        self.last = {}

    def send(self, frame):
        self.connection.sendall(str(frame).encode("latin-1"))

    def serve(self):
        read = ""
        while octets := self.connection.recv(4096):
            read += octets.decode("latin-1")
            while ETX in read:
                frame, read = read.split(ETX, 1)
                self.take(frame[frame.index(STX) :] + ETX)

    def take(self, frame):
        message = dispatcher(frame)
        if isinstance(message, Response):
            say(answered=message.ot, ack=message.ack)
        elif message.ot == 51:
            self.deliver(message)
        else:
            if message.ot == 60:
                say(login=message.oadc, password=message.pwd, version=message.vers)
            self.send(Response(message.ot, "A", message.trn))

    def deliver(self, message):
        extra = services(message.xser)
        text = message.xmsg
        if message.mt == BINARY:
            text = bytes.fromhex(text).decode("utf-16-be")
        say(to=message.adc, source=message.oadc, type=message.otoa, text=text, header=extra.get(1), coding=extra.get(2))
        stamp = self.stamp(message.adc)
        self.send(Response(51, "A", message.trn, sm=f"{message.adc}:{stamp}"))
        report = {"dst": "0", "rsn": "000", "dscts": stamp, "xmsg": "Delivered"}
        self.operate(53, "60006", message.adc, stamp, **report)
        if message.adc.startswith("4999"):
            self.operate(52, "60006", message.adc, stamp, xmsg="Hello @ you")

    def operate(self, ot, adc, oadc, scts, **more):
        self.trn = (self.trn + 1) % 100
        self.send(Request5x(ot, self.trn, adc=adc, oadc=oadc, scts=scts, mt="3", encoded=False, **more))

    def stamp(self, recipient):
        """A second that this recipient has not had, as DDMMYYhhmmss."""
        second = max(int(time.time()), self.last.get(recipient, 0) + 1)
        self.last[recipient] = second
        return time.strftime("%d%m%y%H%M%S", time.gmtime(second))


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=Session(connection).serve, daemon=True).start()
