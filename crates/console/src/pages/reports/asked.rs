//! What a report is asked for. All of it is in the address.

use crate::api::with_query;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Who;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The lengths of time, in days. The first are shown hour by hour, the others day by day.
const SPANS: [(&str, i64); 5] = [("24h", 1), ("3d", 3), ("7d", 7), ("30d", 30), ("90d", 90)];
/// The longest time that is shown hour by hour, in days.
const HOURLY_MAX: i64 = 3;
/// What messages are broken down by. The first two are nothing for whoever sees one account.
const DIMENSIONS: [&str; 5] = ["account", "upstream", "country", "network", "sender"];
/// The filters, as the API calls them.
const FILTERS: [&str; 5] = DIMENSIONS;

/// What a report is asked for.
pub(super) struct Asked {
    span: &'static str,
    days: i64,
    by: &'static str,
    filters: [String; 5],
    sees_all: bool,
}

impl Asked {
    pub(super) fn read(query: &str, who: &Who) -> Self {
        let form = Form::read(query.as_bytes());
        Self::of(&form, who.sees_all())
    }

    fn of(form: &Form, sees_all: bool) -> Self {
        let (span, days) =
            SPANS.into_iter().find(|(span, _)| *span == form.get("span")).unwrap_or(("24h", 1));
        let offered = if sees_all { &DIMENSIONS[..] } else { &DIMENSIONS[2..] };
        let by = offered.iter().find(|by| **by == form.get("by")).unwrap_or(&offered[0]);
        Self { span, days, by, filters: FILTERS.map(|name| form.get(name).to_owned()), sees_all }
    }

    /// What is asked for if nothing is said, for tests.
    #[cfg(test)]
    pub(super) fn usual() -> Self {
        Self::of(&Form::default(), true)
    }

    pub(super) fn by(&self) -> &'static str {
        self.by
    }

    pub(super) fn is_hourly(&self) -> bool {
        self.days <= HOURLY_MAX
    }

    /// The step of time, as the API calls it.
    pub(super) fn step_word(&self) -> &'static str {
        if self.is_hourly() { "hour" } else { "day" }
    }

    /// The length of a step of time.
    pub(super) fn step(&self) -> SignedDuration {
        SignedDuration::from_hours(if self.is_hourly() { 1 } else { 24 })
    }

    /// The beginning of the first step. Hours and days are those of UTC, as reports count them.
    pub(super) fn since(&self, now: Timestamp) -> Timestamp {
        let now = now.to_zoned(TimeZone::UTC);
        let begun = match self.is_hourly() {
            true => now.start_of_day().and_then(|day| day.checked_add(i64::from(now.hour()).hours())),
            false => now.start_of_day(),
        };
        let steps = if self.is_hourly() { self.days * 24 } else { self.days };
        begun.map_or(Timestamp::UNIX_EPOCH, |begun| begun.timestamp() - self.step() * as_i32(steps - 1))
    }

    /// The filters, as the API takes them.
    pub(super) fn filters(&self) -> Vec<(&'static str, &str)> {
        FILTERS.into_iter().zip(self.filters.iter().map(String::as_str)).collect()
    }

    pub(super) fn filter(&self, name: &str) -> &str {
        FILTERS.iter().position(|filter| *filter == name).map_or("", |at| &self.filters[at])
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.filters.iter().any(|filter| !filter.is_empty())
    }

    /// The address of a page with all of it.
    pub(super) fn address(&self, path: &str) -> String {
        let mut query = self.filters();
        query.extend([("span", self.span), ("by", self.by)]);
        with_query(path, &query)
    }

    /// The address of the page about one line of the breakdown, broken down further.
    pub(super) fn narrowed(&self, value: &str) -> String {
        let next = match self.by {
            "account" | "sender" => "country",
            "upstream" | "country" => "network",
            _ if self.sees_all => "upstream",
            _ => "sender",
        };
        let mut query = self.filters();
        query.retain(|(name, _)| *name != self.by);
        query.extend([(self.by, value), ("span", self.span), ("by", next)]);
        with_query("/console/reports", &query)
    }

    /// The lengths of time, with whether each is chosen.
    pub(super) fn spans<'f>(&self, frame: &'f Frame) -> Vec<(&'static str, &'f str, bool)> {
        let label = |span| match span {
            "24h" => frame.t("24 hours"),
            "3d" => frame.t("3 days"),
            "7d" => frame.t("7 days"),
            "30d" => frame.t("30 days"),
            _ => frame.t("90 days"),
        };
        SPANS.into_iter().map(|(span, _)| (span, label(span), span == self.span)).collect()
    }

    /// What it can be broken down by, with whether each is chosen.
    pub(super) fn dimensions<'f>(&self, frame: &'f Frame) -> Vec<(&'static str, &'f str, bool)> {
        let offered = if self.sees_all { &DIMENSIONS[..] } else { &DIMENSIONS[2..] };
        offered.iter().map(|by| (*by, label(by, frame), *by == self.by)).collect()
    }

    /// The name of what it is broken down by.
    pub(super) fn label<'f>(&self, frame: &'f Frame) -> &'f str {
        label(self.by, frame)
    }
}

fn as_i32(steps: i64) -> i32 {
    i32::try_from(steps).unwrap_or(0)
}

fn label<'f>(dimension: &str, frame: &'f Frame) -> &'f str {
    match dimension {
        "account" => frame.t("Account"),
        "upstream" => frame.t("Upstream"),
        "country" => frame.t("Country"),
        "network" => frame.t("Network"),
        _ => frame.t("Sender"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str, sees_all: bool) -> Asked {
        Asked::of(&Form::read(query.as_bytes()), sees_all)
    }

    #[test]
    fn a_report_begins_with_a_whole_hour_or_day_of_utc() {
        let now: Timestamp = "2030-01-31T09:41:07Z".parse().unwrap();
        for (query, since) in [
            ("", "2030-01-30T10:00:00Z"),
            ("span=3d", "2030-01-28T10:00:00Z"),
            ("span=7d", "2030-01-25T00:00:00Z"),
            ("span=1000d", "2030-01-30T10:00:00Z"),
        ] {
            assert_eq!(asked(query, true).since(now).to_string(), since, "{query}");
        }
    }

    #[test]
    fn a_customer_is_shown_nothing_of_others() {
        assert_eq!(
            (asked("by=upstream", true).by(), asked("by=upstream", false).by()),
            ("upstream", "country")
        );
    }

    #[test]
    fn a_line_leads_to_a_narrower_report() {
        let one = asked("span=7d&by=country&account=shop", true).narrowed("GB");
        assert_eq!(one, "/console/reports?account=shop&country=GB&span=7d&by=network");
        assert_eq!(
            asked("by=network", false).narrowed("23410"),
            "/console/reports?network=23410&span=24h&by=sender"
        );
    }
}
