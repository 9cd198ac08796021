// A customer that uses node-smpp to receive: binds, and says each text that a handset wrote, as node-smpp read it.
//
// Reads one JSON object from standard input: where to bind, its `address_range`, and how many messages to wait for. Writes a
// list of `from`, `to` and `text`. node-smpp leaves the parts of a long text to whoever uses it.

'use strict';

const fs = require('fs');
const smpp = require('smpp');

const PATIENCE = 60_000;

function fail(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

const order = JSON.parse(fs.readFileSync(0, 'utf8'));
const session = smpp.connect({ host: order.host, port: order.port });
const received = [];
const parts = new Map();

/** Takes in a part, and returns the text when it is whole. */
function joined(pdu) {
  const { message, udh } = pdu.short_message;
  const header = udh?.find((element) => element[0] === 0);
  if (header === undefined) return message;
  const [, , reference, total, number] = header;
  const key = `${pdu.source_addr} ${reference} ${total}`;
  const known = parts.get(key) ?? [];
  known[number - 1] = message;
  parts.set(key, known);
  if (known.filter((text) => text !== undefined).length < total) return undefined;
  parts.delete(key);
  return known.join('');
}

session.on('error', (error) => fail(`the session failed: ${error.message}`));
session.on('enquire_link', (pdu) => session.send(pdu.response()));
session.on('deliver_sm', (pdu) => {
  if (pdu.esm_class & 0x3c) fail(`this is no message: esm_class ${pdu.esm_class}`);
  session.send(pdu.response());
  const text = joined(pdu);
  if (text === undefined) return;
  received.push({ from: pdu.source_addr, to: pdu.destination_addr, text });
  if (received.length < order.messages) return;
  session.unbind(() => process.stdout.write(JSON.stringify(received), () => process.exit(0)));
});
setTimeout(() => fail(`waited in vain; received ${JSON.stringify(received)}`), PATIENCE).unref();
const { system_id, password, address_range } = order;
session.bind_receiver({ system_id, password, address_range }, (pdu) => {
  if (pdu.command_status !== 0) fail(`the bind has status 0x${pdu.command_status.toString(16)}`);
});
