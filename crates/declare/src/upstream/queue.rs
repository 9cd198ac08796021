//! How an upstream's queue is worked off: reserved shares of classes, and when failed attempts are repeated.

use crate::limit::AtMost;
use crate::mistake::Notes;
use crate::settings;
use crate::span::Span;
use postrider_core::budget::PartLimits;
use postrider_core::message::Class;
use postrider_core::retry::{ATTEMPTS_USUAL, Failure, Retries, Waits, usual_waits};
use postrider_core::rules::RESERVED_USUAL;
use std::sync::Arc;
use std::time::Duration;

/// The most waits of one schedule.
const WAITS_MAX: usize = 32;
/// The longest wait.
const WAIT_MAX: Duration = Duration::from_hours(7 * 24);
/// The most that classes may keep together, in percent.
const RESERVED_MAX: u8 = 90;

settings! {
    /// The share of the upstream's throughput, emergencies aside, that each class keeps though more urgent ones wait, in percent; at most
    /// 90 together.
    pub struct ReservedDocument: Default {
        /// Of class `emergency`, which goes before all shares in any case.
        emergency: u8 = RESERVED_USUAL[Class::Emergency as usize], 0..=90;
        /// Of class `otp`.
        otp: u8 = RESERVED_USUAL[Class::Otp as usize], 0..=90;
        /// Of class `transactional`.
        transactional: u8 = RESERVED_USUAL[Class::Transactional as usize], 0..=90;
        /// Of class `marketing`.
        marketing: u8 = RESERVED_USUAL[Class::Marketing as usize], 0..=90;
    }
}

impl ReservedDocument {
    /// By class, in the order of classes.
    #[must_use]
    pub const fn by_class(&self) -> [u8; Class::COUNT] {
        [self.emergency, self.otp, self.transactional, self.marketing]
    }

    /// Notes shares that leave nothing to share out by urgency.
    pub(crate) fn check(&self, notes: &Notes<'_>) {
        let sum: u8 = self.by_class().iter().fold(0, |sum, share| sum.saturating_add(*share));
        if sum > RESERVED_MAX {
            notes.wrong(format_args!("the shares are {sum} % together"), "reserve at most 90 %");
        }
    }
}

settings! {
    /// The most parts in periods of the calendar (UTC), over all nodes.
    pub struct PartLimitsDocument {
        /// Parts a minute. Default: no limit.
        minute: Option<u32> = None, 1..=u32::MAX;
        /// Parts an hour. Default: no limit.
        hour: Option<u32> = None, 1..=u32::MAX;
        /// Parts a day. Default: no limit.
        day: Option<u32> = None, 1..=u32::MAX;
        /// Parts a month. Default: no limit.
        month: Option<u32> = None, 1..=u32::MAX;
    }
}

impl PartLimitsDocument {
    /// The limits.
    #[must_use]
    pub fn limits(&self) -> PartLimits {
        PartLimits([self.minute, self.hour, self.day, self.month].map(|most| most.map(u64::from)))
    }
}

settings! {
    /// When failed attempts are repeated. The waits are those before the second, third, ... attempt, and the last one repeats until the
    /// validity ends; each is up to a fifth longer, so that messages that failed together are spread. A schedule of a class goes
    /// before that of a kind of failure, and both before `waits`.
    pub struct RetryDocument {
        /// The waits after failures that have no schedule of their own. Default: `["2s", "5s", "15s", "45s", "2m", "5m", "10m",
        /// "15m"]`.
        waits: Option<Vec<Span>> = None;
        /// The most attempts at a message.
        attempts: u16 = ATTEMPTS_USUAL, 1..=1_000;
        /// Schedules for messages of class `emergency`. Default: none of its own.
        emergency: Option<ScheduleDocument> = None;
        /// Schedules for messages of class `otp`. Default: none of its own.
        otp: Option<ScheduleDocument> = None;
        /// Schedules for messages of class `transactional`. Default: none of its own.
        transactional: Option<ScheduleDocument> = None;
        /// Schedules for messages of class `marketing`. Default: none of its own.
        marketing: Option<ScheduleDocument> = None;
    }
    with {
        /// Schedules by kind of failure.
        schedules: FailureSchedules,
    }
}

settings! {
    /// Schedules for messages of one class.
    pub struct ScheduleDocument {
        /// The waits after failures that have no schedule here. Default: as for all classes.
        waits: Option<Vec<Span>> = None;
    }
    with {
        /// Schedules by kind of failure.
        schedules: FailureSchedules,
    }
}

settings! {
    /// Schedules by kind of failure.
    pub struct FailureSchedules {
        /// The waits after a temporary refusal. Default: `waits`.
        temporary: Option<Vec<Span>> = None;
        /// The waits after "queue full", which may be the recipient's. Default: `waits`.
        queue_full: Option<Vec<Span>> = None;
        /// The waits after the fifth "too fast" in a row. Default: `waits`.
        throttled: Option<Vec<Span>> = None;
        /// The waits after an answer that never came. Default: `waits`.
        unanswered: Option<Vec<Span>> = None;
    }
}

impl FailureSchedules {
    const fn of(&self, failure: Failure) -> Option<&Vec<Span>> {
        match failure {
            Failure::Temporary => self.temporary.as_ref(),
            Failure::QueueFull => self.queue_full.as_ref(),
            Failure::Throttled => self.throttled.as_ref(),
            Failure::Unanswered => self.unanswered.as_ref(),
        }
    }

    fn check(&self, notes: &Notes<'_>) {
        for (key, failure) in FAILURES {
            check_waits(self.of(failure), &notes.key(key));
        }
    }
}

/// The keys of schedules by kind of failure.
const FAILURES: [(&str, Failure); Failure::ALL.len()] = [
    ("temporary", Failure::Temporary),
    ("queue_full", Failure::QueueFull),
    ("throttled", Failure::Throttled),
    ("unanswered", Failure::Unanswered),
];

impl RetryDocument {
    const fn of_class(&self, class: Class) -> Option<&ScheduleDocument> {
        match class {
            Class::Emergency => self.emergency.as_ref(),
            Class::Otp => self.otp.as_ref(),
            Class::Transactional => self.transactional.as_ref(),
            Class::Marketing => self.marketing.as_ref(),
        }
    }

    /// Notes schedules that can't be kept.
    pub(crate) fn check(&self, notes: &Notes<'_>) {
        check_waits(self.waits.as_ref(), &notes.key("waits"));
        self.schedules.check(notes);
        for class in Class::ALL {
            if let Some(schedule) = self.of_class(class) {
                let notes = notes.key(class.word());
                check_waits(schedule.waits.as_ref(), &notes.key("waits"));
                schedule.schedules.check(&notes);
            }
        }
    }

    /// The schedules by class and kind of failure.
    #[must_use]
    pub fn retries(&self) -> Retries {
        let usual = self.waits.as_ref().map_or_else(usual_waits, |spans| waits(spans));
        let of = |class, failure| {
            let own = self.of_class(class);
            let schedule = own
                .and_then(|own| own.schedules.of(failure).or(own.waits.as_ref()))
                .or_else(|| self.schedules.of(failure));
            schedule.map_or_else(|| Arc::clone(&usual), |spans| waits(spans))
        };
        Retries {
            waits: Class::ALL.map(|class| Failure::ALL.map(|failure| of(class, failure))),
            attempts: self.attempts,
        }
    }
}

fn waits(spans: &[Span]) -> Waits {
    spans.iter().map(Span::get).collect()
}

fn check_waits(waits: Option<&Vec<Span>>, notes: &Notes<'_>) {
    let Some(waits) = waits else { return };
    crate::limit::Limit::hold(&AtMost(WAITS_MAX), waits, notes);
    if waits.is_empty() {
        notes.wrong("a schedule can't be empty", "write one wait at least, such as [\"30s\"]");
    }
    for (index, wait) in waits.iter().enumerate() {
        if !(Duration::from_secs(1)..=WAIT_MAX).contains(&wait.get()) {
            notes.index(index).wrong(format_args!("{wait} is out of range"), "write 1s to 7d");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::{Found, Mistake};
    use crate::setting::Setting;
    use crate::tree::Node;

    fn read(text: &str) -> (Option<RetryDocument>, Vec<String>) {
        let found = Found::default();
        let node: Node = toml::from_str(text).unwrap();
        let document = RetryDocument::read(&node, &found.notes());
        if let Some(document) = &document {
            document.check(&found.notes());
        }
        (document, found.into_mistakes().iter().map(Mistake::place).collect())
    }

    #[test]
    fn a_class_goes_before_a_failure_and_both_before_the_usual() {
        let text = "waits = ['10s']\nattempts = 5\nqueue_full = ['1m', '2m']\nunanswered = ['20s']\n\
            [otp]\nwaits = ['3s']\nqueue_full = ['4s']\n[marketing]\nthrottled = ['1h']";
        let (document, mistakes) = read(text);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let retries = document.unwrap().retries();
        for (class, failure, failed, seconds) in [
            (Class::Transactional, Failure::Temporary, 1, Some(10)),
            (Class::Transactional, Failure::QueueFull, 1, Some(60)),
            (Class::Transactional, Failure::QueueFull, 4, Some(120)),
            (Class::Transactional, Failure::QueueFull, 5, None),
            (Class::Otp, Failure::Temporary, 1, Some(3)),
            (Class::Otp, Failure::Unanswered, 1, Some(3)),
            (Class::Otp, Failure::QueueFull, 2, Some(4)),
            (Class::Marketing, Failure::Throttled, 1, Some(3_600)),
            (Class::Marketing, Failure::Temporary, 1, Some(10)),
        ] {
            let found = retries.wait(class, failure, failed).map(|wait| wait.as_secs());
            assert_eq!(found, seconds, "{class:?} {failure:?} {failed}");
        }
        assert_eq!(read("").0.unwrap().retries(), Retries::default());
    }

    #[test]
    fn a_schedule_that_cannot_be_kept_is_a_mistake() {
        for (text, place) in [
            ("waits = []", "waits"),
            ("waits = ['2s', '8d']", "waits[1]"),
            ("unanswered = ['0s']", "unanswered[0]"),
            ("[otp]\nqueue_full = ['10ms']", "otp.queue_full[0]"),
            ("attempts = 0", "attempts"),
            ("[otp]\nattempts = 3", "otp.attempts"),
        ] {
            assert_eq!(read(text).1, [place], "{text}");
        }
    }
}
