"""A customer that uses smpplib: binds, sends the messages it is given, and waits until each has its receipt.

Reads one JSON object from standard input, and writes one with what it was told to standard output. Where `ca_file`
names an authority, it speaks TLS and trusts nobody else. How a text is coded, cut into parts and given its headers is
smpplib's own doing; that is the point of it.
"""

import json
import re
import socket
import ssl
import sys
import time

from smpplib import client, consts

from smpplib_texts import parts_of

PATIENCE = 60
RECEIPT = re.compile(r"id:(\S+) .*stat:(\w+)")


def encryption(order):
    """What smpplib encrypts with, if it does. It never says which host it means, so no name can be looked at."""
    if order["ca_file"] is None:
        return None
    context = ssl.create_default_context(cafile=order["ca_file"])
    context.check_hostname = False
    return context


class Customer:
    """A bound transceiver, with the answers and receipts it has got so far."""

    def __init__(self, order):
        self.answers = {}
        self.receipts = {}
        self.link = client.Client(
            order["host"],
            order["port"],
            timeout=5,
            ssl_context=encryption(order),
            allow_unknown_opt_params=True,
        )
        self.link.set_message_sent_handler(self.on_answer)
        self.link.set_message_received_handler(self.on_deliver)
        self.link.connect()
        self.link.bind_transceiver(system_id=order["system_id"], password=order["password"])

    def on_answer(self, pdu, **_):
        self.answers[pdu.sequence] = pdu.message_id.decode("ascii")

    def on_deliver(self, pdu, **_):
        text = pdu.short_message.decode("ascii")
        found = RECEIPT.search(text)
        if not (pdu.esm_class & 0x04 and found):
            raise SystemExit(f"this is no receipt: esm_class {pdu.esm_class}, {text!r}")
        if pdu.receipted_message_id is not None:
            named = pdu.receipted_message_id.decode("ascii").rstrip("\0")
            if named != found.group(1):
                raise SystemExit(f"receipted_message_id {named!r} is not what the text says: {text!r}")
        self.receipts.setdefault(found.group(1), []).append(found.group(2))

    def send(self, message):
        """Sends a message, and returns the sequence numbers of its parts."""
        sent = []
        for part in parts_of(message):
            pdu = self.link.send_message(
                source_addr_ton=consts.SMPP_TON_ALNUM,
                source_addr_npi=consts.SMPP_NPI_UNK,
                source_addr=message["from"],
                dest_addr_ton=consts.SMPP_TON_INTL,
                dest_addr_npi=consts.SMPP_NPI_ISDN,
                destination_addr=message["to"],
                registered_delivery=True,
                **part,
            )
            sent.append(pdu.sequence)
        return sent

    def wait(self, done):
        """Reads until `done` says so."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > deadline:
                raise SystemExit(f"waited in vain; answers {self.answers}, receipts {self.receipts}")
            try:
                self.link.read_once(auto_send_enquire_link=False)
            except socket.timeout:
                continue


def main():
    order = json.load(sys.stdin)
    customer = Customer(order)
    sent = [customer.send(message) for message in order["messages"]]
    everything = [sequence for parts in sent for sequence in parts]
    customer.wait(lambda: all(sequence in customer.answers for sequence in everything))
    customer.wait(lambda: all(customer.answers[sequence] in customer.receipts for sequence in everything))
    customer.link.unbind()
    customer.link.disconnect()
    ids = [[customer.answers[sequence] for sequence in parts] for parts in sent]
    json.dump({"ids": ids, "receipts": customer.receipts}, sys.stdout)


main()
