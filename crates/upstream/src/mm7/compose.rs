//! Requests of messages: their media fetched, scaled to the carrier's limit, and put together.

use super::scaling::scaled;
use super::settings::Settings;
use postrider_core::cause::{Cause, Code};
use postrider_core::contract::MediaDesk;
use postrider_core::delivery::{Fault, FaultKind};
use postrider_core::id::MessageId;
use postrider_core::media::{MediaClass, MediaItem, MediaType, Multimedia};
use postrider_core::message::{Class, Message};
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use postrider_wire::mm7::{Address, Content, Envelope, Operation, Packaged, Submit, write};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Media that are kept ready: a campaign sends the same ones many times.
const READY_MAX: usize = 8;
/// The identifier of the part with the media.
const CONTENT: &str = "content";
/// The octets of a medium's headers, about.
const HEADERS: usize = 200;

/// The media of a message, as the carrier takes them.
type Ready = Arc<[Content]>;

/// Puts requests together.
pub(super) struct Composer {
    media: Arc<dyn MediaDesk>,
    size_max: usize,
    ready: Mutex<VecDeque<(Vec<MessageId>, Ready)>>,
    /// One message's media are made ready at a time: unpacked pictures take much memory.
    turn: tokio::sync::Mutex<()>,
}

impl Composer {
    /// A composer of messages of up to so many octets.
    pub(super) fn new(media: Arc<dyn MediaDesk>, size_max: u32) -> Self {
        let size_max = usize::try_from(size_max).unwrap_or(usize::MAX);
        Self { media, size_max, ready: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// The request of a message. Each time it has the same transaction, so that a centre can know a repetition.
    ///
    /// # Errors
    /// It has no media any more, or they are too large.
    pub(super) async fn compose(
        &self,
        message: &Message,
        settings: &Settings,
        now: Time,
    ) -> Result<Packaged, Fault> {
        let multimedia = message.body.media().ok_or_else(|| unfit("the message has no media"))?;
        let media = self.media(multimedia).await?;
        let mut contents = Vec::with_capacity(media.len() + 1);
        if !multimedia.text.is_empty() {
            contents.push(Content {
                content_type: "text/plain; charset=utf-8".to_owned(),
                name: "text.txt".to_owned(),
                octets: multimedia.text.as_bytes().to_vec(),
            });
        }
        contents.extend_from_slice(&media);
        let operation = Operation::SubmitReq(submit(message, multimedia, settings, now));
        let envelope =
            Envelope { transaction: message.id.to_string(), dialect: settings.dialect(), operation };
        Ok(write(&envelope, Some(CONTENT), &contents))
    }

    /// The media of a message, as the carrier takes them. The same ones are made ready once.
    async fn media(&self, multimedia: &Multimedia) -> Result<Ready, Fault> {
        let ids: Vec<MessageId> = multimedia.items.iter().map(|item| item.id).collect();
        let _turn = self.turn.lock().await;
        if let Some(ready) = self.known(&ids) {
            return Ok(ready);
        }
        let fetched = self.fetch(&multimedia.items).await?;
        let room = self.size_max.saturating_sub(multimedia.text.len() + HEADERS * (fetched.len() + 1));
        let fitting = fit(fetched, room).await?;
        let name = |place: usize, kind: MediaType| format!("{}.{}", place + 1, kind.extension());
        let content = |(place, (kind, octets)): (usize, (MediaType, Vec<u8>))| Content {
            content_type: kind.mime().to_owned(),
            name: name(place, kind),
            octets,
        };
        let ready: Ready = fitting.into_iter().enumerate().map(content).collect();
        let mut all = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        all.truncate(READY_MAX - 1);
        all.push_front((ids, Arc::clone(&ready)));
        Ok(ready)
    }

    fn known(&self, ids: &[MessageId]) -> Option<Ready> {
        let all = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|(known, _)| known == ids).map(|(_, ready)| Arc::clone(ready))
    }

    async fn fetch(&self, items: &[MediaItem]) -> Result<Vec<(MediaType, Vec<u8>)>, Fault> {
        let mut fetched = Vec::with_capacity(items.len());
        for item in items {
            let found = self.media.find(item.id).await.map_err(|_| {
                let cause = Cause::with_detail(Code::CarrierFault, "the store can't be read just now");
                Fault { kind: FaultKind::Temporary, cause }
            })?;
            let media = found.ok_or_else(|| unfit("a medium was deleted when its time was over"))?;
            fetched.push((media.item.kind, media.octets.to_vec()));
        }
        Ok(fetched)
    }
}

/// Media that take up to `room` octets together: pictures are scaled by as much as is needed, each by its share.
async fn fit(media: Vec<(MediaType, Vec<u8>)>, room: usize) -> Result<Vec<(MediaType, Vec<u8>)>, Fault> {
    let size = |media: &[(MediaType, Vec<u8>)]| media.iter().map(|(_, octets)| octets.len()).sum::<usize>();
    let whole = size(&media);
    if whole <= room {
        return Ok(media);
    }
    let is_picture = |kind: MediaType| kind.class() == MediaClass::Image;
    let pictures: usize =
        media.iter().filter(|(kind, _)| is_picture(*kind)).map(|(_, octets)| octets.len()).sum();
    let left = room.saturating_sub(whole - pictures);
    let mut fitting = Vec::with_capacity(media.len());
    for (kind, octets) in media {
        // Twenty megabytes times as many fit into 64 bits.
        let share = (left * octets.len()).checked_div(pictures).unwrap_or(0);
        fitting.push(if is_picture(kind) { scaled(kind, octets, share).await } else { (kind, octets) });
    }
    match size(&fitting) {
        fits if fits <= room => Ok(fitting),
        large => {
            let detail = format!("the media have {large} octets; this upstream takes {room}");
            let cause = Cause::with_detail(Code::InvalidLength, detail);
            Err(Fault { kind: FaultKind::Elsewhere, cause })
        }
    }
}

/// A message that can't be written: the next upstream may do better.
fn unfit(why: &str) -> Fault {
    Fault { kind: FaultKind::Elsewhere, cause: Cause::with_detail(Code::NotEncodable, why) }
}

fn submit(message: &Message, multimedia: &Multimedia, settings: &Settings, now: Time) -> Submit {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let seconds = message.expires.since(now).as_secs().max(60);
    Submit {
        vaspid: given(&settings.vaspid),
        vasid: given(&settings.vasid),
        sender: message.from.as_ref().map(sender),
        to: vec![recipient(message.to)],
        service_code: given(&settings.service_code),
        linked_id: None,
        class: Some(class(message.class).to_owned()),
        expiry: Some(format!("PT{seconds}S")),
        delivery_report: settings.delivery_reports,
        read_reply: settings.read_reports,
        priority: Some(priority(message.class).to_owned()),
        subject: given(&multimedia.subject),
        content: Some(CONTENT.to_owned()),
        adaptations: settings.adaptations,
    }
}

fn recipient(to: Number) -> Address {
    match to.is_short_code() {
        true => Address::short_code(to.digits().to_string()),
        false => Address::number(format!("+{}", to.digits())),
    }
}

fn sender(sender: &Sender) -> Address {
    match sender {
        Sender::Number(number) => Address::number(format!("+{}", number.digits())),
        Sender::Code(text) | Sender::Name(text) => Address::short_code(&**text),
    }
}

const fn class(class: Class) -> &'static str {
    match class {
        Class::Marketing => "Advertisement",
        Class::Emergency | Class::Otp | Class::Transactional => "Informational",
    }
}

const fn priority(class: Class) -> &'static str {
    match class {
        Class::Emergency | Class::Otp => "High",
        Class::Transactional => "Normal",
        Class::Marketing => "Low",
    }
}
