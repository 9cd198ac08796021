"""Sends a text with a provider's own library, and has it check the signature of a callback.

Reads a JSON object from standard input: `library`, `url` (where the simulated provider listens), `to`, `from`, `text`, `values` (of
the preset), and either nothing more, or `callback` with `url`, `headers` and `body`; or `request` with `url`, `headers` and `body`
for botocore, which signs the same request, and for moto, which takes it in the place of AWS. Prints what the library returned.
"""

import datetime
import json
import logging
import sys
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import HTTPAdapter


class Local(HTTPAdapter):
    """Sends what is meant for the provider to the simulated one."""

    def __init__(self, base):
        super().__init__()
        self.base = base

    def send(self, request, **kwargs):
        parts = urlsplit(request.url)
        request.url = self.base + parts.path + ("?" + parts.query if parts.query else "")
        return super().send(request, **{**kwargs, "verify": False})


def twilio(given, values):
    from twilio.http.http_client import TwilioHttpClient
    from twilio.request_validator import RequestValidator
    from twilio.rest import Client

    if "callback" in given:
        callback = given["callback"]
        form = dict(parse_qsl(callback["body"], keep_blank_values=True))
        validator = RequestValidator(values["auth_token"])
        return validator.validate(callback["url"], form, callback["headers"]["x-twilio-signature"])
    http = TwilioHttpClient()
    http.session.mount("https://", Local(given["url"]))
    client = Client(values["account_sid"], values["auth_token"], http_client=http)
    return client.messages.create(to="+" + given["to"], from_=given["from"], body=given["text"]).sid


def plivo(given, values):
    import plivo as library
    from plivo.utils.signature_v3 import validate_v3_signature

    if "callback" in given:
        callback = given["callback"]
        form = dict(parse_qsl(callback["body"], keep_blank_values=True))
        headers = callback["headers"]
        nonce, tag = headers["x-plivo-signature-v3-nonce"], headers["x-plivo-signature-v3"]
        return validate_v3_signature("POST", callback["url"], nonce, values["auth_token"], tag, form)
    client = library.RestClient(values["auth_id"], values["auth_token"])
    client.session.mount("https://", Local(given["url"]))
    made = client.messages.create(src=given["from"], dst=given["to"], text=given["text"])
    return made.message_uuid[0]


def vonage(given, values):
    from vonage_http_client import Auth, HttpClient
    from vonage_sms import Sms, SmsMessage

    http = HttpClient(Auth(api_key=values["api_key"], api_secret=values["api_secret"]))
    http._session.mount("https://", Local(given["url"]))
    message = SmsMessage(to=given["to"], from_=given["from"], text=given["text"], type="unicode")
    return Sms(http).send(message).messages[0].message_id


def aws(given, values):
    import botocore.session

    session = botocore.session.get_session()
    session.set_credentials(values["access_key_id"], values["secret_access_key"])
    client = session.create_client("pinpoint-sms-voice-v2", region_name=values["region"], endpoint_url=given["url"])
    sent = client.send_text_message(
        DestinationPhoneNumber="+" + given["to"], OriginationIdentity=given["from"], MessageBody=given["text"]
    )
    return sent["MessageId"]


def moto(given, values):
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.server import ThreadedMotoServer
    from moto.sns.models import sns_backends

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    request = given["request"]
    host, port = server.get_host_and_port()
    # It finds the service by the host of the signature.
    answer = requests.post(f"http://{host}:{port}/", headers=request["headers"], data=request["body"].encode())
    taken = sns_backends[DEFAULT_ACCOUNT_ID][values["region"]].sms_messages
    server.stop()
    return {"status": answer.status_code, "body": answer.text, "taken": taken}


def botocore(given, values):
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = given["request"]
    moment = datetime.datetime.strptime(request["headers"]["x-amz-date"], "%Y%m%dT%H%M%SZ")
    botocore.auth.get_current_datetime = lambda *_, **__: moment
    signed = ("content-type", "x-amz-target")
    service = request["headers"]["authorization"].split("/")[3]
    headers = {name: value for name, value in request["headers"].items() if name in signed}
    made = AWSRequest("POST", request["url"], headers=headers, data=request["body"].encode())
    credentials = Credentials(values["access_key_id"], values["secret_access_key"])
    botocore.auth.SigV4Auth(credentials, service, values["region"]).add_auth(made)
    return made.headers["Authorization"] == request["headers"]["authorization"]


logging.getLogger("werkzeug").setLevel(logging.ERROR)
given = json.load(sys.stdin)
requests.packages.urllib3.disable_warnings()
print(json.dumps(globals()[given["library"]](given, given["values"])))
