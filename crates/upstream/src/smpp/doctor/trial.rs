//! Texts to a handset over the sessions of an examination: handed in, answered, reported, and counted.

use super::bound::Bound;
use super::incoming::Incoming;
use super::session::{Heard, Request, Response};
use super::{Handset, Subject};

use crate::smpp::address::{self, Room};
use crate::smpp::encode::{Part as Encoded, encode};
use crate::smpp::settings::{Alphabet, Long, Settings, ValidityForm};
use postrider_core::account::AccountId;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class, Message, Receipts, Via};
use postrider_core::time::Time;
use postrider_declare::field;
use postrider_link::{now, wall};
use postrider_wire::smpp::pdu::SubmitSm;
use postrider_wire::smpp::time::{Absolute, Relative};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Status, TlvBuilder};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The user data header indicator of esm_class (SMPP 3.4, 5.2.12).
const UDHI: u8 = 0x40;
/// How long a probe is worth sending, as the carrier is told.
const WORTH: Duration = Duration::from_hours(1);
/// How long until a part is tried again that came too fast.
const SLOWER: Duration = Duration::from_millis(1_100);
/// How often a part is tried that came too fast.
const TRIES: usize = 3;
/// Parts that may be handed in for each that may be accepted: refused ones cost nothing, and tire the carrier.
const ATTEMPTS: usize = 4;

/// A part that was handed in.
pub(super) struct Part {
    pub(super) sent: Instant,
    pub(super) answer: Option<Response>,
    /// Where in the order of all that was heard the answer came.
    pub(super) place: usize,
}

/// Something that was brought, and where in the order of all that was heard.
pub(super) struct Report {
    pub(super) brought: Incoming,
    pub(super) place: usize,
}

/// Texts to a handset, and what came of them.
pub(super) struct Trial<'a> {
    pub(super) subject: &'a Subject,
    pub(super) handset: &'a Handset,
    pub(super) bound: Bound,
    /// The settings that are tried: the accepted ones, with all that was learnt since.
    pub(super) settings: Settings,
    pub(super) parts: Vec<Part>,
    pub(super) reports: Vec<Report>,
    /// Why the session is over.
    pub(super) over: Option<String>,
    /// Whether the carrier said once that it was too fast.
    pub(super) throttled: bool,
    attempts: usize,
    /// Parts that were not counted when they were handed in: the carrier makes several of a payload.
    beyond: usize,
    place: usize,
    number: u64,
}

/// The fate of a message.
pub(super) enum Fate {
    /// By the numbers of its parts.
    Accepted(Vec<usize>),
    Refused(Status),
    Unanswered,
    /// As many as may be were handed in, or the session is over.
    NotSent,
}

/// Whether an answer says that messages come too fast.
pub(super) fn is_throttle(status: Status) -> bool {
    matches!(status, Status::RTHROTTLED | Status::RMSGQFUL)
}

impl<'a> Trial<'a> {
    pub(super) fn new(subject: &'a Subject, handset: &'a Handset, bound: Bound) -> Self {
        let settings = bound.settings.clone();
        Self {
            subject,
            handset,
            bound,
            settings,
            parts: Vec::new(),
            reports: Vec::new(),
            over: None,
            throttled: false,
            attempts: 0,
            beyond: 0,
            place: 0,
            number: millis(wall()).unsigned_abs(),
        }
    }

    /// How many parts may still be accepted.
    pub(super) fn left(&self) -> usize {
        let is_spent = |part: &&Part| part.answer.as_ref().is_none_or(|answer| answer.status.is_ok());
        let spent = self.parts.iter().filter(is_spent).count() + self.beyond;
        let tired = self.attempts >= self.handset.parts_max * ATTEMPTS;
        if tired { 0 } else { self.handset.parts_max.saturating_sub(spent) }
    }

    /// Hands in a message by these settings and waits for its answers; what comes too fast is tried again.
    pub(super) async fn send(&mut self, body: Body, flash: bool, settings: &Settings) -> Fate {
        // The carrier makes parts of a payload, and charges for each: of a long text that goes so, all are counted.
        let each = if settings.text.alphabet == Alphabet::Ucs2 { 67 } else { 153 };
        let costs = match (&body, settings.text.long) {
            (Body::Text(text), Long::Payload) => text.len().div_ceil(each),
            _ => 0,
        };
        if self.left() < costs {
            return Fate::NotSent;
        }
        self.number += 1;
        let message = message(MessageId::from_number(self.number), self.handset, body, flash);
        let Ok(encoded) = encode(&message, &settings.text) else { return Fate::NotSent };
        if self.left() < encoded.parts.len() {
            return Fate::NotSent;
        }
        let mut all = Vec::new();
        for part in &encoded.parts {
            match self.deliver(part, encoded.subunit.is_some(), settings).await {
                Fate::Accepted(part) => all.extend(part),
                other => return other,
            }
        }
        self.beyond += costs.saturating_sub(encoded.parts.len());
        Fate::Accepted(all)
    }

    async fn deliver(&mut self, part: &Encoded, subunit: bool, settings: &Settings) -> Fate {
        for _ in 0..TRIES {
            let Some(number) = self.hand_in(part, subunit, settings) else {
                return Fate::NotSent;
            };
            self.answered(number..number + 1).await;
            match self.status(number) {
                None => return Fate::Unanswered,
                Some(status) if status.is_ok() => return Fate::Accepted(vec![number]),
                Some(status) if is_throttle(status) => {
                    self.throttled = true;
                    self.listen(now() + SLOWER).await;
                }
                Some(status) => return Fate::Refused(status),
            }
        }
        Fate::Refused(Status::RTHROTTLED)
    }

    /// Hands in a short text without waiting for its answer; the part's number, if it could be written.
    pub(super) fn hand_in_short(&mut self, text: &str) -> Option<usize> {
        self.number += 1;
        let message =
            message(MessageId::from_number(self.number), self.handset, Body::Text(text.into()), false);
        let settings = self.settings.clone();
        let encoded = encode(&message, &settings.text).ok()?;
        let part = encoded.parts.first().filter(|_| self.left() > 0)?;
        self.hand_in(part, encoded.subunit.is_some(), &settings)
    }

    /// Writes one part; its number, if it could be written.
    fn hand_in(&mut self, part: &Encoded, subunit: bool, settings: &Settings) -> Option<usize> {
        if self.over.is_some() || self.left() == 0 {
            return None;
        }
        let (mut from, mut to, mut tlvs) = (Room::default(), Room::default(), TlvBuilder::new());
        for parameter in settings.parameters.iter().filter(|it| !field::is_field(it.tag)) {
            // Declared parameters fit.
            let _ = tlvs.push(parameter.tag, &parameter.value);
        }
        if let Some((reference, total, number)) = part.sar {
            tlvs.push_u16(tag::SAR_MSG_REF_NUM, reference);
            tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, total).push_u8(tag::SAR_SEGMENT_SEQNUM, number);
        }
        if subunit {
            tlvs.push_u8(tag::DEST_ADDR_SUBUNIT, 1);
        }
        if part.payload {
            // Probes are short.
            let _ = tlvs.push(tag::MESSAGE_PAYLOAD, &part.octets);
        }
        let validity = validity(settings.validity);
        let pdu = SubmitSm {
            service_type: settings.service_type.as_bytes(),
            source: address::source(self.handset.from.as_ref(), settings, &mut from),
            destination: address::destination(self.handset.to, settings, &mut to),
            esm_class: settings.message_mode.bits() | if part.header { UDHI } else { 0 },
            priority_flag: settings.priority_flag,
            validity_period: validity.as_bytes(),
            // The examination looks at receipts.
            registered_delivery: settings.registered_delivery.max(1),
            data_coding: part.data_coding,
            short_message: if part.payload { &[] } else { &part.octets },
            tlvs: tlvs.tlvs(),
            ..SubmitSm::default()
        };
        let number = self.parts.len();
        self.bound.sending.submit(&pdu, number).ok()?;
        self.attempts += 1;
        self.parts.push(Part { sent: now(), answer: None, place: usize::MAX });
        Some(number)
    }

    /// The status that a part was answered with.
    pub(super) fn status(&self, number: usize) -> Option<Status> {
        Some(self.parts.get(number)?.answer.as_ref()?.status)
    }

    /// Waits until these parts are answered, or too long.
    pub(super) async fn answered(&mut self, parts: Range<usize>) {
        let until = now() + self.settings.timers.response_timeout.get();
        let is_open = |trial: &Self| parts.clone().any(|number| trial.status(number).is_none());
        while self.over.is_none() && is_open(self) && self.hear(until).await {}
    }

    /// Listens until then, whatever comes.
    pub(super) async fn listen(&mut self, until: Instant) {
        while self.over.is_none() && self.hear(until).await {}
    }

    /// Takes in the next event; `false` if there is none until then.
    pub(super) async fn hear(&mut self, until: Instant) -> bool {
        let Some(heard) = self.bound.hear(until).await else { return false };
        self.place += 1;
        match heard {
            Heard::Response(Request::Part(number), answer) => {
                if let Some(part) = self.parts.get_mut(number) {
                    (part.answer, part.place) = (Some(answer), self.place);
                }
            }
            Heard::Unanswered(Request::Part(_)) => return false,
            Heard::Response(..) | Heard::Unanswered(_) => {}
            Heard::Incoming(brought) => {
                let ours = brought.receipt.is_some() && brought.is_of(&self.handset.to.digits().to_string());
                // What isn't ours is the gateway's: the carrier brings it again.
                let status = if ours { Status::ROK } else { Status::RX_T_APPN };
                self.bound.acknowledge(&brought, status);
                if ours {
                    self.reports.push(Report { brought, place: self.place });
                }
            }
            Heard::Over(reason) => self.over = Some(reason.to_string()),
        }
        true
    }

    /// The names that the carrier gave to parts that it took.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        let named = |(number, part): (usize, &'_ Part)| {
            part.answer.as_ref().filter(|answer| answer.status.is_ok()).map(|_| number)
        };
        let numbers: Vec<usize> = self.parts.iter().enumerate().filter_map(named).collect();
        numbers
            .into_iter()
            .filter_map(|number| Some((number, self.parts.get(number)?.answer.as_ref()?.name.as_str())))
    }
}

fn message(id: MessageId, handset: &Handset, body: Body, flash: bool) -> Message {
    Message {
        id,
        account: AccountId(0),
        class: Class::Transactional,
        from: handset.from.clone(),
        to: handset.to,
        body,
        parts: 1,
        due: Time(0),
        expires: Time(0),
        reference: None,
        metadata: None,
        callback: None,
        receipts: Receipts::All,
        via: Via::Asking,
        flash,
        parameters: Box::default(),
        known_as: Box::default(),
        tried: Box::default(),
        exempt: false,
        hold: None,
        plan: Arc::default(),
        charge: None,
        ordering_key: None,
        cancel_on_reply: false,
        tags: None,
    }
}

fn validity(form: ValidityForm) -> String {
    match form {
        ValidityForm::Omit => String::new(),
        ValidityForm::Relative => {
            Relative::from_seconds(WORTH.as_secs()).map(|span| span.to_string()).unwrap_or_default()
        }
        ValidityForm::Absolute => Absolute::from_unix_ms(millis(wall() + WORTH), 0).to_string(),
    }
}

fn millis(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
