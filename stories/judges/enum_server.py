"""A DNS server of dnslib with two ENUM records. It writes its port, and answers until its input ends."""

import sys

from dnslib import NAPTR, QTYPE, RCODE, RR
from dnslib.server import BaseResolver, DNSServer

DOMAIN = "e164.example.net."
RECORDS = {
    "3.2.1.0.0.9.0.0.7.7.4.4." + DOMAIN: [
        NAPTR(20, 1, b"u", b"E2U+sip", b"!^.*$!sip:other@example.net;mcc=262;mnc=01!"),
        NAPTR(10, 5, b"u", b"E2U+pstn:tel", rb"!^(\+44.*)$!tel:\1;npdi;mcc=234;mnc=30!"),
    ],
}


class Resolver(BaseResolver):
    def resolve(self, request, handler):
        reply = request.reply()
        name = request.q.qname
        found = RECORDS.get(str(name).lower())
        if found is None:
            reply.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype == QTYPE.NAPTR:
            for record in found:
                reply.add_answer(RR(name, QTYPE.NAPTR, ttl=60, rdata=record))
        return reply


server = DNSServer(Resolver(), address="127.0.0.1", port=int(sys.argv[1]))
server.start_thread()
print("ready", flush=True)
sys.stdin.read()
server.stop()
