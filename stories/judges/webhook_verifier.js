// Verifies a webhook with the library of the Standard Webhooks specification for Node.
//
// Reads a JSON object with `secret`, `headers` and `body` (a text, as it came) from standard input. Ends well if the
// signature is accepted, and if it is refused once the body was changed by one space.

'use strict';

const fs = require('fs');
const { Webhook, WebhookVerificationError } = require('standardwebhooks');

const received = JSON.parse(fs.readFileSync(0, 'utf8'));
const webhook = new Webhook(received.secret);
webhook.verify(received.body, received.headers);
try {
  webhook.verify(`${received.body} `, received.headers);
  process.stderr.write('a changed body was accepted\n');
  process.exit(1);
} catch (error) {
  if (!(error instanceof WebhookVerificationError)) throw error;
}
