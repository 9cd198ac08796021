//! How receipts and inbound messages are put into PDUs, in the form that the settings ask for.
//! When and on which bind they go isn't decided here.

use super::dates::Written;
use super::mail::{Inbound, Mail, Receipt};
use super::part::UDHI;
use super::settings::{Carried, InboundForm, ReceiptForm, Ucs2};
use super::{Settings, State};
use postrider_text::ucs2;
use postrider_wire::smpp::pdu::{DataSm, DeliverSm};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{RequestError, Session, TlvBuilder, Tlvs};
use std::time::Instant;

/// UCS-2 in data_coding (SMPP 3.4 section 5.2.19).
const UCS2: u8 = 8;

/// The longest short_message, in octets.
const MAX_SHORT_MESSAGE: usize = 254;

/// Writes mail to sessions; it keeps its buffers from one piece to the next.
#[derive(Debug)]
pub(crate) struct Envelope {
    form: ReceiptForm,
    inbound: InboundForm,
    template: Vec<Piece>,
    text: Vec<u8>,
    id: Vec<u8>,
    tlvs: TlvBuilder,
    submit: Written,
    done: Written,
}

/// A piece of a receipt's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Id,
    Sub,
    Dlvrd,
    Submit,
    Done,
    Stat,
    Err,
    Text,
}

impl Envelope {
    pub(crate) fn new(settings: &Settings) -> Self {
        let form = settings.receipts.clone();
        Self {
            template: pieces(&form.text),
            form,
            inbound: settings.inbound,
            text: Vec::new(),
            id: Vec::new(),
            tlvs: TlvBuilder::new(),
            submit: Written::default(),
            done: Written::default(),
        }
    }

    /// Writes `mail` as a request of the session, with itself as the token. `clock` is the time in seconds since
    /// 1970.
    ///
    /// # Errors
    /// When the session doesn't take it; the mail is lost then, so look for room in its window first.
    pub(crate) fn post(
        &mut self,
        mail: Mail,
        session: &mut Session<Mail>,
        clock: u64,
        now: Instant,
    ) -> Result<u32, RequestError> {
        match mail {
            Mail::Receipt(receipt) => self.receipt(receipt, session, clock, now),
            Mail::Inbound(inbound) => {
                let octets = self.inbound.octets(&inbound);
                self.tlvs.clear();
                if let Some((operation, info)) = inbound.ussd {
                    self.tlvs.push_u8(tag::USSD_SERVICE_OP, operation);
                    self.tlvs.push_u16(tag::ITS_SESSION_INFO, u16::from_be_bytes(info));
                }
                let tlvs = self.tlvs.tlvs();
                let pdu = DeliverSm { short_message: &octets, tlvs, ..deliver(&inbound, self.inbound) };
                session.request(&pdu, Mail::Inbound(inbound.clone()), now)
            }
        }
    }

    fn receipt(
        &mut self,
        receipt: Receipt,
        session: &mut Session<Mail>,
        clock: u64,
        now: Instant,
    ) -> Result<u32, RequestError> {
        self.id.clear();
        self.form.ids.write(receipt.id, &mut self.id);
        self.write_text(&receipt, clock);
        self.write_tlvs(&receipt);
        let token = Mail::Receipt(receipt);
        let (mut from, mut to) = (receipt.handset, receipt.client);
        if self.form.unswapped {
            std::mem::swap(&mut from, &mut to);
        }
        let pdu = DeliverSm {
            source: from.address(),
            destination: to.address(),
            esm_class: self.form.esm_class,
            data_coding: self.form.data_coding,
            short_message: &[],
            tlvs: self.tlvs.tlvs(),
            ..DeliverSm::default()
        };
        match self.form.carried {
            Carried::ShortMessage | Carried::Both => {
                let text = self.text.get(..MAX_SHORT_MESSAGE).unwrap_or(&self.text);
                session.request(&DeliverSm { short_message: text, ..pdu }, token, now)
            }
            Carried::Payload => session.request(&pdu, token, now),
            Carried::DataSm => session.request(&data(&pdu), token, now),
        }
    }

    fn write_text(&mut self, receipt: &Receipt, clock: u64) {
        let delivered = receipt.state == State::Delivered;
        self.text.clear();
        for piece in &self.template {
            self.text.extend_from_slice(match piece {
                Piece::Literal(literal) => literal.as_bytes(),
                Piece::Id => &self.id,
                Piece::Sub => b"001",
                Piece::Dlvrd if delivered => b"001",
                Piece::Dlvrd => b"000",
                Piece::Submit => self.submit.write(self.form.dates, receipt.submitted),
                Piece::Done => self.done.write(self.form.dates, clock),
                Piece::Stat if delivered => self.form.delivered.as_bytes(),
                Piece::Stat => receipt.state.word().as_bytes(),
                Piece::Err => receipt.state.error().as_bytes(),
                Piece::Text => receipt.snippet.as_bytes(),
            });
        }
        if self.form.data_coding == UCS2 {
            let text = String::from_utf8_lossy(&self.text).into_owned();
            self.text.clear();
            ucs2::encode(&text, &mut self.text);
        }
        self.text.splice(..0, self.form.header.iter().copied());
    }

    fn write_tlvs(&mut self, receipt: &Receipt) {
        self.tlvs.clear();
        let mut fits = true;
        if self.form.tlvs {
            fits &= self.tlvs.push_string(tag::RECEIPTED_MESSAGE_ID, &self.id);
            self.tlvs.push_u8(tag::MESSAGE_STATE, receipt.state.number());
        }
        if self.form.carried != Carried::ShortMessage {
            fits &= self.tlvs.push(tag::MESSAGE_PAYLOAD, &self.text);
        }
        debug_assert!(fits, "a receipt is shorter than a parameter may be");
    }
}

fn deliver(inbound: &Inbound, form: InboundForm) -> DeliverSm<'_> {
    DeliverSm {
        source: inbound.handset.address(),
        destination: inbound.client.address(),
        esm_class: inbound.esm_class,
        data_coding: form.data_coding.unwrap_or(inbound.data_coding),
        tlvs: Tlvs::EMPTY,
        ..DeliverSm::default()
    }
}

fn data<'a>(pdu: &DeliverSm<'a>) -> DataSm<'a> {
    DataSm {
        service_type: pdu.service_type,
        source: pdu.source,
        destination: pdu.destination,
        esm_class: pdu.esm_class,
        registered_delivery: 0,
        data_coding: pdu.data_coding,
        tlvs: pdu.tlvs,
    }
}

impl InboundForm {
    /// The octets of a handset's text as they are sent; a header before UCS-2 stays what it is.
    fn octets(self, inbound: &Inbound) -> Vec<u8> {
        let mut octets = inbound.octets.clone();
        if inbound.data_coding != UCS2 {
            return octets;
        }
        let headed = inbound.esm_class & UDHI != 0;
        let from = if headed { octets.first().map_or(0, |length| usize::from(*length) + 1) } else { 0 };
        match self.ucs2 {
            Ucs2::Big => {}
            Ucs2::Little => {
                let text = octets.get_mut(from..).unwrap_or_default();
                text.chunks_exact_mut(2).for_each(<[u8]>::reverse);
            }
            Ucs2::Marked => drop(octets.splice(from..from, [0xFE, 0xFF])),
            Ucs2::Odd => drop(octets.pop()),
        }
        octets
    }
}

/// Cuts a template at its placeholders; what is no known one stays as it is.
fn pieces(template: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut literal = String::new();
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        literal.push_str(before);
        match placeholder(from) {
            Some((piece, length)) => {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                pieces.push(piece);
                rest = from.get(length..).unwrap_or_default();
            }
            None => {
                literal.push('{');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    literal.push_str(rest);
    pieces.push(Piece::Literal(literal));
    pieces.retain(|piece| *piece != Piece::Literal(String::new()));
    pieces
}

fn placeholder(text: &str) -> Option<(Piece, usize)> {
    let end = text.find('}')?;
    let piece = match text.get(1..end)? {
        "id" => Piece::Id,
        "sub" => Piece::Sub,
        "dlvrd" => Piece::Dlvrd,
        "submit" => Piece::Submit,
        "done" => Piece::Done,
        "stat" => Piece::Stat,
        "err" => Piece::Err,
        "text" => Piece::Text,
        _ => return None,
    };
    Some((piece, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::mail::{Endpoint, Short};

    fn text_of(form: ReceiptForm) -> Vec<u8> {
        let mut envelope = Envelope::new(&Settings { receipts: form, ..Settings::default() });
        let receipt = Receipt {
            id: 4711,
            handset: Endpoint::number("491701"),
            client: Endpoint::number("1234"),
            state: State::Undeliverable,
            submitted: 1_700_000_000,
            snippet: Short::of(b"hello"),
            bind: 1,
        };
        envelope.id.clear();
        envelope.form.ids.write(receipt.id, &mut envelope.id);
        envelope.write_text(&receipt, 1_700_000_600);
        envelope.text
    }

    #[test]
    fn the_usual_text_is_that_of_appendix_b() {
        let text = String::from_utf8(text_of(ReceiptForm::default())).unwrap();
        assert_eq!(
            text,
            "id:4711 sub:001 dlvrd:000 submit date:2311142213 done date:2311142223 stat:UNDELIV err:027 text:hello"
        );
    }

    #[test]
    fn a_template_says_any_other() {
        let form = ReceiptForm { text: "{stat}/{id} {nothing} {".to_owned(), ..ReceiptForm::default() };
        assert_eq!(text_of(form), b"UNDELIV/4711 {nothing} {");
    }

    #[test]
    fn ucs2_where_asked() {
        let form = ReceiptForm { text: "{id}".to_owned(), data_coding: 8, ..ReceiptForm::default() };
        assert_eq!(text_of(form), b"\x004\x007\x001\x001");
    }
}
