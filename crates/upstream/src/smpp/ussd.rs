//! USSD over SMPP: dialogues of handsets by `ussd_service_op` and `its_session_info` (SMPP 3.4, 5.3.2.44 and 5.3.2.43).

use super::conversation::Sent;
use super::inbound::{self, Fields};
use super::settings::Settings;
use postrider_core::ussd::{PAGE_MAX, Page, Turn, is_code};
use postrider_text::{Encoding, coding, gsm, ucs2};
use postrider_wire::smpp::pdu::SubmitSm;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Npi, RequestError, Session, TlvBuilder, Ton};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// A handset begins, and wants one answer; or begins a dialogue.
const PSSD_INDICATION: u8 = 0;
const PSSR_INDICATION: u8 = 1;
/// A page that expects an answer.
const USSR_REQUEST: u8 = 2;
/// The last page of what began so.
const PSSD_RESPONSE: u8 = 16;
const PSSR_RESPONSE: u8 = 17;
/// A handset answers a page.
const USSR_CONFIRM: u8 = 18;
/// A handset has seen a notice.
const USSN_CONFIRM: u8 = 19;
/// The last page, in `its_session_info`.
const END: u8 = 1;
/// The service of USSD.
const SERVICE: &[u8] = b"USSD";
/// The most characters of a page in UCS-2: 160 octets.
const WIDE_PAGE_MAX: usize = 80;
/// The most dialogues of a session that are open.
const OPEN_MAX: usize = 10_000;
/// How long a dialogue may be silent. Networks end theirs after 20 seconds to 3 minutes.
const PATIENCE: Duration = Duration::from_mins(5);
/// What a handset is shown where there is no page.
const UNAVAILABLE: &str = "This service is not available now.";

/// An address with its own octets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    ton: u8,
    npi: u8,
    digits: Box<[u8]>,
}

/// A dialogue of a handset.
#[derive(Debug)]
struct Dialogue {
    handset: Place,
    service: Place,
    code: Box<str>,
    /// The last page's operation.
    end: u8,
    /// The two octets of `its_session_info`, if the carrier sends it.
    info: Option<[u8; 2]>,
    heard: Instant,
    /// The page to be written.
    page: Option<Page>,
}

/// The dialogues of a session.
#[derive(Debug, Default)]
pub(super) struct Dialogues {
    open: BTreeMap<u64, Dialogue>,
    last: u64,
    turns: VecDeque<(u64, Turn)>,
    /// Dialogues whose page is to be written.
    ready: VecDeque<u64>,
}

impl Dialogues {
    /// Takes a turn; says whether the request was one, and is acknowledged as such.
    pub(super) fn take(&mut self, fields: &Fields<'_>, settings: &Settings, now: Instant) -> bool {
        let operation: Option<u8> = fields.tlvs.number(tag::USSD_SERVICE_OP);
        let info = fields.tlvs.get(tag::ITS_SESSION_INFO).and_then(|octets| octets.try_into().ok());
        let handset = Place::of(&fields.source);
        match operation {
            Some(operation @ (PSSD_INDICATION | PSSR_INDICATION)) => {
                self.begin(operation, fields, (handset, info), settings, now);
            }
            Some(USSR_CONFIRM) => self.go_on(fields, (&handset, info), settings, now),
            Some(USSN_CONFIRM) => {}
            _ => return false,
        }
        true
    }

    /// The next turn that a menu is to answer.
    pub(super) fn next(&mut self) -> Option<(u64, Turn)> {
        self.turns.pop_front()
    }

    fn begin(
        &mut self,
        operation: u8,
        fields: &Fields<'_>,
        (handset, info): (Place, Option<[u8; 2]>),
        settings: &Settings,
        now: Instant,
    ) {
        // A handset has one dialogue at a time: another one means that the last is over.
        let is_over = |open: &Dialogue| open.handset == handset || open.heard + PATIENCE <= now;
        self.open.retain(|_, open| !is_over(open));
        if self.open.len() >= OPEN_MAX {
            self.open.pop_first();
        }
        let text = inbound::text(fields, settings);
        let service = Place::of(&fields.destination);
        let dialled = if is_code(&text) { text.clone() } else { service.shown() };
        self.last += 1;
        let end = if operation == PSSD_INDICATION { PSSD_RESPONSE } else { PSSR_RESPONSE };
        let turn = turn(self.last, &handset, &dialled, text, true);
        let code = dialled.into();
        let dialogue = Dialogue { handset, service, code, end, info, heard: now, page: None };
        self.open.insert(self.last, dialogue);
        self.turns.push_back((self.last, turn));
    }

    fn go_on(
        &mut self,
        fields: &Fields<'_>,
        (handset, info): (&Place, Option<[u8; 2]>),
        settings: &Settings,
        now: Instant,
    ) {
        let session = |info: Option<[u8; 2]>| info.map(|[number, _]| number);
        let is_it = |open: &Dialogue| open.handset == *handset && session(open.info) == session(info);
        let Some((number, dialogue)) = self.open.iter_mut().find(|(_, open)| is_it(open)) else {
            tracing::debug!(upstream = %settings.name, "a handset answers a USSD page of no dialogue");
            return;
        };
        if info.is_some_and(|[_, sequence]| sequence & END != 0) {
            let number = *number;
            self.open.remove(&number);
            return;
        }
        (dialogue.info, dialogue.heard) = (info, now);
        let text = inbound::text(fields, settings);
        self.turns.push_back((*number, turn(*number, handset, &dialogue.code, text, false)));
    }

    /// Takes a page for a dialogue, if that is open still.
    pub(super) fn show(&mut self, number: u64, page: Option<Page>) {
        let Some(dialogue) = self.open.get_mut(&number) else { return };
        dialogue.page = Some(page.unwrap_or_else(|| Page { text: UNAVAILABLE.into(), goes_on: false }));
        self.ready.push_back(number);
    }

    /// Writes pages as the window has room.
    pub(super) fn write(&mut self, session: &mut Session<Sent>, settings: &Settings, now: Instant) {
        while let Some(number) = self.ready.front().copied() {
            let Some(dialogue) = self.open.get_mut(&number) else {
                self.ready.pop_front();
                continue;
            };
            match dialogue.write(session, settings, now) {
                Err(RequestError::WindowFull) => return,
                written => {
                    self.ready.pop_front();
                    let is_over = dialogue.page.take().is_none_or(|page| !page.goes_on);
                    if let Err(error) = &written {
                        tracing::warn!(upstream = %settings.name, %error, "a USSD page can't be sent");
                    }
                    if is_over || written.is_err() {
                        self.open.remove(&number);
                    }
                }
            }
        }
    }
}

impl Dialogue {
    fn write(
        &self,
        session: &mut Session<Sent>,
        settings: &Settings,
        now: Instant,
    ) -> Result<(), RequestError> {
        let Some(page) = &self.page else { return Ok(()) };
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u8(tag::USSD_SERVICE_OP, if page.goes_on { USSR_REQUEST } else { self.end });
        if let Some([number, sequence]) = self.info {
            let next = (sequence | END).wrapping_add(1);
            tlvs.push_u16(
                tag::ITS_SESSION_INFO,
                u16::from_be_bytes([number, next | u8::from(!page.goes_on)]),
            );
        }
        let (data_coding, octets) = written(&page.text, settings);
        let pdu = SubmitSm {
            service_type: SERVICE,
            source: self.service.address(),
            destination: self.handset.address(),
            data_coding,
            short_message: &octets,
            tlvs: tlvs.tlvs(),
            ..SubmitSm::default()
        };
        session.request(&pdu, Sent::Page, now).map(drop)
    }
}

impl Place {
    fn of(address: &Address<'_>) -> Self {
        Self { ton: address.ton.0, npi: address.npi.0, digits: address.digits.into() }
    }

    fn address(&self) -> Address<'_> {
        Address::new(Ton(self.ton), Npi(self.npi), &self.digits)
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.digits).into_owned()
    }
}

fn turn(number: u64, handset: &Place, code: &str, text: String, is_first: bool) -> Turn {
    Turn {
        session: number.to_string().into(),
        from: handset.shown().into(),
        code: code.into(),
        text: text.into(),
        is_first,
    }
}

/// A page as the carrier reads it, cut to what a handset shows.
fn written(text: &str, settings: &Settings) -> (u8, Vec<u8>) {
    let mut octets = Vec::new();
    let cut = fitting(text);
    if settings.text.alphabet.encode(cut, &mut octets).is_ok() {
        return (0, octets);
    }
    octets.clear();
    ucs2::encode(cut, &mut octets);
    (coding::data_coding(Encoding::Ucs2, None), octets)
}

/// The beginning of a text that fits a page.
fn fitting(text: &str) -> &str {
    let is_plain = gsm::units(text).is_ok();
    let most = if is_plain { PAGE_MAX } else { WIDE_PAGE_MAX };
    let mut used = 0;
    for (at, character) in text.char_indices() {
        let own = text.get(at..at + character.len_utf8()).unwrap_or_default();
        used += if is_plain { gsm::units(own).unwrap_or(1) } else { ucs2::units(own) };
        if used > most {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_to_what_a_handset_shows() {
        assert_eq!(fitting("1 Balance"), "1 Balance");
        assert_eq!(fitting(&"x".repeat(200)).len(), 182);
        assert_eq!(fitting(&"\u{20ac}".repeat(200)).chars().count(), 91, "two septets each");
        assert_eq!(fitting(&"\u{411}".repeat(200)).chars().count(), 80);
    }
}
