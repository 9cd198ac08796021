//! The selection of traffic in a query.

use super::RECENT_MAX;
use crate::rest::Rest;
use crate::rest::problem::Problem;
use crate::rest::query;
use postrider_core::number::Number;
use postrider_core::rules::Rules;
use postrider_declare::suggest;
use postrider_trace::Wanted;
use std::time::Duration;
use utoipa::IntoParams;

/// The default length of a live view.
const SPAN: Duration = Duration::from_mins(1);
/// The longest live view.
const SPAN_MAX: Duration = Duration::from_mins(10);
/// The default number of recorded PDUs that are shown.
const LIMIT: usize = 500;

/// The names of the parameters of each operation.
pub(super) const LIVE: [&str; 5] = ["upstream", "account", "number", "unmask", "seconds"];
pub(super) const RECENT: [&str; 5] = ["upstream", "account", "number", "unmask", "limit"];
pub(super) const PCAP: [&str; 4] = ["upstream", "account", "number", "unmask"];

/// The traffic to be followed. With an upstream and an account, the traffic of both; a number narrows it. One of the three is required.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct LiveQuery {
    /// An upstream's name: its links.
    upstream: Option<String>,
    /// An account's name: its sessions.
    account: Option<String>,
    /// A number: requests from or to it, and their answers. Write its `+` as `%2B`, or leave it out.
    number: Option<String>,
    /// Whether texts and numbers are shown in the clear; the log records that. Default: false.
    unmask: Option<bool>,
    /// The length of the trace in seconds, 1 to 600. Default: 60.
    #[param(minimum = 1, maximum = 600)]
    seconds: Option<u64>,
}

/// The traffic to be shown. With an upstream and an account, the traffic of both; a number narrows it. One of the three is required.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct RecentQuery {
    /// An upstream's name: its links.
    upstream: Option<String>,
    /// An account's name: its sessions.
    account: Option<String>,
    /// A number: requests from or to it, and their answers. Write its `+` as `%2B`, or leave it out.
    number: Option<String>,
    /// Whether texts and numbers are shown in the clear; the log records that. Default: false.
    unmask: Option<bool>,
    /// The most PDUs to show, 1 to 10,000; the newest are shown. Default: 500.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<usize>,
}

/// The traffic to be downloaded. With an upstream and an account, the traffic of both; a number narrows it. One of the three is required.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct PcapQuery {
    /// An upstream's name: its links.
    upstream: Option<String>,
    /// An account's name: its sessions.
    account: Option<String>,
    /// A number: requests from or to it, and their answers. Write its `+` as `%2B`, or leave it out.
    number: Option<String>,
    /// Whether texts and numbers are in the clear; the log records that. Default: false.
    unmask: Option<bool>,
}

/// The traffic to show, and how.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) wanted: Wanted,
    pub(super) number: Option<Number>,
    pub(super) unmask: bool,
    pub(super) span: Duration,
    pub(super) limit: usize,
}

impl Selection {
    /// Reads the query of an operation with these parameters.
    ///
    /// # Errors
    /// A parameter is wrong, or names an upstream or account that doesn't exist.
    pub(super) fn read(query: &str, known: &[&str], rest: &Rest) -> Result<Self, Problem> {
        let selection = Self::parse(query, known)?;
        let rules = rest.live.rules();
        selection.must_exist(&rules)?;
        Ok(selection)
    }

    fn parse(query: &str, known: &[&str]) -> Result<Self, Problem> {
        let limit = if known.contains(&"limit") { LIMIT } else { RECENT_MAX };
        let mut selection =
            Self { wanted: Wanted::default(), number: None, unmask: false, span: SPAN, limit };
        for (name, value) in query::pairs(query, known)? {
            let wrong = |detail: &str| query::wrong(&name, detail);
            match name.as_str() {
                "upstream" => selection.wanted.upstream = Some(value.into()),
                "account" => selection.wanted.account = Some(value.into()),
                "number" => {
                    let number = Number::parse(&value).map_err(|error| wrong(&error.to_string()))?;
                    selection.wanted.number = Some(number.digits().to_string().into());
                    selection.number = Some(number);
                }
                "unmask" => selection.unmask = value.parse().map_err(|_| wrong("must be true or false"))?,
                "limit" => selection.limit = query::limit(&value, RECENT_MAX)?,
                _ => {
                    let span = value.parse().ok().map(Duration::from_secs);
                    let span = span.filter(|span| (Duration::from_secs(1)..=SPAN_MAX).contains(span));
                    selection.span = span.ok_or_else(|| {
                        wrong(&format!("must be a number from 1 to {}", SPAN_MAX.as_secs()))
                    })?;
                }
            }
        }
        if selection.wanted == Wanted::default() {
            let detail = "give an upstream, an account or a number to trace";
            return Err(Problem::bad("invalid_parameter", detail).at("upstream"));
        }
        Ok(selection)
    }

    fn must_exist(&self, rules: &Rules) -> Result<(), Problem> {
        let Wanted { upstream, account, .. } = &self.wanted;
        known("upstream", upstream.as_deref(), rules.upstreams().map(|upstream| &*upstream.name))?;
        known("account", account.as_deref(), rules.accounts().map(|account| &*account.name))
    }
}

fn known<'a>(what: &str, name: Option<&str>, names: impl Iterator<Item = &'a str>) -> Result<(), Problem> {
    let Some(name) = name else { return Ok(()) };
    let names: Vec<&str> = names.collect();
    if names.contains(&name) {
        return Ok(());
    }
    let meant = suggest(name, names);
    let meant = meant.map_or_else(String::new, |meant| format!("; did you mean '{meant}'?"));
    Err(Problem::not_found(format!("there is no {what} '{name}'{meant}")).at(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_arrives() {
        let selection = Selection::parse(
            "upstream=acme&account=shop&number=%2B49+170+0000001&unmask=true&seconds=600",
            &LIVE,
        );
        let selection = selection.unwrap();
        let wanted = Wanted {
            upstream: Some("acme".into()),
            account: Some("shop".into()),
            number: Some("491700000001".into()),
        };
        assert_eq!((selection.wanted, selection.unmask, selection.span), (wanted, true, SPAN_MAX));
        let selection = Selection::parse("upstream=acme", &LIVE).unwrap();
        assert_eq!((selection.unmask, selection.span), (false, SPAN));
        assert_eq!(Selection::parse("account=shop&limit=7", &RECENT).unwrap().limit, 7);
        assert_eq!(Selection::parse("account=shop", &PCAP).unwrap().limit, RECENT_MAX);
    }

    #[test]
    fn errors_name_the_parameter() {
        for (query, field) in [
            ("", "upstream"),
            ("seconds=5", "upstream"),
            ("upstream=acme&seconds=0", "seconds"),
            ("upstream=acme&seconds=601", "seconds"),
            ("upstream=acme&unmask=please", "unmask"),
            ("number=0170", "number"),
            ("upstream=acme&limit=5", "limit"),
        ] {
            let problem = Selection::parse(query, &LIVE).unwrap_err();
            assert_eq!(problem.field.as_deref(), Some(field), "{query}");
        }
    }
}
