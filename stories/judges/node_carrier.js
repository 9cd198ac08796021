// A carrier that uses node-smpp: lets everybody bind, takes every message, and reports it delivered.
//
// Given three files, its certificate, the certificate's key, and the authority that its clients' certificates must be
// signed by, it speaks TLS.
//
// A handset whose number begins with 4999 answers each message with its text.
//
// The first line that it writes is its port; then a JSON object for each submit_sm, its text as node-smpp read it.

'use strict';

const fs = require('fs');
const smpp = require('smpp');

let last = 0;

function say(line) {
  process.stdout.write(`${line}\n`);
}

/** Which part of its message a submit_sm is, from 1, by its header or its parameters. */
function numberOf(pdu, udh) {
  for (const element of udh ?? []) {
    if (element[0] === 0 || element[0] === 8) return element[element.length - 1];
  }
  return pdu.sar_segment_seqnum ?? 1;
}

function take(session, pdu) {
  last += 1;
  const message_id = last.toString(16).padStart(8, '0');
  const { message, udh } = pdu.short_message.message.length > 0 ? pdu.short_message : pdu.message_payload;
  say(JSON.stringify({
    to: pdu.destination_addr,
    by: session.system_id,
    number: numberOf(pdu, udh),
    text: message,
    source: pdu.source_addr,
    source_ton: pdu.source_addr_ton,
    payload: pdu.message_payload !== undefined,
    sar: pdu.sar_segment_seqnum !== undefined,
    udh: udh === undefined ? null : udh.map((element) => element[0]),
  }));
  session.send(pdu.response({ message_id }));
  if (pdu.registered_delivery & 1) {
    session.deliver_sm({
      esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      short_message: `id:${message_id} sub:001 dlvrd:001 submit date:2611211200 done date:2611211200 stat:DELIVRD err:000 text:`,
    });
  }
  if (pdu.destination_addr.startsWith('4999')) answer(session, pdu);
}

/** A handset's answer, as node-smpp writes it. A long one is in the payload. */
function answer(session, pdu) {
  const { message } = pdu.short_message.message.length > 0 ? pdu.short_message : pdu.message_payload;
  const text = message.length > 70 ? { message_payload: message } : { short_message: message };
  session.deliver_sm({
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: pdu.destination_addr,
    dest_addr_ton: pdu.source_addr_ton,
    dest_addr_npi: pdu.source_addr_npi,
    destination_addr: pdu.source_addr,
    ...text,
  }, (answered) => say(JSON.stringify({ answered: answered.command_status })));
}

const [cert, key, ca] = process.argv.slice(2).map((file) => fs.readFileSync(file));
const options = cert === undefined ? {} : { cert, key, ca, requestCert: true };

const server = smpp.createServer(options, (session) => {
  session.on('error', () => {});
  session.on('pdu', (pdu) => {
    if (pdu.isResponse()) return;
    if (pdu.command.startsWith('bind_')) {
      session.system_id = pdu.system_id;
      session.send(pdu.response({ system_id: 'node-smpp' }));
    } else if (pdu.command === 'submit_sm') {
      take(session, pdu);
    } else {
      session.send(pdu.response());
      if (pdu.command === 'unbind') session.close();
    }
  });
});

server.listen(0, '127.0.0.1', () => say(server.address().port));
