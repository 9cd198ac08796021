"""A customer that uses smpplib to receive: binds, and says each text that a handset wrote.

Reads one JSON object from standard input: where to bind, its `address_range`, and how many messages to wait for. Writes a
list of `from`, `to` and `text`. smpplib leaves characters and parts to whoever uses it: they are read here by the tables that it
writes texts with.
"""

import json
import socket
import sys
import time

from smpplib import client, consts, gsm

PATIENCE = 60


def read(octets, coding):
    """The text of these octets."""
    if coding == consts.SMPP_ENCODING_ISO10646:
        return octets.decode("utf-16-be")
    characters, escaped = [], False
    for octet in octets:
        if escaped:
            characters.append(gsm.GSM_CHARACTER_TABLE[0x80 + octet])
            escaped = False
        elif octet == 0x1B:
            escaped = True
        else:
            characters.append(gsm.GSM_CHARACTER_TABLE[octet])
    return "".join(characters)


class Customer:
    """A bound receiver, with the texts that it has got so far."""

    def __init__(self, order):
        self.received, self.parts = [], {}
        self.link = client.Client(order["host"], order["port"], timeout=5, allow_unknown_opt_params=True)
        self.link.set_message_received_handler(self.on_deliver)
        self.link.connect()
        self.link.bind_receiver(
            system_id=order["system_id"], password=order["password"], address_range=order["address_range"]
        )

    def on_deliver(self, pdu, **_):
        if pdu.esm_class & 0x3C:
            raise SystemExit(f"this is no message: esm_class {pdu.esm_class}")
        octets, source = pdu.short_message, pdu.source_addr.decode()
        if pdu.esm_class & consts.SMPP_GSMFEAT_UDHI:
            length = octets[0] + 1
            _, _, reference, total, number = octets[1:6]
            parts = self.parts.setdefault((source, reference, total), {})
            parts[number] = read(octets[length:], pdu.data_coding)
            if len(parts) < total:
                return
            text = "".join(parts[number] for number in sorted(parts))
            del self.parts[(source, reference, total)]
        else:
            text = read(octets, pdu.data_coding)
        self.received.append({"from": source, "to": pdu.destination_addr.decode(), "text": text})

    def wait(self, messages):
        deadline = time.monotonic() + PATIENCE
        while len(self.received) < messages:
            if time.monotonic() > deadline:
                raise SystemExit(f"waited in vain; received {self.received}")
            try:
                self.link.read_once(auto_send_enquire_link=False)
            except socket.timeout:
                continue


def main():
    order = json.load(sys.stdin)
    customer = Customer(order)
    customer.wait(order["messages"])
    customer.link.unbind()
    customer.link.disconnect()
    json.dump(customer.received, sys.stdout)


main()
