//! Routes as people declare them.

use crate::account::{CLASSES_MAX, ClassWord};
use crate::document::{Document, SecretPlace};
use crate::limit::AtMost;
use crate::rule::{ClockSpan, DayWord, Zone};
use crate::secret::Secret;
use crate::span::Span;
use crate::written::{Prefix, Written};
use crate::{settings, words};
use postrider_core::delivery::State;
use postrider_core::numbering::{Country, NumberKind};
use postrider_core::rewriting::Replaces;
use postrider_core::route::{EXPLORE_USUAL, NetworkMatch, ORDER_USUAL, Strategy};
use postrider_core::sender::Sender;
use postrider_core::submission::PARTS_MAX;
use postrider_text::Encoding;
use std::collections::BTreeMap;

/// The most upstreams of one route.
pub(crate) const UPSTREAMS_MAX: usize = 16;
/// The most values of one condition.
pub(crate) const VALUES_MAX: usize = 1_000;
/// The most prefixes of one route.
pub(crate) const PREFIXES_MAX: usize = 10_000;
/// The most characters that are put before or behind texts.
pub(crate) const AFFIX_MAX: usize = 500;
/// The most hours of one route.
const HOURS_MAX: usize = 16;

settings! {
    /// Which way messages go. A message goes by the first route all of whose conditions it meets: the lowest `order` is tried
    /// first, and of one order the longest prefix that fits.
    pub struct RouteDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// Its place among the routes: lower ones are tried before higher ones.
        order: u32 = ORDER_USUAL, 0..=1_000_000;
        /// The first digits of the numbers that it takes, up to 15, without `+`. Default: none, for all numbers.
        prefix: Written<Prefix> = Written::default();
        /// Further first digits of numbers that it takes. Default: none.
        prefixes: Vec<Written<Prefix>> = Vec::new(), AtMost(PREFIXES_MAX);
        /// Countries (ISO 3166, such as `GB`) of the numbers that it takes. Default: all.
        countries: Vec<Written<Country>> = Vec::new(), AtMost(VALUES_MAX);
        /// Networks of the numbers that it takes: MCC and MNC, such as `23410`, or the MCC alone. Networks are known by the
        /// numbering plan. Default: all, known or not.
        networks: Vec<Written<NetworkMatch>> = Vec::new(), AtMost(VALUES_MAX);
        /// Kinds of numbers that it takes. Default: all.
        types: Vec<NumberKind> = Vec::new(), AtMost(NumberKind::ALL.len());
        /// Names of accounts whose messages it takes. Default: all.
        accounts: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// Senders whose messages it takes: a number (`+447700900123`), a code or a name, or their start and `*`. Case doesn't
        /// matter. Default: all.
        senders: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// Classes of messages that it takes. Default: all.
        classes: Vec<ClassWord> = Vec::new(), AtMost(CLASSES_MAX);
        /// Tags (`tags` of messages), with one of which a message is marked. Default: any, or none.
        tags: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// Words, one of which the text contains; case doesn't matter. Default: any text, and data.
        text_contains: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// The fewest parts of a message.
        parts_min: u8 = 1, 1..=PARTS_MAX;
        /// The most parts of a message.
        parts_max: u8 = PARTS_MAX, 1..=PARTS_MAX;
        /// Encodings of messages that it takes, as they are counted when they are accepted. Default: all.
        encodings: Vec<Encoding> = Vec::new(), AtMost(4);
        /// Times of the day at which it takes messages, such as `08:00-18:00`; the end is not within, and may be on the next day.
        /// Default: the whole day.
        hours: Vec<Written<ClockSpan>> = Vec::new(), AtMost(HOURS_MAX);
        /// Days of the week: those on which `hours` begin. Default: all.
        days: Vec<DayWord> = Vec::new(), AtMost(7);
        /// The time zone of `hours` and `days`, such as `Europe/Berlin`.
        zone: Written<Zone> = Written::default();
        /// The share of recipients whose messages it takes, in percent. They are the same ones each time.
        percent: u8 = 100, 1..=100;
        /// Names of 1 to 16 upstreams, the best first: the first one that is up sends, the next ones when an attempt there has
        /// failed.
        upstreams: Vec<String>, AtMost(UPSTREAMS_MAX);
        /// What it changes of its messages. Default: nothing.
        rewrite: Option<RewriteDocument> = None;
        /// When a message goes by the next upstream though one took it: its receipt says that it wasn't delivered. Default: never.
        after_receipt: Option<AfterReceiptDocument> = None;
        /// How the upstreams are ranked for each message.
        strategy: Strategy = Strategy::Priority;
        /// How much each measure counts, for `strategy = "score"`.
        score: ScoreDocument = ScoreDocument::default();
        /// The share of messages, in percent, that go by an upstream other than the best, so that all stay measured; for `fastest`,
        /// `surest` and `score`.
        explore: u8 = EXPLORE_USUAL, 0..=50;
        /// The least share that an upstream must deliver towards the recipient's network, in percent, as measured in the last hour. Those
        /// below come last, whatever the strategy. 0 asks for nothing.
        least_delivered: u8 = 0, 0..=100;
        /// The cost of a part by upstream, in any one currency: `{ acme = 0.012 }`. Default: none is known.
        costs: BTreeMap<String, f64> = BTreeMap::new();
        /// The shares of upstreams, for `strategy = "weighted"`: `{ acme = 10, other = 1 }`; 0 is for fail-over alone. Default: 1
        /// each.
        weights: BTreeMap<String, u32> = BTreeMap::new();
    }
}

settings! {
    /// How much each measure counts in a route's score; the upstream with the least sum is the first.
    pub struct ScoreDocument: Default {
        /// For each time that an upstream is as dear again as the cheapest.
        cost: u32 = 1, 0..=1_000;
        /// For each time that it takes twice as long to a receipt as the fastest.
        time: u32 = 1, 0..=1_000;
        /// For each ten points of the share delivered that it lacks to the surest.
        delivered: u32 = 1, 0..=1_000;
        /// For each ten points of the share converted that it lacks to the best, towards networks where an account's `conversions` are
        /// told.
        converted: u32 = 1, 0..=1_000;
    }
}

settings! {
    /// What a route changes of the messages that it takes. Their recipients are never changed.
    pub struct RewriteDocument {
        /// Senders that take the place of a message's own: one for all messages, or several of which each recipient has one, the
        /// same each time. Default: none, the sender stays.
        senders: Vec<Written<Sender>> = Vec::new(), AtMost(VALUES_MAX);
        /// The messages whose sender is replaced.
        replace: Replaces = Replaces::Every;
        /// The least share that must be delivered of what came from one of several `senders`, in percent. One below it, of 20
        /// messages in the last hour at least, is left for a while; its recipients get another one. 0 leaves none.
        least_delivered: u8 = 20, 0..=100;
        /// What is replaced in texts, in this order. Default: nothing.
        text_replace: Vec<ReplacementDocument> = Vec::new(), AtMost(REPLACEMENTS_MAX);
        /// What is put before texts, such as a brand, unless they begin so. The parts are counted with it. Default: nothing.
        text_before: String = String::new();
        /// What is put behind texts, such as how to opt out, unless they end so. The parts are counted with it. Default: nothing.
        text_after: String = String::new();
        /// Whether texts are respelled in the GSM 7-bit alphabet (`It’s` as `It's`), if all of a text can be.
        gsm_spelling: bool = false;
    }
}

settings! {
    /// A text that takes the place of another one.
    pub struct ReplacementDocument {
        /// What is looked for, letter by letter.
        find: String;
        /// What takes its place. Default: nothing, it is taken out.
        with: String = String::new();
    }
}

/// The most replacements of a route.
const REPLACEMENTS_MAX: usize = 100;

settings! {
    /// When a message goes by the next upstream of its route though a carrier took it. The sender hears of the last attempt alone. The
    /// price is charged once; the costs of all attempts count. A message parts of which were delivered ends.
    pub struct AfterReceiptDocument {
        /// The ends, as receipts tell them.
        states: Vec<FailedWord> = FailedWord::USUAL.into(), AtMost(FAILED_MAX);
        /// Classes of messages. Default: all.
        classes: Vec<ClassWord> = Vec::new(), AtMost(CLASSES_MAX);
        /// The longest time since a message was due.
        within: Span = "10m".into(), "1s"..="7d";
    }
}

/// The most ends after which a message goes on.
const FAILED_MAX: usize = 4;

words! {
    /// An end that a receipt tells, other than delivery.
    pub enum FailedWord {
        /// It wasn't delivered, or was deleted at the carrier.
        Undelivered = "undelivered",
        /// Its time ran out at the carrier.
        Expired = "expired",
        /// The carrier or the network refused it.
        Rejected = "rejected",
        /// The carrier doesn't know.
        Unknown = "unknown",
    }
}

impl FailedWord {
    /// The usual ones.
    pub const USUAL: [Self; 3] = [Self::Undelivered, Self::Expired, Self::Rejected];
}

impl From<FailedWord> for State {
    fn from(word: FailedWord) -> Self {
        match word {
            FailedWord::Undelivered => Self::Undelivered,
            FailedWord::Expired => Self::Expired,
            FailedWord::Rejected => Self::Rejected,
            FailedWord::Unknown => Self::Unknown,
        }
    }
}

words! {
    /// The messages whose sender a route replaces.
    impl ReplaceWord for Replaces {
        /// Every one.
        Every = "every",
        /// Those without a sender.
        Missing = "missing",
        /// Those whose sender is a name: where networks take numbers only.
        Names = "names",
    }
}

words! {
    /// How the upstreams of a route are ranked.
    impl StrategyWord for Strategy {
        /// In the order in which they are declared.
        Priority = "priority",
        /// The cheapest first, by `costs`; one without a cost is the last.
        Cheapest = "cheapest",
        /// The one whose receipts come soonest, as measured towards the recipient's network in the last hour.
        Fastest = "fastest",
        /// The one that delivers the greatest share, as measured likewise; where conversions are told, less what it lacks there.
        Surest = "surest",
        /// Cost, time and shares together, by `score`.
        Score = "score",
        /// Each first for its share of the messages, by `weights`.
        Weighted = "weighted",
        /// The one with the least work for its rate first.
        LeastBusy = "least_busy",
        /// The one that has sent the fewest parts this month (UTC) first, such as a SIM among others.
        LeastUsed = "least_used",
        /// Those whose `network` is the recipient's first; among equals the one that has sent the fewest parts this month.
        OwnNetwork = "own_network",
    }
}

words! {
    /// A kind of numbers.
    impl NumberType for NumberKind {
        /// A mobile line.
        Mobile = "mobile",
        /// A fixed line.
        Fixed = "fixed",
        /// A line that may be fixed or mobile, as in North America.
        FixedOrMobile = "fixed_or_mobile",
        /// A number whose callers pay more.
        Premium = "premium",
        /// A number whose callers pay nothing.
        TollFree = "toll_free",
        /// A number whose callers pay a share.
        SharedCost = "shared_cost",
        /// A number that leads to a person, wherever they are.
        Personal = "personal",
        /// A line over the Internet.
        Voip = "voip",
        /// A pager.
        Pager = "pager",
        /// A number of a company or a service.
        Service = "service",
        /// A satellite telephone.
        Satellite = "satellite",
        /// A short code.
        ShortCode = "short_code",
        /// A number of unknown kind.
        Unknown = "unknown",
    }
}

words! {
    /// The encoding of a message.
    impl RouteEncoding for Encoding {
        /// The GSM 7-bit default alphabet.
        Gsm7 = "gsm7",
        /// Latin-1.
        Latin1 = "latin1",
        /// UCS-2.
        Ucs2 = "ucs2",
        /// Octets that are no text.
        Octets = "octets",
    }
}

impl Document for RouteDocument {
    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, _visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {}
}
