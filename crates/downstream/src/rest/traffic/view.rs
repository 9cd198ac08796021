//! Traffic as answers show it.

use super::trouble::{Situation, Trouble, troubles};
use crate::rest::{Rest, Running, moment};
use postrider_core::account::AccountId;
use postrider_core::contract::{Depths, LinkState};
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Rules, Upstream};
use postrider_core::time::Time;
use postrider_core::traffic::{Counts, Course, ErrorCount, ErrorKind, Latency, Summary, Sums, point, recent};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use utoipa::ToSchema;

/// The most kinds of errors that are listed.
const ERRORS_MAX: usize = 50;

/// What passes through a node, what waits, and what is broken.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = Traffic)]
pub(super) struct TrafficView {
    /// The time of this answer.
    #[schema(format = "date-time")]
    at: String,
    /// The number of the node that counted; each node counts its own traffic.
    node: u8,
    /// The number of nodes.
    nodes: usize,
    /// What is broken or about to be, the gravest first; empty if all is well.
    troubles: Vec<Trouble>,
    /// All traffic of the node; for an account, its own.
    all: SumsView,
    /// How it came about; absent for accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    course: Option<CourseView>,
    /// By account, the busiest first.
    accounts: Vec<AccountTraffic>,
    /// By upstream, in the order of their names; empty for accounts.
    upstreams: Vec<UpstreamTraffic>,
    /// Errors of the last 15 minutes, the most frequent first; empty for accounts.
    errors: Vec<ErrorTraffic>,
    /// What waits, in the whole store; absent for accounts, and in the first seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    backlog: Option<Backlog>,
}

/// What was counted.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = TrafficCounts)]
struct CountsView {
    /// Messages accepted from applications.
    accepted: f64,
    /// Parts that carriers answered.
    sent: f64,
    /// Messages that were delivered.
    delivered: f64,
    /// Messages that ended otherwise, without canceled ones.
    failed: f64,
    /// Messages from handsets.
    received: f64,
}

/// How fast it is, and how much it was.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = TrafficSums)]
struct SumsView {
    /// A second, in the last 10 seconds.
    per_second: CountsView,
    /// In the last 15 minutes.
    in_15_minutes: CountsView,
}

/// The course of the last 15 minutes, the oldest point first.
#[derive(Serialize, ToSchema)]
#[schema(as = TrafficCourse)]
struct CourseView {
    /// The length of time between two points, in seconds.
    step: u64,
    /// Messages accepted in each.
    accepted: Vec<u64>,
    /// Parts answered by carriers in each.
    sent: Vec<u64>,
    /// Messages delivered in each.
    delivered: Vec<u64>,
    /// Messages that ended otherwise in each.
    failed: Vec<u64>,
}

/// The traffic of an account.
#[derive(Serialize, ToSchema)]
struct AccountTraffic {
    /// The account.
    name: String,
    #[serde(flatten)]
    sums: SumsView,
}

/// The traffic of an upstream.
#[derive(Serialize, ToSchema)]
struct UpstreamTraffic {
    /// The upstream.
    name: String,
    /// Whether it is enabled.
    enabled: bool,
    /// The number of its links that are up, here or on other nodes.
    links_up: usize,
    /// The number of its links.
    links: usize,
    #[serde(flatten)]
    sums: SumsView,
    /// How its traffic came about.
    course: CourseView,
    /// The rate in force, in parts a second; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<f64>,
    /// Parts in flight: sent by this node, and not yet answered.
    window_used: usize,
    /// The most parts in flight of this node; 0 while the upstream is disabled.
    window: usize,
    /// How long the carrier takes to answer a part, lately, in milliseconds; absent before the first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip_ms: Option<f64>,
    /// Messages that wait for it.
    queued: u64,
    /// The seconds until these are sent, at the speed of now; absent if nothing is sent now.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_to_drain: Option<u64>,
    /// How long receipts of delivered messages took, in the last 15 minutes; absent if there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipts: Option<ReceiptTimes>,
}

/// How long receipts took, in seconds, each to a fifth of itself.
#[derive(Serialize, ToSchema)]
struct ReceiptTimes {
    /// The number of receipts.
    count: u64,
    /// Half of them took at most this long.
    median: f64,
    /// 95 % of them took at most this long.
    p95: f64,
}

/// Messages that failed for the same reason.
#[derive(Serialize, ToSchema)]
struct ErrorTraffic {
    /// The upstream.
    upstream: String,
    /// The gateway's code.
    code: &'static str,
    /// The carrier's code, if it gave one; the start of a long one.
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_code: Option<String>,
    /// The meaning of the code, in a sentence.
    meaning: &'static str,
    /// What to do, in a few sentences.
    remedy: &'static str,
    /// The number of messages in the last 15 minutes.
    count: u64,
    /// The time of the last one.
    #[schema(format = "date-time")]
    last_at: String,
}

/// What waits, in the whole store.
#[derive(Serialize, ToSchema)]
struct Backlog {
    /// When it was counted: every few seconds.
    #[schema(format = "date-time")]
    counted_at: String,
    /// Messages that wait to be sent.
    queued: u64,
    /// The age of the oldest of them, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_seconds: Option<u64>,
    /// Receipts that are waited for.
    receipts_awaited: u64,
    /// Notices that applications are still to be told.
    notices: u64,
    /// Receipts that found no message.
    unmatched_receipts: u64,
    /// Rows that could not be read.
    damaged_rows: u64,
    /// Octets of the store's files.
    store_octets: u64,
}

impl TrafficView {
    /// The whole traffic of this node.
    pub(super) fn whole(rest: &Rest, summary: &Summary) -> Self {
        let (rules, running, now) = (rest.live.rules(), (rest.links)(), rest.live.now());
        let (standing, depths) = ((rest.nodes)(), rest.watch.depths());
        let reasons = (rest.ready)().err().unwrap_or_default();
        let counted = depths.as_ref().map(|(depths, _)| depths);
        let situation = Situation {
            rules: &rules,
            running: &running,
            depths: counted,
            unroutable: &summary.unroutable,
            reasons,
            now,
        };
        let with = Context { rules: &rules, running: &running, depths: counted };
        Self {
            at: moment::write(now),
            node: standing.this,
            nodes: standing.nodes.len(),
            troubles: troubles(&situation),
            all: SumsView::of(&summary.all.sums),
            course: Some(CourseView::of(&summary.all)),
            accounts: accounts(summary, &rules),
            upstreams: with.upstreams(summary),
            errors: errors(summary, &rules),
            backlog: depths.as_ref().map(|(depths, at)| Backlog::of(depths, *at, now)),
        }
    }

    /// The traffic of one account.
    pub(super) fn of_account(rest: &Rest, summary: &Summary, account: AccountId) -> Self {
        let sums = summary.accounts.get(&account).copied().unwrap_or_default();
        let standing = (rest.nodes)();
        Self {
            at: moment::write(rest.live.now()),
            node: standing.this,
            nodes: standing.nodes.len(),
            all: SumsView::of(&sums),
            ..Self::default()
        }
    }
}

/// What the traffic of upstreams is shown with.
struct Context<'a> {
    rules: &'a Rules,
    running: &'a HashMap<UpstreamId, Running>,
    depths: Option<&'a Depths>,
}

impl Context<'_> {
    fn upstreams(&self, summary: &Summary) -> Vec<UpstreamTraffic> {
        let mut upstreams: Vec<_> =
            self.rules.upstreams().map(|upstream| self.upstream(upstream, summary)).collect();
        upstreams.sort_by(|one, other| one.name.cmp(&other.name));
        upstreams
    }

    fn upstream(&self, upstream: &Upstream, summary: &Summary) -> UpstreamTraffic {
        let none = Course::default();
        let course = summary.upstreams.get(&upstream.id).unwrap_or(&none);
        let running = self.running.get(&upstream.id).filter(|_| upstream.enabled);
        let links = running.map_or(&[][..], |running| &running.links);
        let is_up = |link: &&LinkState| matches!(link, LinkState::Up | LinkState::Elsewhere);
        let sums = SumsView::of(&course.sums);
        let queued = self.queued(upstream.id);
        UpstreamTraffic {
            name: upstream.name.to_string(),
            enabled: upstream.enabled,
            links_up: links.iter().filter(is_up).count(),
            links: links.len(),
            seconds_to_drain: seconds_to_drain(queued, sums.per_second.sent),
            sums,
            course: CourseView::of(course),
            rate_limit: running.and_then(|running| running.rate),
            window_used: running.map_or(0, |running| running.used),
            window: running.map_or(0, |running| running.window),
            round_trip_ms: running.and_then(|running| running.round_trip).map(millis),
            queued,
            receipts: summary.receipts.get(&upstream.id).and_then(ReceiptTimes::of),
        }
    }

    fn queued(&self, upstream: UpstreamId) -> u64 {
        let queued = self.depths.and_then(|depths| depths.queued.iter().find(|(id, _)| *id == upstream));
        queued.map_or(0, |(_, count)| *count)
    }
}

/// A time in milliseconds, to a tenth.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

/// The seconds until so many messages are sent at this speed; nothing if nothing is sent.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is an estimate, and not negative"
)]
fn seconds_to_drain(queued: u64, per_second: f64) -> Option<u64> {
    match (queued, per_second > 0.0) {
        (0, _) => Some(0),
        (_, true) => Some((queued as f64 / per_second).ceil() as u64),
        (_, false) => None,
    }
}

impl CountsView {
    /// Counts of this length of time, a second; or the counts as they are.
    #[expect(clippy::cast_precision_loss, reason = "counts of a quarter of an hour are far below 2^52")]
    fn of(counts: &Counts, over: Option<Duration>) -> Self {
        let seconds = over.map_or(1.0, |over| over.as_secs_f64());
        let rate = |count: u64| (count as f64 / seconds * 10.0).round() / 10.0;
        Self {
            accepted: rate(counts.accepted),
            sent: rate(counts.sent),
            delivered: rate(counts.delivered),
            failed: rate(counts.failed),
            received: rate(counts.received),
        }
    }
}

impl SumsView {
    fn of(sums: &Sums) -> Self {
        Self {
            per_second: CountsView::of(&sums.now, Some(recent())),
            in_15_minutes: CountsView::of(&sums.quarter, None),
        }
    }
}

impl CourseView {
    fn of(course: &Course) -> Self {
        let each = |count: fn(&Counts) -> u64| course.points.iter().map(count).collect();
        Self {
            step: point().as_secs(),
            accepted: each(|counts| counts.accepted),
            sent: each(|counts| counts.sent),
            delivered: each(|counts| counts.delivered),
            failed: each(|counts| counts.failed),
        }
    }
}

impl ReceiptTimes {
    fn of(latency: &Latency) -> Option<Self> {
        let seconds = |share| latency.percentile(share).map(|time| time.as_millis());
        let rounded = |millis: u128| f64::from(u32::try_from(millis / 100).unwrap_or(u32::MAX)) / 10.0;
        Some(Self { count: latency.count(), median: rounded(seconds(0.5)?), p95: rounded(seconds(0.95)?) })
    }
}

impl Backlog {
    fn of(depths: &Depths, counted: Time, now: Time) -> Self {
        Self {
            counted_at: moment::write(counted),
            queued: depths.queued.iter().map(|(_, count)| count).sum(),
            oldest_seconds: depths.oldest.map(|oldest| now.since(oldest).as_secs()),
            receipts_awaited: depths.awaited,
            notices: depths.notices,
            unmatched_receipts: depths.parked,
            damaged_rows: depths.damaged,
            store_octets: depths.octets,
        }
    }
}

/// The accounts that are declared or had traffic, the busiest first.
fn accounts(summary: &Summary, rules: &Rules) -> Vec<AccountTraffic> {
    let declared = rules.accounts().map(|account| account.id);
    let known: BTreeSet<AccountId> = declared.chain(summary.accounts.keys().copied()).collect();
    let traffic = |id: &AccountId| {
        let name = rules.account(*id).map_or_else(|| id.0.to_string(), |account| account.name.to_string());
        let sums = summary.accounts.get(id).copied().unwrap_or_default();
        (sums.quarter.accepted, AccountTraffic { name, sums: SumsView::of(&sums) })
    };
    let mut accounts: Vec<_> = known.iter().map(traffic).collect();
    accounts
        .sort_by(|(one, first), (other, second)| other.cmp(one).then_with(|| first.name.cmp(&second.name)));
    accounts.into_iter().map(|(_, account)| account).collect()
}

fn errors(summary: &Summary, rules: &Rules) -> Vec<ErrorTraffic> {
    let mut errors: Vec<_> = summary.errors.iter().collect();
    errors.sort_by_key(|(kind, error)| (std::cmp::Reverse(error.count), *kind));
    errors.truncate(ERRORS_MAX);
    let view = |(kind, error): (&ErrorKind, &ErrorCount)| ErrorTraffic {
        upstream: rules
            .upstream(kind.upstream)
            .map_or_else(|| kind.upstream.0.to_string(), |upstream| upstream.name.to_string()),
        code: kind.code.word(),
        carrier_code: kind.carrier_code.as_deref().map(str::to_owned),
        meaning: kind.code.meaning(),
        remedy: kind.code.remedy(),
        count: error.count,
        last_at: moment::write(error.last),
    };
    errors.into_iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use postrider_core::traffic::Traffic;

    const ACME: UpstreamId = UpstreamId(3);

    #[test]
    fn upstreams_are_shown_with_their_speed_and_what_waits() {
        let rules = Rules::new(
            1,
            Vec::new(),
            vec![testing::upstream(ACME, "acme", true), testing::upstream(UpstreamId(4), "a", false)],
            Default::default(),
        );
        let links = vec![LinkState::Up, LinkState::Connecting];
        let round_trip = Some(Duration::from_micros(12_345));
        let acme = Running { links, rate: Some(50.0), used: 3, window: 10, round_trip, ..Running::default() };
        let running = HashMap::from([(ACME, acme)]);
        let depths = Depths { queued: vec![(ACME, 101)], ..Depths::default() };
        let mut traffic = Traffic::default();
        traffic.sent(ACME, 100, Time(0));
        let with = Context { rules: &rules, running: &running, depths: Some(&depths) };
        let shown = serde_json::to_value(with.upstreams(&traffic.summary(Time(5_000)))).unwrap();
        assert_eq!((&shown[0]["name"], &shown[0]["enabled"]), (&"a".into(), &false.into()));
        let acme = &shown[1];
        assert_eq!((&acme["links_up"], &acme["links"]), (&1.into(), &2.into()));
        assert_eq!((&acme["per_second"]["sent"], &acme["rate_limit"]), (&10.0.into(), &50.0.into()));
        assert_eq!((&acme["queued"], &acme["seconds_to_drain"]), (&101.into(), &11.into()));
        assert_eq!((&acme["window_used"], &acme["window"]), (&3.into(), &10.into()));
        assert_eq!(acme["round_trip_ms"], 12.3);
        assert_eq!(acme["course"]["sent"].as_array().unwrap().last(), Some(&100.into()));
        assert_eq!(acme.get("receipts"), None);
    }

    #[test]
    fn what_nothing_is_sent_of_drains_never() {
        assert_eq!(seconds_to_drain(0, 0.0), Some(0));
        assert_eq!(seconds_to_drain(7, 0.0), None);
        assert_eq!(seconds_to_drain(7, 2.0), Some(4));
    }

    #[test]
    fn the_busiest_account_comes_first() {
        let rules = testing::rules(testing::account());
        let mut traffic = Traffic::default();
        traffic.accepted(AccountId(9), 2, Time(0));
        let accounts = accounts(&traffic.summary(Time(0)), &rules);
        let names: Vec<_> = accounts.iter().map(|account| account.name.as_str()).collect();
        assert_eq!(names, ["9", "shop"]);
    }
}
