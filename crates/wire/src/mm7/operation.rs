//! What requests and answers say. Elements are read by name, since centres differ in their order, and written in the order of the
//! specification (3GPP TS 23.140, 8.7.1 and annex L).

use super::address::Address;
use super::status::{MmStatus, Status};
use super::xml::Element;

/// A request or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A message to recipients.
    SubmitReq(Submit),
    /// Its answer, with the message's identifier if it was taken.
    SubmitRsp(Status, Option<String>),
    /// A message from a handset.
    DeliverReq(Deliver),
    /// Its answer.
    DeliverRsp(Status),
    /// What became of a message.
    DeliveryReportReq(DeliveryReport),
    /// Its answer.
    DeliveryReportRsp(Status),
    /// Whether a message was read.
    ReadReplyReq(ReadReply),
    /// Its answer.
    ReadReplyRsp(Status),
    /// The centre can't read a request (`RSErrorRsp`).
    RelayError(Status),
    /// The provider of services can't (`VASPErrorRsp`).
    VaspError(Status),
    /// A fault of SOAP without details of MM7, in its own words.
    Fault(String),
}

/// A message to recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submit {
    /// The identifier of the provider of services.
    pub vaspid: Option<String>,
    /// The identifier of its service.
    pub vasid: Option<String>,
    /// The sender.
    pub sender: Option<Address>,
    /// The recipients.
    pub to: Vec<Address>,
    /// Information for billing.
    pub service_code: Option<String>,
    /// The message from a handset that it answers.
    pub linked_id: Option<String>,
    /// `Personal`, `Advertisement`, `Informational` or `Auto`.
    pub class: Option<String>,
    /// When it expires: an instant, or a duration such as `PT3600S`.
    pub expiry: Option<String>,
    /// Whether reports of its delivery are wanted.
    pub delivery_report: bool,
    /// Whether reports are wanted that it was read.
    pub read_reply: bool,
    /// `Low`, `Normal` or `High`.
    pub priority: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// The identifier of the part with the media.
    pub content: Option<String>,
    /// Whether the centre may adapt the media to the handset.
    pub adaptations: bool,
}

/// A message from a handset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliver {
    /// The centre.
    pub relay: Option<String>,
    /// What an answer to it names.
    pub linked_id: Option<String>,
    /// The handset.
    pub sender: Option<Address>,
    /// Whom it was sent to.
    pub to: Vec<Address>,
    /// Its subject.
    pub subject: Option<String>,
    /// The identifier of the part with the media.
    pub content: Option<String>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The message, as its answer named it.
    pub message: String,
    /// The recipient.
    pub recipient: Option<Address>,
    /// Its sender.
    pub sender: Option<Address>,
    /// When.
    pub date: Option<String>,
    /// What.
    pub status: MmStatus,
    /// Words about it.
    pub text: Option<String>,
}

/// Whether a message was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadReply {
    /// The message, as its answer named it.
    pub message: String,
    /// The recipient.
    pub recipient: Option<Address>,
    /// Its sender.
    pub sender: Option<Address>,
    /// When.
    pub time: Option<String>,
    /// `Read` or `Deleted`.
    pub status: MmStatus,
}

fn text(name: &str, value: Option<&String>) -> Option<Element> {
    value.map(|value| Element::text(name, value.as_str()))
}

fn address(name: &str, value: Option<&Address>) -> Option<Element> {
    value.map(|address| Element::of(name, vec![address.write()]))
}

fn flag(name: &str, value: bool) -> Option<Element> {
    Some(Element::text(name, if value { "true" } else { "false" }))
}

fn recipients(to: &[Address]) -> Option<Element> {
    let to = Element::of("To", to.iter().map(Address::write).collect());
    Some(Element::of("Recipients", vec![to]))
}

fn content(id: Option<&String>, adaptations: Option<bool>) -> Option<Element> {
    let element = Element::of("Content", Vec::new()).with("href", &format!("cid:{}", id?));
    Some(match adaptations {
        Some(may) => element.with("allowAdaptations", if may { "true" } else { "false" }),
        None => element,
    })
}

fn owned(value: Option<&str>) -> Option<String> {
    value.map(ToOwned::to_owned)
}

fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("true" | "1"))
}

/// The recipients of a request: some centres write them without `Recipients`, or without `To`.
fn read_recipients(request: &Element) -> Vec<Address> {
    let place = request.child("Recipients").unwrap_or(request);
    let kinds = place.children.iter().filter(|child| matches!(&*child.name, "To" | "Cc" | "Bcc"));
    let mut all: Vec<Address> = kinds.flat_map(Address::read_all).collect();
    if all.is_empty() && place.name == "Recipients" {
        all.extend(Address::read_all(place));
    }
    all
}

/// The part that a request names as its content. Some centres leave `cid:` out, or keep the brackets.
fn read_content(request: &Element) -> Option<String> {
    let href = request.child("Content")?.attribute("href")?;
    let id = href.strip_prefix("cid:").unwrap_or(href);
    Some(id.trim_start_matches('<').trim_end_matches('>').to_owned()).filter(|id| !id.is_empty())
}

fn read_address(request: &Element, name: &str) -> Option<Address> {
    request.child(name).and_then(Address::read)
}

impl Submit {
    fn write(&self) -> Vec<Option<Element>> {
        let identification = [
            text("VASPID", self.vaspid.as_ref()),
            text("VASID", self.vasid.as_ref()),
            address("SenderAddress", self.sender.as_ref()),
        ];
        vec![
            Some(Element::of("SenderIdentification", identification.into_iter().flatten().collect())),
            recipients(&self.to),
            text("ServiceCode", self.service_code.as_ref()),
            text("LinkedID", self.linked_id.as_ref()),
            text("MessageClass", self.class.as_ref()),
            text("ExpiryDate", self.expiry.as_ref()),
            flag("DeliveryReport", self.delivery_report),
            flag("ReadReply", self.read_reply),
            text("Priority", self.priority.as_ref()),
            text("Subject", self.subject.as_ref()),
            content(self.content.as_ref(), Some(self.adaptations)),
        ]
    }

    fn read(request: &Element) -> Self {
        let none = Element::default();
        let from = request.child("SenderIdentification").unwrap_or(&none);
        Self {
            vaspid: owned(from.value("VASPID")),
            vasid: owned(from.value("VASID")),
            sender: read_address(from, "SenderAddress"),
            to: read_recipients(request),
            service_code: owned(request.value("ServiceCode")),
            linked_id: owned(request.value("LinkedID")),
            class: owned(request.value("MessageClass")),
            expiry: owned(request.value("ExpiryDate")),
            delivery_report: is_true(request.value("DeliveryReport")),
            read_reply: is_true(request.value("ReadReply")),
            priority: owned(request.value("Priority")),
            subject: owned(request.value("Subject")),
            content: read_content(request),
            adaptations: request
                .child("Content")
                .is_some_and(|content| is_true(content.attribute("allowAdaptations"))),
        }
    }
}

impl Deliver {
    fn write(&self) -> Vec<Option<Element>> {
        vec![
            text("MMSRelayServerID", self.relay.as_ref()),
            text("LinkedID", self.linked_id.as_ref()),
            address("Sender", self.sender.as_ref()),
            recipients(&self.to),
            text("Subject", self.subject.as_ref()),
            content(self.content.as_ref(), None),
        ]
    }

    fn read(request: &Element) -> Self {
        Self {
            relay: owned(request.value("MMSRelayServerID")),
            linked_id: owned(request.value("LinkedID")),
            sender: read_address(request, "Sender"),
            to: read_recipients(request),
            subject: owned(request.value("Subject")),
            content: read_content(request),
        }
    }
}

impl DeliveryReport {
    fn write(&self) -> Vec<Option<Element>> {
        vec![
            text("MessageID", Some(&self.message)),
            address("Recipient", self.recipient.as_ref()),
            address("Sender", self.sender.as_ref()),
            text("Date", self.date.as_ref()),
            Some(Element::text("MMStatus", self.status.word())),
            text("StatusText", self.text.as_ref()),
        ]
    }

    fn read(request: &Element) -> Option<Self> {
        Some(Self {
            message: request.value("MessageID")?.to_owned(),
            recipient: read_address(request, "Recipient"),
            sender: read_address(request, "Sender"),
            date: owned(request.value("Date")),
            status: MmStatus::from_word(request.value("MMStatus")?),
            text: owned(request.value("StatusText")),
        })
    }
}

impl ReadReply {
    fn write(&self) -> Vec<Option<Element>> {
        vec![
            text("MessageID", Some(&self.message)),
            address("Recipient", self.recipient.as_ref()),
            address("Sender", self.sender.as_ref()),
            text("TimeStamp", self.time.as_ref()),
            Some(Element::text("MMStatus", self.status.word())),
        ]
    }

    fn read(request: &Element) -> Option<Self> {
        Some(Self {
            message: request.value("MessageID")?.to_owned(),
            recipient: read_address(request, "Recipient"),
            sender: read_address(request, "Sender"),
            time: owned(request.value("TimeStamp")),
            status: MmStatus::from_word(request.value("MMStatus")?),
        })
    }
}

impl Operation {
    /// The element's name, and what is in it behind the version.
    pub(super) fn write(&self) -> (&'static str, Vec<Element>) {
        let status = |status: &Status| vec![Some(status.write())];
        let (name, elements) = match self {
            Self::SubmitReq(submit) => ("SubmitReq", submit.write()),
            Self::SubmitRsp(answer, id) => {
                ("SubmitRsp", vec![Some(answer.write()), text("MessageID", id.as_ref())])
            }
            Self::DeliverReq(deliver) => ("DeliverReq", deliver.write()),
            Self::DeliverRsp(answer) => ("DeliverRsp", status(answer)),
            Self::DeliveryReportReq(report) => ("DeliveryReportReq", report.write()),
            Self::DeliveryReportRsp(answer) => ("DeliveryReportRsp", status(answer)),
            Self::ReadReplyReq(reply) => ("ReadReplyReq", reply.write()),
            Self::ReadReplyRsp(answer) => ("ReadReplyRsp", status(answer)),
            Self::RelayError(answer) => ("RSErrorRsp", status(answer)),
            Self::VaspError(answer) => ("VASPErrorRsp", status(answer)),
            Self::Fault(_) => ("Fault", Vec::new()),
        };
        (name, elements.into_iter().flatten().collect())
    }

    /// Reads an element of a body; `None` if it is none that is known, or lacks what it must have.
    pub(super) fn read(element: &Element) -> Option<Self> {
        let status = || Status::read(element);
        Some(match &*element.name {
            "SubmitReq" => Self::SubmitReq(Submit::read(element)),
            "SubmitRsp" => Self::SubmitRsp(status()?, owned(element.value("MessageID"))),
            "DeliverReq" => Self::DeliverReq(Deliver::read(element)),
            "DeliverRsp" => Self::DeliverRsp(status()?),
            "DeliveryReportReq" => Self::DeliveryReportReq(DeliveryReport::read(element)?),
            "DeliveryReportRsp" => Self::DeliveryReportRsp(status()?),
            "ReadReplyReq" => Self::ReadReplyReq(ReadReply::read(element)?),
            "ReadReplyRsp" => Self::ReadReplyRsp(status()?),
            "RSErrorRsp" => Self::RelayError(status()?),
            "VASPErrorRsp" => Self::VaspError(status()?),
            _ => return None,
        })
    }

    /// The status, if it is an answer with one.
    #[must_use]
    pub const fn status(&self) -> Option<&Status> {
        match self {
            Self::SubmitRsp(status, _)
            | Self::DeliverRsp(status)
            | Self::DeliveryReportRsp(status)
            | Self::ReadReplyRsp(status)
            | Self::RelayError(status)
            | Self::VaspError(status) => Some(status),
            Self::SubmitReq(_)
            | Self::DeliverReq(_)
            | Self::DeliveryReportReq(_)
            | Self::ReadReplyReq(_)
            | Self::Fault(_) => None,
        }
    }
}
