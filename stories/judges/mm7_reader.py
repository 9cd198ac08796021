"""Reads a body of MM7 with Python's own parsers of MIME and XML.

Reads a JSON object from standard input: `content_type`, and `body` in hexadecimal. Prints a JSON object: the transaction, the recipient,
the subject, whether the content that the SOAP message names is there, and each part below it with its type and its octets.
"""

import email
import email.policy
import json
import sys
from xml.etree import ElementTree

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
MM7 = "{http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-4}"


def main():
    given = json.load(sys.stdin)
    head = f"MIME-Version: 1.0\r\nContent-Type: {given['content_type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + bytes.fromhex(given["body"]), policy=email.policy.default)
    defects = [str(defect) for part in message.walk() for defect in part.defects]
    assert not defects, defects
    assert message.get_content_type() == "multipart/related"
    assert message.get_param("type") == "text/xml"
    soap, content = message.iter_parts()
    assert soap["Content-ID"] == message.get_param("start")
    envelope = ElementTree.fromstring(soap.get_payload(decode=True))
    transaction = envelope.find(f"{SOAP}Header/{MM7}TransactionID")
    assert transaction.get(f"{SOAP}mustUnderstand") == "1"
    request = envelope.find(f"{SOAP}Body")[0]
    href = request.find(f"{MM7}Content").get("href")
    parts = list(content.iter_parts())
    assert content.get_content_type() == "multipart/related"
    assert parts[0].get_content_type() == "application/smil"
    assert parts[0]["Content-ID"] == content.get_param("start")
    smil = ElementTree.fromstring(parts[0].get_payload(decode=True))
    named = {element.get("src") for element in smil.iter() if element.get("src")}
    print(json.dumps({
        "transaction": transaction.text,
        "element": request.tag.removeprefix(MM7),
        "to": request.find(f"{MM7}Recipients/{MM7}To/{MM7}Number").text,
        "subject": request.find(f"{MM7}Subject").text,
        "is_named": content["Content-ID"] == f"<{href.removeprefix('cid:')}>",
        "shown": sorted(named),
        "parts": [
            {"type": part.get_content_type(), "name": part["Content-Location"], "octets": part.get_payload(decode=True).hex()}
            for part in parts[1:]
        ],
    }))


main()
