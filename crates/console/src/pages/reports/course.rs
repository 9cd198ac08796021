//! What became of messages step by step, with its charts. What is on a chart is in the table behind it.

use super::asked::Asked;
use super::line::{Latency, Line, Report, percent};
use crate::chart::{self, Bar, Gapped};
use crate::frame::Frame;
use crate::texts::fill;
use crate::when;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An hour or a day.
pub(super) struct Step {
    /// Its beginning, in UTC: `2030-01-31`, `01-31 09:00`.
    pub(super) label: String,
    pub(super) messages: u64,
    pub(super) delivered: u64,
    pub(super) latency: Option<Latency>,
}

impl Step {
    pub(super) fn percent(&self) -> Option<f64> {
        (self.messages > 0).then(|| percent(self.delivered, self.messages))
    }
}

/// Hours or days, the first one first. Those without messages are there, too.
pub(super) struct Course {
    pub(super) steps: Vec<Step>,
}

impl Course {
    pub(super) fn of(report: &Report, asked: &Asked, now: Timestamp) -> Self {
        let form = if asked.is_hourly() { "%m-%d %H:%M" } else { "%Y-%m-%d" };
        let mut steps = Vec::new();
        let mut begins = asked.since(now);
        while begins <= now {
            let is_of_it = |line: &&Line| {
                let at = line.hour.as_deref().or(line.day.as_deref()).and_then(when::read);
                at == Some(begins)
            };
            steps.push(step(
                begins.to_zoned(TimeZone::UTC).strftime(form).to_string(),
                report.lines.iter().filter(is_of_it),
            ));
            begins += asked.step();
        }
        Self { steps }
    }

    /// The top of the scale of messages.
    #[expect(clippy::cast_precision_loss, reason = "it is a label")]
    fn top(&self) -> f64 {
        chart::top(self.steps.iter().map(|step| step.messages).max().unwrap_or(0).max(1) as f64)
    }

    pub(super) fn top_label(&self, frame: &Frame) -> String {
        frame.decimal(self.top())
    }

    /// Messages, delivered and not.
    pub(super) fn volume(&self, frame: &Frame) -> String {
        let words = frame.t("{0} messages, {1} delivered");
        let bar = |step: &Step| {
            let told = fill(words, &[&frame.number(step.messages), &frame.number(step.delivered)]);
            let title = format!("{}: {told}", step.label);
            Bar { title, well: step.delivered, rest: step.messages.saturating_sub(step.delivered) }
        };
        chart::bars(&self.steps.iter().map(bar).collect::<Vec<_>>(), self.top())
    }

    /// The share of delivered messages.
    pub(super) fn shares(&self) -> String {
        let values = self.steps.iter().map(Step::percent).collect();
        chart::gapped(&[Gapped { class: "one", values }], 100.0)
    }

    /// The top of the scale of times to delivery, in seconds.
    fn top_seconds(&self) -> f64 {
        let most = self.steps.iter().filter_map(|step| step.latency).map(|latency| latency.p99_seconds());
        chart::top(most.fold(0.0, f64::max))
    }

    pub(super) fn top_seconds_label(&self, frame: &Frame) -> String {
        frame.decimal(self.top_seconds())
    }

    /// The median and the 99th percentile of the time to delivery.
    pub(super) fn times(&self) -> String {
        let line = |class, of: fn(&Latency) -> f64| Gapped {
            class,
            values: self.steps.iter().map(|step| step.latency.as_ref().map(of)).collect(),
        };
        let lines = [line("one", Latency::median_seconds), line("three", Latency::p99_seconds)];
        chart::gapped(&lines, self.top_seconds())
    }

    pub(super) fn first(&self) -> &str {
        self.steps.first().map_or("", |step| &step.label)
    }

    pub(super) fn last(&self) -> &str {
        self.steps.last().map_or("", |step| &step.label)
    }
}

/// A step of these lines, one for each currency.
fn step<'l>(label: String, lines: impl Iterator<Item = &'l Line>) -> Step {
    let lines: Vec<&Line> = lines.collect();
    Step {
        label,
        messages: lines.iter().map(|line| line.messages).sum(),
        delivered: lines.iter().map(|line| line.delivered).sum(),
        // Percentiles can't be added up: of several currencies, those of the one with the most messages are shown.
        latency: lines.iter().max_by_key(|line| line.messages).and_then(|line| line.latency),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_hour_is_a_step_and_currencies_are_added_up() {
        let line = |hour: &str, messages, delivered, currency: &str| {
            json!({ "hour": hour, "messages": messages, "parts": messages, "delivered": delivered, "currency": currency,
                "latency": { "p50": 1000, "p90": 2000, "p99": 4000 } })
        };
        let lines = json!({ "since": "", "until": "", "lines": [
            line("2030-01-30T10:00:00.000Z", 4, 2, "EUR"),
            line("2030-01-31T09:00:00.000Z", 3, 3, "EUR"), line("2030-01-31T09:00:00.000Z", 1, 0, "USD"),
        ] });
        let now = "2030-01-31T09:41:07Z".parse().unwrap();
        let course = Course::of(&serde_json::from_value(lines).unwrap(), &Asked::usual(), now);
        assert_eq!(course.steps.len(), 24);
        let (first, last) = (&course.steps[0], &course.steps[23]);
        assert_eq!((&*first.label, first.messages, first.percent()), ("01-30 10:00", 4, Some(50.0)));
        assert_eq!((&*last.label, last.messages, last.delivered), ("01-31 09:00", 4, 3));
        assert!(first.latency.is_some() && last.latency.is_some());
        assert_eq!(course.steps[1].percent(), None);
    }
}
