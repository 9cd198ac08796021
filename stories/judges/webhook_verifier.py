"""Verifies a webhook with the library of the Standard Webhooks specification.

Reads a JSON object with `secret`, `headers` and `body` (a text, as it came) from standard input. Ends well if the
signature is accepted, and if it is refused once the body was changed by one space.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

received = json.load(sys.stdin)
webhook = Webhook(received["secret"])
webhook.verify(received["body"], received["headers"])
try:
    webhook.verify(received["body"] + " ", received["headers"])
except WebhookVerificationError:
    sys.exit(0)
sys.exit("a changed body was accepted")
