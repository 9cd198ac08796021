"""A carrier that uses smpp.twisted: takes every message, and reports it delivered on the bind that smpp.twisted says.

A handset whose number begins with 4999 answers each message with its text, in UCS-2.

Prints its port; then a JSON object for each submit_sm as smpp.pdu understood it, and one for each receipt that was
answered. Every system_id may bind once in each way, with the password that stories give to upstreams. smpp.twisted writes
whatever it reads anew before it handles it, so what it couldn't have written itself ends the connection.
"""

import json
import sys
import uuid

from smpp.pdu.gsm_types import InformationElementIdentifier
from smpp.pdu.operations import DeliverSM
from smpp.pdu.pdu_types import (
    AddrNpi,
    AddrTon,
    CommandId,
    CommandStatus,
    DataCoding,
    DataCodingDefault,
    EsmClass,
    EsmClassMode,
    EsmClassType,
    MessageState,
    RegisteredDelivery,
    RegisteredDeliveryReceipt,
)
from smpp.pdu.sm_encoding import SMStringEncoder
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse
from smpp.twisted.server import SMPPServerFactory
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet import reactor
from zope.interface import implementer

KINDS = {
    InformationElementIdentifier.CONCATENATED_SM_8BIT_REF_NUM: 0,
    InformationElementIdentifier.CONCATENATED_SM_16BIT_REF_NUM: 8,
}
TONS = {AddrTon.INTERNATIONAL: 1, AddrTon.NETWORK_SPECIFIC: 3, AddrTon.ABBREVIATED: 6, AddrTon.UNKNOWN: 0, AddrTon.ALPHANUMERIC: 5}


@implementer(IRealm, ICredentialsChecker)
class Customers:
    """Whoever knows the password is a customer."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, names):
        self.names = names

    def requestAvatarId(self, credentials):
        if credentials.username in self.names and credentials.password == "pw":
            return credentials.username
        raise UnauthorizedLogin

    def requestAvatar(self, avatarId, mind, *interfaces):
        return interfaces[0], avatarId, lambda: None


def say(what):
    print(json.dumps(what), flush=True)


def number_of(params, udh):
    """Which part of its message a submit_sm is, from 1, by its header or its parameters."""
    for element in udh or []:
        if element.identifier in KINDS:
            return element.data.sequenceNum
    return params.get("sar_segment_seqnum", 1)


def understood(system_id, pdu):
    """What smpp.pdu makes of a submit_sm."""
    params = pdu.params
    payload = params.get("message_payload")
    if payload is not None:
        # It only looks for texts where there usually are any.
        params["short_message"] = payload
    text = SMStringEncoder().decodeSM(pdu)
    return {
        "to": params["destination_addr"].decode(),
        "by": system_id,
        "number": number_of(params, text.udh),
        "text": text.unicode,
        "source": params["source_addr"].decode(),
        "source_ton": TONS[params["source_addr_ton"]],
        "payload": payload is not None,
        "sar": "sar_segment_seqnum" in params,
        "udh": None if text.udh is None else [KINDS[element.identifier] for element in text.udh],
    }


def receipt(message_id, submit):
    return DeliverSM(
        source_addr_ton=submit.params["dest_addr_ton"],
        source_addr_npi=submit.params["dest_addr_npi"],
        source_addr=submit.params["destination_addr"],
        dest_addr_ton=submit.params["source_addr_ton"],
        dest_addr_npi=AddrNpi.UNKNOWN,
        destination_addr=submit.params["source_addr"],
        esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.SMSC_DELIVERY_RECEIPT),
        protocol_id=0,
        registered_delivery=RegisteredDelivery(RegisteredDeliveryReceipt.NO_SMSC_DELIVERY_RECEIPT_REQUESTED),
        replace_if_present_flag=submit.params["replace_if_present_flag"],
        data_coding=DataCoding(),
        priority_flag=submit.params["priority_flag"],
        sm_default_msg_id=0,
        short_message=f"id:{message_id} submit date:2611211200 done date:2611211200 stat:DELIVRD err:000",
        receipted_message_id=message_id,
        message_state=MessageState.DELIVERED,
    )


def report(factory, system_id, message_id, submit):
    def told(result):
        status = result.response.status.name
        say({"reported": message_id, "on": result.smpp.bind_type.name, "status": status})

    bind = factory.getBoundConnections(system_id).getNextBindingForDelivery()
    bind.sendDataRequest(receipt(message_id, submit)).addCallback(told)


def answer(factory, system_id, submit, text):
    """A handset's answer, on the bind that smpp.twisted says."""
    pdu = DeliverSM(
        source_addr_ton=submit.params["dest_addr_ton"],
        source_addr_npi=submit.params["dest_addr_npi"],
        source_addr=submit.params["destination_addr"],
        dest_addr_ton=submit.params["source_addr_ton"],
        dest_addr_npi=AddrNpi.UNKNOWN,
        destination_addr=submit.params["source_addr"],
        esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.DEFAULT),
        protocol_id=0,
        registered_delivery=RegisteredDelivery(RegisteredDeliveryReceipt.NO_SMSC_DELIVERY_RECEIPT_REQUESTED),
        replace_if_present_flag=submit.params["replace_if_present_flag"],
        data_coding=DataCoding(schemeData=DataCodingDefault.UCS2),
        priority_flag=submit.params["priority_flag"],
        sm_default_msg_id=0,
        short_message=text.encode("utf-16-be"),
    )
    bind = factory.getBoundConnections(system_id).getNextBindingForDelivery()
    bind.sendDataRequest(pdu).addCallback(lambda result: say({"answered": result.response.status.name}))


def main():
    systems = sys.argv[1:]
    customers = Customers(systems)

    def take(system_id, smpp, pdu):
        if pdu.commandId != CommandId.submit_sm:
            return CommandStatus.ESME_RINVCMDID
        taken = understood(system_id, pdu)
        say(taken)
        message_id = str(uuid.uuid4())
        # After the answer.
        reactor.callLater(0, report, factory, system_id, message_id, pdu)
        if taken["to"].startswith("4999"):
            reactor.callLater(0, answer, factory, system_id, pdu, taken["text"])
        return DataHandlerResponse(CommandStatus.ESME_ROK, message_id=message_id)

    config = SMPPServerConfig(msgHandler=take, systems={name: {"max_bindings": 1} for name in systems})
    factory = SMPPServerFactory(config, auth_portal=Portal(customers, [customers]))
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()


main()
