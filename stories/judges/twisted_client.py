"""A customer that uses smpp.twisted: binds, sends the messages it is given, and waits until each has its receipt.

Reads one JSON object from standard input, and writes one with what it was told to standard output. Since smpp.twisted
neither codes texts nor cuts them, smpplib does that.
"""

import json
import re
import sys

from smpp.pdu.operations import SubmitSM
from smpp.pdu.pdu_types import (
    AddrNpi,
    AddrTon,
    CommandStatus,
    DataCoding,
    DataCodingScheme,
    EsmClass,
    EsmClassGsmFeatures,
    EsmClassMode,
    EsmClassType,
    PriorityFlag,
    RegisteredDelivery,
    RegisteredDeliveryReceipt,
    ReplaceIfPresentFlag,
)
from smpp.twisted.config import SMPPClientConfig
from smpp.twisted.protocol import SMPPClientProtocol
from twisted.internet import defer, task
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory

from smpplib_texts import parts_of

PATIENCE = 60
UDHI = 0x40
MESSAGE_PAYLOAD = 0x0424
RECEIPT = re.compile(r"id:(\S+) .*stat:(\w+)")


def submit(message, part):
    features = [EsmClassGsmFeatures.UDHI_INDICATOR_SET] if part.get("esm_class", 0) & UDHI else []
    # It knows message_payload, but can write it as a parameter of one's own only.
    payload = [(MESSAGE_PAYLOAD, None, "OctetString", part["message_payload"])] if "message_payload" in part else []
    return SubmitSM(
        service_type="",
        source_addr_ton=AddrTon.ALPHANUMERIC,
        source_addr_npi=AddrNpi.UNKNOWN,
        source_addr=message["from"],
        dest_addr_ton=AddrTon.INTERNATIONAL,
        dest_addr_npi=AddrNpi.ISDN,
        destination_addr=message["to"],
        esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.DEFAULT, features),
        protocol_id=0,
        priority_flag=PriorityFlag.LEVEL_0,
        registered_delivery=RegisteredDelivery(RegisteredDeliveryReceipt.SMSC_DELIVERY_RECEIPT_REQUESTED),
        replace_if_present_flag=ReplaceIfPresentFlag.DO_NOT_REPLACE,
        data_coding=DataCoding(DataCodingScheme.RAW, part["data_coding"]),
        sm_default_msg_id=0,
        short_message=part["short_message"],
        custom_tlvs=payload,
        **{name: value for name, value in part.items() if name.startswith("sar_")},
    )


class Link(Factory):
    """Makes the session. The factory of smpp.twisted's own wants OpenSSL, encrypted or not."""

    protocol = SMPPClientProtocol

    def __init__(self, order):
        self.config = SMPPClientConfig(
            host=order["host"], port=order["port"], username=order["system_id"], password=order["password"]
        )

    def getConfig(self):
        return self.config


class Customer:
    """Remembers the receipts that came, and says when there are enough."""

    def __init__(self):
        self.receipts = {}
        self.wanted = None
        self.complete = defer.Deferred()

    def on_deliver(self, smpp, pdu):
        text = pdu.params["short_message"].decode("ascii")
        found = RECEIPT.search(text)
        if pdu.params["esm_class"].type != EsmClassType.SMSC_DELIVERY_RECEIPT or not found:
            self.complete.errback(ValueError(f"this is no receipt: {pdu}"))
        elif pdu.params["receipted_message_id"].decode("ascii") != found.group(1):
            self.complete.errback(ValueError(f"receipted_message_id is not what the text says: {pdu}"))
        else:
            self.receipts.setdefault(found.group(1), []).append(found.group(2))
            self.look()
        return CommandStatus.ESME_ROK

    def look(self):
        if self.wanted is not None and self.wanted <= self.receipts.keys() and not self.complete.called:
            self.complete.callback(None)

    def wait(self, ids):
        self.wanted = set(ids)
        self.look()
        return self.complete


@defer.inlineCallbacks
def serve(reactor):
    order = json.load(sys.stdin)
    customer = Customer()
    smpp = yield TCP4ClientEndpoint(reactor, order["host"], order["port"]).connect(Link(order))
    yield smpp.bindAsTransceiver(customer.on_deliver)
    ids = []
    for message in order["messages"]:
        answers = [smpp.sendDataRequest(submit(message, part)) for part in parts_of(message)]
        results = yield defer.gatherResults(answers)
        ids.append([result.response.params["message_id"].decode("ascii") for result in results])
    yield customer.wait(each for parts in ids for each in parts).addTimeout(PATIENCE, reactor)
    yield smpp.unbindAndDisconnect()
    json.dump({"ids": ids, "receipts": customer.receipts}, sys.stdout)


task.react(serve)
