//! Links, where they lead, and who has followed them, as they are kept.

use super::code::LinkName;
use super::visitor::VisitorKind;
use crate::kept::Document;
use crate::run::RunKind;
use postrider_core::contract::AppKind;
use postrider_core::number::Number;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An address in the texts of a campaign, and the link that takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLink {
    /// The number of the link.
    pub(super) number: u32,
    /// The address, or its beginning where each recipient has an end of their own.
    pub target: Box<str>,
    /// Whether each recipient has their own.
    #[serde(default)]
    pub is_personal: bool,
}

/// Whose links are: of a campaign or a batch, or of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkOwner {
    /// Of a run; the place of the variant of its text, if it has several.
    Run { kind: RunKind, run: u64, variant: Option<u8> },
    /// Of the message with this identifier, to these digits.
    Message { id: u64, to: u64 },
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) id: Box<str>,
    /// The account whose it is. Codes don't name it, so that all links are kept as the gateway's own.
    pub(super) account: u32,
    pub(super) owner: LinkOwner,
    /// Where it leads; `None` if each recipient has their own.
    pub(super) target: Option<Box<str>>,
    /// Until when, in milliseconds.
    pub(super) until: i64,
}

/// Where a link leads for one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LinkTarget {
    pub(super) id: Box<str>,
    pub(super) number: u64,
    pub(super) target: Box<str>,
    pub(super) until: i64,
}

/// What one recipient has followed: when for the first time, as a person and as a robot, by link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LinkVisit {
    pub(super) id: Box<str>,
    pub(super) number: Option<u64>,
    #[serde(default)]
    pub(super) labels: Vec<Box<str>>,
    /// When a person followed one first.
    pub(super) first: Option<i64>,
    pub(super) seen: BTreeMap<Box<str>, Seen>,
    pub(super) until: i64,
}

/// When a link was followed first, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    robot: Option<i64>,
}

/// The labels of visits, by which they are counted.
pub(crate) mod visit_label {
    /// A person followed a link of a run.
    pub(crate) fn run(run: u64) -> Box<str> {
        format!("run/{run}").into()
    }

    /// A person followed a link of a variant of a run.
    pub(crate) fn variant(run: u64, variant: u8) -> Box<str> {
        format!("run/{run}/{variant}").into()
    }

    /// A person, or a robot, followed this link.
    pub(crate) fn link(kind: super::VisitorKind, number: u32) -> Box<str> {
        format!("{}/{number}", kind.word()).into()
    }
}

impl Document for Link {
    const KIND: AppKind = AppKind::Link;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn person(&self) -> Option<Number> {
        match self.owner {
            LinkOwner::Message { to, .. } => Number::from_kept(to),
            LinkOwner::Run { .. } => None,
        }
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.until))
    }
}

impl Document for LinkTarget {
    const KIND: AppKind = AppKind::LinkTarget;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn person(&self) -> Option<Number> {
        Number::from_kept(self.number)
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.until))
    }
}

impl Document for LinkVisit {
    const KIND: AppKind = AppKind::LinkVisit;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn person(&self) -> Option<Number> {
        self.number.and_then(Number::from_kept)
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.until))
    }

    fn labels(&self) -> Option<Vec<Box<str>>> {
        Some(self.labels.clone())
    }
}

impl LinkName {
    /// The name of the record of its link.
    pub(super) fn record(self) -> Box<str> {
        match self {
            Self::OfRun { link, .. } => run_record(link),
            Self::Single(number) => format!("m/{number:014x}").into(),
        }
    }

    /// The name of the record of where it leads for its recipient alone.
    pub(super) fn own_target(self) -> Option<Box<str>> {
        match self {
            Self::OfRun { link, position } => Some(format!("{link:08x}/{position:06x}").into()),
            Self::Single(_) => None,
        }
    }
}

/// The name of the record of a run's link.
pub(super) fn run_record(number: u32) -> Box<str> {
    format!("r/{number:08x}").into()
}

/// The name of the record of what the recipient of a run at a place has followed.
pub(super) fn run_visit(run: u64, position: u64) -> Box<str> {
    format!("{run:020}/{position:010}").into()
}

impl LinkVisit {
    pub(super) fn new(id: Box<str>, number: Option<u64>, until: i64) -> Self {
        Self { id, number, labels: Vec::new(), first: None, seen: BTreeMap::new(), until }
    }

    /// Notes a visit. Returns whether it is the first one of this link by such a visitor.
    pub(super) fn note(&mut self, name: LinkName, owner: &LinkOwner, kind: VisitorKind, now: Time) -> bool {
        let seen = self.seen.entry(name.record()).or_default();
        let place = match kind {
            VisitorKind::Person => &mut seen.person,
            VisitorKind::Robot => &mut seen.robot,
        };
        if place.is_some() {
            return false;
        }
        *place = Some(now.0);
        if let (LinkName::OfRun { link, .. }, LinkOwner::Run { run, variant, .. }) = (name, owner) {
            self.labels.push(visit_label::link(kind, link));
            if kind == VisitorKind::Person && self.first.is_none() {
                self.labels.push(visit_label::run(*run));
                self.labels.extend(variant.map(|variant| visit_label::variant(*run, variant)));
            }
        }
        if kind == VisitorKind::Person {
            self.first.get_or_insert(now.0);
        }
        true
    }
}
