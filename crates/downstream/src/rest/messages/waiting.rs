//! Why a message waits, and when it is tried next.

use super::timeline::{failed_attempt, hold};
use crate::rest::{Running, moment};
use postrider_core::cause::{Cause, Code};
use postrider_core::contract::{History, LinkState};
use postrider_core::delivery::State;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::time::Duration;

/// Why a message waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The reason, with what is known of the next try.
    pub(super) cause: Cause,
    /// The time of the next attempt, never in the past; `None` if something must be changed first.
    pub(super) next: Option<Time>,
    /// Since when the upstream is down, and the reason without the next try, for the timeline.
    pub(super) outage: Option<(Time, Cause)>,
}

impl Waiting {
    fn simple(cause: impl Into<Cause>, next: Option<Time>) -> Self {
        Self { cause: cause.into(), next, outage: None }
    }

    /// Why a message waits at `now`; `None` for one that doesn't. `running` is what is known of its upstream's links.
    pub(super) fn of(history: &History, rules: &Rules, running: Option<&Running>, now: Time) -> Option<Self> {
        let (due, _) = history.queued.filter(|_| history.state == State::Queued)?;
        if let Some(hold) = &history.message.hold {
            return Some(Self::simple(Cause::with_detail(Code::FraudSuspected, &**hold), None));
        }
        let next = Some(due.max(now));
        let Some(upstream) = history.upstream.and_then(|id| rules.upstream(id)) else {
            return Some(Self::simple(Code::NoRoute, None));
        };
        if !upstream.enabled {
            let detail = format!("'{}' is disabled", upstream.name);
            return Some(Self::simple(Cause::with_detail(Code::UpstreamDisabled, detail), None));
        }
        let held = history.remarks.last().and_then(|(_, remark)| hold(remark)).filter(|_| due > now);
        if let Some(cause) = held {
            return Some(Self::simple(cause, next));
        }
        if history.message.due > now {
            return Some(Self::simple(Code::Scheduled, next));
        }
        if let Some((pause, _)) = rules.pauses.held(&history.message, upstream.id, &rules.numbering, now) {
            let detail = format!("{}: {}", pause.name, pause.reason);
            let next = pause.until.map(|until| until.max(due));
            return Some(Self::simple(Cause::with_detail(Code::Paused, detail), next));
        }
        if let Some(outage) = running.and_then(|running| outage(&upstream.name, running, due, now)) {
            return Some(outage);
        }
        let failed = history.remarks.iter().rev().find_map(|(_, remark)| failed_attempt(remark));
        let cause = failed.unwrap_or_else(|| match &history.message.ordering_key {
            Some(key) => Cause::with_detail(
                Code::Waiting,
                format!("behind earlier messages with its ordering key '{key}'"),
            ),
            None => Code::Waiting.into(),
        });
        Some(Self::simple(cause, next))
    }
}

/// The outage of an upstream, if none of its links is up, here or on another node.
fn outage(name: &str, running: &Running, due: Time, now: Time) -> Option<Waiting> {
    if running.links.iter().any(|link| matches!(link, LinkState::Up | LinkState::Elsewhere)) {
        return None;
    }
    let down = running.links.iter().find_map(|link| match link {
        LinkState::Down { reason, retry_in } => Some((reason.as_str(), *retry_in)),
        _ => None,
    });
    let (reason, retry_in) = down.unwrap_or(("it is connecting", Duration::ZERO));
    let since = running.down_since.unwrap_or(now);
    let stable = format!("'{name}' is down since {}: {reason}", moment::write(since));
    let next = due.max(now + retry_in);
    let whole = format!("{stable}; next try at {}", moment::write(now + retry_in));
    Some(Waiting {
        cause: Cause::with_detail(Code::UpstreamDown, whole),
        next: Some(next),
        outage: running.down_since.map(|since| (since, Cause::with_detail(Code::UpstreamDown, stable))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use postrider_core::id::MessageId;
    use postrider_core::route::{Table, UpstreamId};
    use std::sync::Arc;

    const NOW: Time = Time(1_800_000_100_000);

    fn history(due: Time, remarks: &[&str]) -> History {
        let message = testing::message(MessageId::first_at(Time(1_800_000_000_000)));
        History {
            message: Arc::new(message),
            state: State::Queued,
            upstream: Some(UpstreamId(1)),
            outcome: None,
            possible_duplicate: false,
            awaited: Vec::new(),
            parts: Vec::new(),
            queued: Some((due, 0)),
            remarks: remarks.iter().map(|remark| (NOW, (*remark).into())).collect(),
            attempts: Vec::new(),
        }
    }

    fn rules(enabled: bool) -> Rules {
        let upstream = testing::upstream(UpstreamId(1), "carrier", enabled);
        Rules::new(1, Vec::new(), vec![upstream], Table::default())
    }

    fn running(links: Vec<LinkState>) -> Running {
        Running { links, down_since: Some(Time(1_800_000_040_000)), ..Running::default() }
    }

    #[test]
    fn a_message_says_why_it_waits_and_never_waits_for_the_past() {
        let refused =
            LinkState::Down { reason: "Connection refused".into(), retry_in: Duration::from_secs(5) };
        let (past, later) = (Time(NOW.0 - 9_000), NOW + Duration::from_secs(60));
        let up = running(vec![LinkState::Up]);
        let down = running(vec![refused]);
        let soon = Some(NOW + Duration::from_secs(5));
        let failed = ["carrier_fault 0x00000008 ESME_RSYSERR"];
        let held = ["frequency_cap: it waits until 2030-01-31T09:00:00Z: 1 in 1d, by policies.all.caps[0]"];
        for (history, enabled, running, cause, next) in [
            (history(past, &[]), true, &up, "waiting", Some(NOW)),
            (history(past, &failed), true, &up, failed[0], Some(NOW)),
            (history(later, &failed), true, &up, failed[0], Some(later)),
            (history(later, &held), true, &up, held[0], Some(later)),
            (history(past, &held), true, &up, "waiting", Some(NOW)),
            (history(past, &[]), false, &up, "upstream_disabled: 'carrier' is disabled", None),
            (
                history(past, &[]),
                true,
                &down,
                "upstream_down: 'carrier' is down since 2027-01-15T08:00:40.000Z: Connection refused; next try at \
                 2027-01-15T08:01:45.000Z",
                soon,
            ),
        ] {
            let waiting = Waiting::of(&history, &rules(enabled), Some(running), NOW).unwrap();
            assert_eq!((&*waiting.cause.to_string(), waiting.next), (cause, next));
        }
        let gone = Waiting::of(&history(past, &[]), &Rules::default(), None, NOW).unwrap();
        assert_eq!((gone.cause, gone.next), (Code::NoRoute.into(), None));
        let sent = History { state: State::Sent, ..history(past, &[]) };
        assert_eq!(Waiting::of(&sent, &rules(true), Some(&up), NOW), None);
    }
}
