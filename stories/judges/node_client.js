// A customer that uses node-smpp: binds, sends the messages it is given, and waits until each has its receipt.
//
// Reads one JSON object from standard input, and writes one with what it was told to standard output. node-smpp codes
// the texts and builds the headers of their parts.

'use strict';

const fs = require('fs');
const smpp = require('smpp');

const PATIENCE = 60_000;
const CODINGS = { gsm7: 0, ucs2: 8 };
// Characters that fit a part beside a header of six octets.
const PART = { gsm7: 153, ucs2: 67 };

function fail(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

/** The submit_sm that a message becomes: a list of their fields. */
function partsOf(message, reference) {
  if (message.kind === 'binary') {
    return [{ data_coding: 4, short_message: { message: Buffer.from(message.hex, 'hex') } }];
  }
  const data_coding = CODINGS[message.coding];
  if (message.kind === 'payload') {
    return [{ data_coding, message_payload: { message: message.text } }];
  }
  if (message.kind === 'short') {
    return [{ data_coding, short_message: { message: message.text } }];
  }
  const size = PART[message.coding];
  const pieces = [];
  for (let start = 0; start < message.text.length; start += size) {
    pieces.push(message.text.slice(start, start + size));
  }
  if (message.kind === 'sar') {
    return pieces.map((piece, index) => ({
      data_coding,
      sar_msg_ref_num: reference,
      sar_total_segments: pieces.length,
      sar_segment_seqnum: index + 1,
      short_message: { message: piece },
    }));
  }
  return pieces.map((piece, index) => ({
    data_coding,
    esm_class: smpp.ESM_CLASS.UDH_INDICATOR,
    short_message: { udh: Buffer.from([5, 0, 3, reference, pieces.length, index + 1]), message: piece },
  }));
}

function request(session, command, fields) {
  return new Promise((resolve) => {
    session[command](fields, (pdu) => {
      if (pdu.command_status !== 0) fail(`${pdu.command} has status 0x${pdu.command_status.toString(16)}`);
      resolve(pdu);
    });
  });
}

function send(session, message, reference) {
  const submits = partsOf(message, reference).map((part) => request(session, 'submit_sm', {
    source_addr_ton: 5,
    source_addr: message.from,
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: message.to,
    registered_delivery: 1,
    ...part,
  }));
  return Promise.all(submits).then((answers) => answers.map((answer) => answer.message_id));
}

/** Collects receipts; the promise in it is fulfilled when all of `wanted` have one. */
function receiptsOf(session) {
  const receipts = {};
  let check = () => {};
  session.on('deliver_sm', (pdu) => {
    const text = pdu.short_message.message;
    const found = /id:(\S+) .*stat:(\w+)/.exec(text);
    if (!(pdu.esm_class & 0x04) || !found) fail(`this is no receipt: esm_class ${pdu.esm_class}, ${text}`);
    if (pdu.receipted_message_id !== undefined && pdu.receipted_message_id !== found[1]) {
      fail(`receipted_message_id ${pdu.receipted_message_id} is not what the text says: ${text}`);
    }
    (receipts[found[1]] ??= []).push(found[2]);
    session.send(pdu.response());
    check();
  });
  const all = (wanted) => new Promise((resolve) => {
    check = () => wanted.every((id) => id in receipts) && resolve(receipts);
    check();
  });
  return { all };
}

async function main() {
  const order = JSON.parse(fs.readFileSync(0, 'utf8'));
  const session = smpp.connect({ host: order.host, port: order.port });
  session.on('error', (error) => fail(`the session failed: ${error.message}`));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  setTimeout(() => fail('waited in vain'), PATIENCE).unref();
  const receipts = receiptsOf(session);
  await request(session, 'bind_transceiver', { system_id: order.system_id, password: order.password });
  await request(session, 'enquire_link', {});
  const ids = await Promise.all(order.messages.map((message, index) => send(session, message, index + 1)));
  const reported = await receipts.all(ids.flat());
  await request(session, 'unbind', {});
  process.stdout.write(JSON.stringify({ ids, receipts: reported }), () => process.exit(0));
}

main().catch((error) => fail(error.stack));
