//! What somebody asks to see.

use super::RECENT_MAX;
use crate::resource::suggest;
use crate::rest::Rest;
use crate::rest::problem::Problem;
use crate::rest::query;
use postrider_core::number::Number;
use postrider_core::rules::Rules;
use postrider_trace::Wanted;
use std::time::Duration;
use utoipa::IntoParams;

/// How long a live view lasts, when nothing is said, and at most.
const SPAN: Duration = Duration::from_mins(1);
const SPAN_MAX: Duration = Duration::from_mins(10);
/// PDUs that are shown of what was recorded, when nothing is said.
const RECENT: usize = 500;

/// The names of the parameters of each operation.
pub(super) const LIVE: [&str; 5] = ["upstream", "account", "number", "unmask", "seconds"];
pub(super) const RECENT_NAMES: [&str; 5] = ["upstream", "account", "number", "unmask", "limit"];
pub(super) const PCAP: [&str; 4] = ["upstream", "account", "number", "unmask"];

/// What is followed. An upstream and an account together are both; a number narrows them. One of the three is needed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(in crate::rest) struct LiveQuery {
    /// The links of the upstream with this name.
    upstream: Option<String>,
    /// The sessions of the account with this name.
    account: Option<String>,
    /// Requests from or to this number and their answers; its `+` is written `%2B` or left out.
    number: Option<String>,
    /// Whether texts and numbers are shown, which the log records. Default: false.
    unmask: Option<bool>,
    /// How long, 1 to 600. Default: 60.
    #[param(minimum = 1, maximum = 600)]
    seconds: Option<u64>,
}

/// What is shown. An upstream and an account together are both; a number narrows them. One of the three is needed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(in crate::rest) struct RecentQuery {
    /// The links of the upstream with this name.
    upstream: Option<String>,
    /// The sessions of the account with this name.
    account: Option<String>,
    /// Requests from or to this number and their answers; its `+` is written `%2B` or left out.
    number: Option<String>,
    /// Whether texts and numbers are shown, which the log records. Default: false.
    unmask: Option<bool>,
    /// How many PDUs at most, the newest, 1 to 10,000. Default: 500.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<usize>,
}

/// What is in the file. An upstream and an account together are both; a number narrows them. One of the three is needed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(in crate::rest) struct PcapQuery {
    /// The links of the upstream with this name.
    upstream: Option<String>,
    /// The sessions of the account with this name.
    account: Option<String>,
    /// Requests from or to this number and their answers; its `+` is written `%2B` or left out.
    number: Option<String>,
    /// Whether texts and numbers are in it, which the log records. Default: false.
    unmask: Option<bool>,
}

/// What somebody asks to see, understood.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) wanted: Wanted,
    pub(super) number: Option<Number>,
    pub(super) unmask: bool,
    pub(super) span: Duration,
    pub(super) limit: usize,
}

impl Asked {
    /// Reads a query of an operation that knows these names. What it names must be there.
    pub(super) fn read(query: &str, known: &[&str], rest: &Rest) -> Result<Self, Problem> {
        let asked = Self::parse(query, known)?;
        let rules = rest.live.rules();
        asked.must_exist(&rules)?;
        Ok(asked)
    }

    fn parse(query: &str, known: &[&str]) -> Result<Self, Problem> {
        let limit = if known.contains(&"limit") { RECENT } else { RECENT_MAX };
        let mut asked = Self { wanted: Wanted::default(), number: None, unmask: false, span: SPAN, limit };
        for (name, value) in query::pairs(query, known)? {
            let wrong = |detail: &str| query::wrong(&name, detail);
            match name.as_str() {
                "upstream" => asked.wanted.upstream = Some(value.into()),
                "account" => asked.wanted.account = Some(value.into()),
                "number" => {
                    let number = Number::parse(&value).map_err(|error| wrong(&error.to_string()))?;
                    asked.wanted.number = Some(number.digits().to_string().into());
                    asked.number = Some(number);
                }
                "unmask" => asked.unmask = value.parse().map_err(|_| wrong("write true or false"))?,
                "limit" => asked.limit = query::limit(&value, RECENT_MAX)?,
                _ => {
                    let span = value.parse().ok().map(Duration::from_secs);
                    let span = span.filter(|span| (Duration::from_secs(1)..=SPAN_MAX).contains(span));
                    asked.span = span.ok_or_else(|| {
                        wrong(&format!("a number from 1 to {} is needed", SPAN_MAX.as_secs()))
                    })?;
                }
            }
        }
        if asked.wanted == Wanted::default() {
            let detail = "say what to look at: an upstream, an account or a number";
            return Err(Problem::bad("invalid_parameter", detail).at("upstream"));
        }
        Ok(asked)
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
    fn everything_that_is_asked_arrives() {
        let asked = Asked::parse(
            "upstream=acme&account=shop&number=%2B49+170+0000001&unmask=true&seconds=600",
            &LIVE,
        );
        let asked = asked.unwrap();
        let wanted = Wanted {
            upstream: Some("acme".into()),
            account: Some("shop".into()),
            number: Some("491700000001".into()),
        };
        assert_eq!((asked.wanted, asked.unmask, asked.span), (wanted, true, SPAN_MAX));
        let asked = Asked::parse("upstream=acme", &LIVE).unwrap();
        assert_eq!((asked.unmask, asked.span), (false, SPAN));
        assert_eq!(Asked::parse("account=shop&limit=7", &RECENT_NAMES).unwrap().limit, 7);
        assert_eq!(Asked::parse("account=shop", &PCAP).unwrap().limit, RECENT_MAX);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, field) in [
            ("", "upstream"),
            ("seconds=5", "upstream"),
            ("upstream=acme&seconds=0", "seconds"),
            ("upstream=acme&seconds=601", "seconds"),
            ("upstream=acme&unmask=please", "unmask"),
            ("number=0170", "number"),
            ("upstream=acme&limit=5", "limit"),
        ] {
            let problem = Asked::parse(query, &LIVE).unwrap_err();
            assert_eq!(problem.field.as_deref(), Some(field), "{query}");
        }
    }
}
