//! The meters of one upstream's counter, looked up once, so that counting formats no labels.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use postrider_core::contract::LinkState;
use postrider_core::delivery::{Delivery, FaultKind, PartOutcome, State};
use postrider_core::message::Class;
use postrider_core::receipt::{Report, Reported};
use postrider_core::time::Time;
use std::sync::OnceLock;

/// The labels of receipts: what [`label`] returns.
const REPORTED: [&str; 7] = [
    "underway",
    "unclear",
    State::Delivered.word(),
    State::Undelivered.word(),
    State::Expired.word(),
    State::Rejected.word(),
    State::Unknown.word(),
];

/// The label of a receipt's statement.
fn label(reported: Reported) -> &'static str {
    match reported.state() {
        Some(state) => state.word(),
        None if reported == Reported::Unclear => "unclear",
        None => "underway",
    }
}

/// The reasons for retries. Of several parts' reasons the last one here is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RetryReason {
    /// It was never written.
    NotSent,
    /// The carrier said "too fast".
    Throttled,
    /// The carrier takes nothing for a while.
    Paused,
    /// The carrier refused it for now.
    Temporary,
    /// The carrier won't take it, and another may.
    Elsewhere,
    /// The carrier never answered.
    Unanswered,
}

impl RetryReason {
    const ALL: [Self; 6] =
        [Self::NotSent, Self::Throttled, Self::Paused, Self::Temporary, Self::Elsewhere, Self::Unanswered];

    /// Why a message with these outcomes would be tried again, if it is.
    pub(crate) fn of(outcomes: &[(u8, PartOutcome)]) -> Option<Self> {
        let why = |(_, outcome): &(u8, PartOutcome)| match outcome {
            PartOutcome::Accepted(_) => None,
            PartOutcome::NotSent => Some(Self::NotSent),
            PartOutcome::Unanswered => Some(Self::Unanswered),
            PartOutcome::Refused(fault) => match fault.kind {
                FaultKind::Throttled => Some(Self::Throttled),
                FaultKind::Temporary | FaultKind::QueueFull => Some(Self::Temporary),
                FaultKind::Elsewhere => Some(Self::Elsewhere),
                FaultKind::Paused => Some(Self::Paused),
                FaultKind::Permanent => None,
            },
        };
        outcomes.iter().filter_map(why).max()
    }

    const fn word(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Throttled => "throttled",
            Self::Paused => "paused",
            Self::Temporary => "temporary",
            Self::Elsewhere => "elsewhere",
            Self::Unanswered => "unanswered",
        }
    }
}

/// An upstream's counter at one moment, as this node sees it.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Parts given out and not yet recorded.
    pub(crate) used: usize,
    /// This node's share of the window.
    pub(crate) window: usize,
    /// The rate in force, in parts a second, if there is one.
    pub(crate) rate: Option<f64>,
    /// Its links.
    pub(crate) links: Vec<LinkState>,
}

/// The meters of one upstream.
pub(crate) struct Meters {
    upstream: String,
    retries: [Counter; RetryReason::ALL.len()],
    reports: [Counter; REPORTED.len()],
    inbound: Counter,
    waits: [Histogram; Class::ALL.len()],
    used: Gauge,
    window: Gauge,
    /// Shown from when there first is a rate.
    rate: OnceLock<Gauge>,
    up: Gauge,
    links: [Gauge; 4],
}

/// Counters of an upstream that count seldom; they are shown from the beginning, so that their first rise can be seen.
const SELDOM: [&str; 5] = [
    "postrider_throttled_total",
    "postrider_dlr_contradicted_total",
    "postrider_dlr_unmatched_total",
    "postrider_failed_over_total",
    "postrider_overflowed_total",
];

impl Meters {
    /// The upstream's name.
    pub(crate) fn upstream(&self) -> &str {
        &self.upstream
    }

    pub(crate) fn new(upstream: &str) -> Self {
        let name = || upstream.to_owned();
        for counter in SELDOM {
            counter!(counter, "upstream" => name()).increment(0);
        }
        Self {
            upstream: name(),
            retries: RetryReason::ALL
                .map(|why| counter!("postrider_retries_total", "upstream" => name(), "reason" => why.word())),
            reports: REPORTED.map(
                |state| counter!("postrider_dlr_received_total", "upstream" => name(), "state" => state),
            ),
            inbound: counter!("postrider_inbound_total", "upstream" => name()),
            waits: Class::ALL
                .map(|class| histogram!("postrider_queue_wait_seconds", "class" => class.word())),
            used: gauge!("postrider_upstream_window_used", "upstream" => name()),
            window: gauge!("postrider_upstream_window_size", "upstream" => name()),
            rate: OnceLock::new(),
            up: gauge!("postrider_upstream_up", "upstream" => name()),
            links: ["up", "connecting", "down", "elsewhere"]
                .map(|state| gauge!("postrider_upstream_links", "upstream" => name(), "state" => state)),
        }
    }

    /// A message is tried again.
    pub(crate) fn retried(&self, why: RetryReason) {
        self.retries[why as usize].increment(1);
    }

    /// Receipts came, and so many messages from handsets.
    pub(crate) fn heard(&self, reports: &[Report], inbound: usize) {
        if inbound > 0 {
            self.inbound.increment(inbound as u64);
        }
        for (state, counter) in REPORTED.iter().zip(&self.reports) {
            let count = reports.iter().filter(|report| label(report.reported) == *state).count();
            if count > 0 {
                counter.increment(count as u64);
            }
        }
    }

    /// Deliveries are given to the upstream. Those that it, or another one, was given before waited for something
    /// else than their turn.
    pub(crate) fn taken(&self, deliveries: &[Delivery], now: Time) {
        let is_first = |delivery: &&Delivery| delivery.failed == 0 && delivery.parts == 0;
        for delivery in deliveries.iter().filter(is_first) {
            let message = &delivery.message;
            self.waits[message.class as usize].record(now.since(message.due).as_secs_f64());
        }
    }

    /// Shows how the counter stands.
    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
    pub(crate) fn show(&self, standing: &Standing) {
        self.used.set(standing.used as f64);
        self.window.set(standing.window as f64);
        self.show_rate(standing.rate);
        self.up.set(f64::from(u8::from(standing.links.contains(&LinkState::Up))));
        let mut counts = [0; 4];
        for link in &standing.links {
            counts[place(link)] += 1;
        }
        for (gauge, count) in self.links.iter().zip(counts) {
            gauge.set(f64::from(count));
        }
    }

    /// A gauge that was shown can't be taken back: where the limit goes away, it is no number any more.
    fn show_rate(&self, rate: Option<f64>) {
        let make = || gauge!("postrider_upstream_rate_limit", "upstream" => self.upstream.clone());
        match (rate, self.rate.get()) {
            (Some(rate), _) => self.rate.get_or_init(make).set(rate),
            (None, Some(shown)) => shown.set(f64::NAN),
            (None, None) => {}
        }
    }
}

/// The place of a link's state among the gauges.
const fn place(link: &LinkState) -> usize {
    match link {
        LinkState::Up => 0,
        LinkState::Connecting => 1,
        LinkState::Down { .. } => 2,
        LinkState::Elsewhere => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use postrider_core::delivery::Fault;

    fn refused(kind: FaultKind) -> PartOutcome {
        PartOutcome::Refused(Fault { kind, cause: "0x58".into() })
    }

    /// The text that Prometheus reads after `happen` was done to the meters of upstream `acme`.
    fn after(happen: impl Fn(&Meters)) -> String {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || happen(&Meters::new("acme")));
        recorder.handle().render()
    }

    fn says(text: &str, line: &str) {
        assert!(text.lines().any(|one| one == line), "no '{line}' in\n{text}");
    }

    #[test]
    fn of_several_reasons_the_gravest_is_told() {
        use PartOutcome::{Accepted, NotSent, Unanswered};
        for (outcomes, why) in [
            (vec![Accepted(None)], None),
            (vec![refused(FaultKind::Permanent)], None),
            (vec![Accepted(None), NotSent], Some(RetryReason::NotSent)),
            (vec![refused(FaultKind::Throttled), NotSent], Some(RetryReason::Throttled)),
            (vec![NotSent, refused(FaultKind::Temporary)], Some(RetryReason::Temporary)),
            (vec![Unanswered, refused(FaultKind::Throttled)], Some(RetryReason::Unanswered)),
        ] {
            let outcomes: Vec<_> = (0..).zip(outcomes).collect();
            assert_eq!(RetryReason::of(&outcomes), why, "{outcomes:?}");
        }
    }

    #[test]
    fn each_reason_and_each_receipt_is_counted_under_its_own_word() {
        let all = [
            (Reported::Underway, "underway"),
            (Reported::Unclear, "unclear"),
            (Reported::Delivered, "delivered"),
            (Reported::Undelivered, "undelivered"),
            (Reported::Expired, "expired"),
            (Reported::Rejected, "rejected"),
            (Reported::Unknown, "unknown"),
        ];
        let text = after(|meters| {
            for why in RetryReason::ALL {
                (0..=why as usize).for_each(|_| meters.retried(why));
            }
            for (n, (reported, _)) in all.iter().enumerate() {
                let report = Report {
                    reference: "x".into(),
                    also: None,
                    between: [None, None],
                    reported: *reported,
                    error: None,
                };
                meters.heard(&vec![report; n + 1], 0);
            }
        });
        for (n, reason) in
            ["not_sent", "throttled", "paused", "temporary", "elsewhere", "unanswered"].iter().enumerate()
        {
            let n = n + 1;
            says(&text, &format!("postrider_retries_total{{upstream=\"acme\",reason=\"{reason}\"}} {n}"));
        }
        for (n, (_, state)) in all.iter().enumerate() {
            let n = n + 1;
            says(&text, &format!("postrider_dlr_received_total{{upstream=\"acme\",state=\"{state}\"}} {n}"));
        }
    }

    #[test]
    fn a_rate_is_shown_while_there_is_one() {
        let standing = |rate| Standing { used: 3, window: 10, rate, links: vec![LinkState::Up; 2] };
        let line = |value: &str| format!("postrider_upstream_rate_limit{{upstream=\"acme\"}} {value}");
        let unlimited = after(|meters| meters.show(&standing(None)));
        assert!(!unlimited.contains("rate_limit"), "{unlimited}");
        says(&unlimited, "postrider_upstream_window_used{upstream=\"acme\"} 3");
        says(&unlimited, "postrider_upstream_window_size{upstream=\"acme\"} 10");
        says(&unlimited, "postrider_upstream_links{upstream=\"acme\",state=\"up\"} 2");
        says(&unlimited, "postrider_upstream_links{upstream=\"acme\",state=\"down\"} 0");
        says(&after(|meters| meters.show(&standing(Some(50.0)))), &line("50"));
        let lifted = after(|meters| [Some(50.0), None].map(standing).iter().for_each(|s| meters.show(s)));
        says(&lifted, &line("NaN"));
    }
}
