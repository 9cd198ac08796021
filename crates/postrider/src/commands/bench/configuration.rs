//! The configuration that the gateway is measured with: the one of the project or another, with what was asked for
//! otherwise on the command line.

use super::carrier::Spoken;
use super::inbound::To;
use super::provider;
use crate::failure::Failure;
use clap::Args;
use std::fs;
use toml::{Table, Value};

/// The configuration that all figures of the project are measured with.
const CONFIG: &str = include_str!("../../../../../bench/bench.toml");

/// The environment variable with the URL of a database.
const STORE: &str = "POSTRIDER_STORE";

/// The environment variable with the key of encryption, where that is switched on.
pub(super) const SEALING_KEY: &str = "POSTRIDER_BENCH_SEALING_KEY";

/// The tables in it that the command line can change.
const UPSTREAM: &[&str] = &["upstreams", "carrier"];
const NOISY: &[&str] = &["accounts", "bench"];
const QUIET: &[&str] = &["accounts", "quiet"];
const WEBHOOK: &[&str] = &["accounts", "bench", "webhook"];

/// Messages a second that go to the carrier where messages are to queue, unless another rate is asked for.
const QUEUEING_RATE: f64 = 1_000.0;

/// What is asked for otherwise of the upstream; `None` leaves what the configuration says. The fields have the names of
/// their options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Args)]
pub(super) struct Upstream {
    /// Messages that may be unanswered on a bind to the carrier, instead of the configuration's
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    upstream_window: Option<u16>,
    /// Binds to the carrier, instead of the configuration's
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    upstream_binds: Option<u16>,
    /// Messages a second that the gateway may send to the carrier, instead of the configuration's
    #[arg(long, value_name = "RATE", value_parser = rate)]
    upstream_rate: Option<f64>,
}

/// Features that are switched otherwise than the configuration says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Switches {
    /// Texts and secrets are encrypted in the store, with the key in [`SEALING_KEY`].
    pub(super) encryption: bool,
    /// No events are kept.
    pub(super) no_events: bool,
}

impl Switches {
    /// The configuration with these features switched.
    fn switch(self, text: &str) -> Result<String, Failure> {
        if self == Self::default() {
            return Ok(text.to_owned());
        }
        let unreadable = |error| Failure::usage(format!("the configuration can't be read: {error}"));
        let mut document: Table = text.parse().map_err(unreadable)?;
        let mut insert = |table: &str, name: &str, value: Value| {
            let table = document.entry(table).or_insert_with(|| Value::Table(Table::new()));
            table.as_table_mut().map(|table| table.insert(name.to_owned(), value))
        };
        if self.encryption {
            let key = Table::from_iter([("env".to_owned(), Value::String(SEALING_KEY.to_owned()))]);
            let keys = Table::from_iter([("bench".to_owned(), Value::Table(key))]);
            insert("encryption", "active", Value::String("bench".to_owned()));
            insert("encryption", "keys", Value::Table(keys));
        }
        if self.no_events {
            insert("retention", "events", Value::String("0s".to_owned()));
        }
        Ok(document.to_string())
    }
}

/// The text of the configuration to measure with.
pub(super) fn text(args: &super::Args) -> Result<String, Failure> {
    let text = match &args.config {
        None => args.inbound.map_or(CONFIG, To::configuration).to_owned(),
        Some(file) => fs::read_to_string(file)
            .map_err(|error| Failure::usage(format!("can't read {}: {error}", file.display())))?,
    };
    let queueing = args.noisy_neighbour.map(|_| QUEUEING_RATE);
    let upstream = Upstream { upstream_rate: args.upstream.upstream_rate.or(queueing), ..args.upstream };
    let text = match &args.provider {
        Some(preset) => sent_by_provider(&text, provider::upstream(preset, upstream.upstream_window)?)?,
        None => text,
    };
    let text = spoken(&text, args.carrier.spoken())?;
    let text = if args.postgres { shared(&text)? } else { text };
    let text = args.switches.switch(&text)?;
    let upstream =
        if args.provider.is_some() { Upstream { upstream_window: None, ..upstream } } else { upstream };
    if upstream == Upstream::default() && args.webhook_batch.is_none() && !args.urgent {
        return Ok(text);
    }
    changed(&text, upstream, args.webhook_batch, args.urgent)
}

/// The configuration with an upstream that speaks another protocol.
fn spoken(text: &str, spoken: Spoken) -> Result<String, Failure> {
    if spoken == Spoken::Smpp {
        return Ok(text.to_owned());
    }
    let unreadable = |error| Failure::usage(format!("the configuration can't be read: {error}"));
    let mut document: Table = text.parse().map_err(unreadable)?;
    let upstream = document.get_mut("upstreams").and_then(|upstreams| upstreams.get_mut("carrier"));
    let upstream = upstream.and_then(Value::as_table_mut);
    let missing = || Failure::usage("the configuration has no `upstreams.carrier`, whose protocol was given");
    spoken.adapt(upstream.ok_or_else(missing)?);
    Ok(document.to_string())
}

/// The configuration with its store in PostgreSQL.
fn shared(text: &str) -> Result<String, Failure> {
    let unreadable = |error| Failure::usage(format!("the configuration can't be read: {error}"));
    let mut document: Table = text.parse().map_err(unreadable)?;
    let node = document.entry("node").or_insert_with(|| Value::Table(Table::new()));
    let url = Table::from_iter([("env".to_owned(), Value::String(STORE.to_owned()))]);
    if let Some(node) = node.as_table_mut() {
        node.insert("store".to_owned(), Value::Table(url));
    }
    Ok(document.to_string())
}

/// The configuration with another upstream in the place of its carrier.
fn sent_by_provider(text: &str, upstream: Table) -> Result<String, Failure> {
    let unreadable = |error| Failure::usage(format!("the configuration can't be read: {error}"));
    let mut document: Table = text.parse().map_err(unreadable)?;
    let upstreams = Table::from_iter([("carrier".to_owned(), Value::Table(upstream))]);
    document.insert("upstreams".to_owned(), Value::Table(upstreams));
    Ok(document.to_string())
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if f64::is_finite(rate) && rate > 0.0 => Ok(rate),
        _ => Err("a number above 0 is needed".to_owned()),
    }
}

fn changed(
    text: &str,
    upstream: Upstream,
    webhook_batch: Option<u8>,
    urgent: bool,
) -> Result<String, Failure> {
    let mut document: Table =
        text.parse().map_err(|error| Failure::usage(format!("the configuration can't be read: {error}")))?;
    let integer = |number: u16| Value::Integer(number.into());
    let class = |class: &str| urgent.then(|| Value::String(class.to_owned()));
    let settings = [
        (UPSTREAM, "window", upstream.upstream_window.map(integer)),
        (UPSTREAM, "binds", upstream.upstream_binds.map(integer)),
        (UPSTREAM, "rate", upstream.upstream_rate.map(Value::Float)),
        (NOISY, "class", class("marketing")),
        (QUIET, "class", class("otp")),
        (WEBHOOK, "batch", webhook_batch.map(|events| integer(events.into()))),
    ];
    for (place, name, value) in settings {
        let Some(value) = value else { continue };
        let table = place.iter().try_fold(&mut document, |table, key| table.get_mut(*key)?.as_table_mut());
        let table = table.ok_or_else(|| {
            Failure::usage(format!("the configuration has no `{}`, whose {name} was given", place.join(".")))
        })?;
        table.insert(name.to_owned(), value);
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Or figures of the two could not be compared.
    #[test]
    fn the_configuration_for_postgresql_is_the_other_one_with_a_store() {
        let own: Table = CONFIG.parse().unwrap();
        let mut shared: Table = include_str!("../../../../../bench/bench-postgres.toml").parse().unwrap();
        let node: Table = "store = { env = 'POSTRIDER_STORE' }".parse().unwrap();
        assert_eq!(shared.remove("node").and_then(|node| node.as_table().cloned()), Some(node));
        assert_eq!(own, shared);
        let made: Table = super::shared(CONFIG).unwrap().parse().unwrap();
        let stored: Table = include_str!("../../../../../bench/bench-postgres.toml").parse().unwrap();
        assert_eq!(made, stored);
    }

    #[test]
    fn the_carrier_may_speak_older_protocols() {
        for (protocol, word, login) in [(Spoken::Ucp, "ucp", "login"), (Spoken::Cimd2, "cimd2", "user")] {
            let document: Table = spoken(CONFIG, protocol).unwrap().parse().unwrap();
            let carrier = &document["upstreams"]["carrier"];
            assert_eq!(
                (carrier["protocol"].as_str(), carrier[login].as_str()),
                (Some(word), Some("carrier"))
            );
            assert!(carrier.get("system_id").is_none());
        }
        assert_eq!(spoken(CONFIG, Spoken::Smpp).unwrap(), CONFIG);
    }

    #[test]
    fn features_are_switched() {
        let switched = |encryption, no_events| -> Table {
            Switches { encryption, no_events }.switch(CONFIG).unwrap().parse().unwrap()
        };
        let encrypted = switched(true, false);
        assert_eq!(encrypted["encryption"]["active"].as_str(), Some("bench"));
        assert_eq!(encrypted["encryption"]["keys"]["bench"]["env"].as_str(), Some(SEALING_KEY));
        assert_eq!(switched(false, true)["retention"]["events"].as_str(), Some("0s"));
        assert_eq!(switched(false, false), CONFIG.parse().unwrap());
    }

    #[test]
    fn only_what_is_asked_for_of_the_upstream_is_changed() {
        let upstream =
            Upstream { upstream_window: Some(1_000), upstream_binds: Some(1), upstream_rate: Some(0.5) };
        let mut changed: Table = changed(CONFIG, upstream, None, false).unwrap().parse().unwrap();
        let mut own: Table = CONFIG.parse().unwrap();
        let take = |document: &mut Table, name: &str| {
            document.get_mut("upstreams").unwrap()["carrier"].as_table_mut().unwrap().remove(name)
        };
        for (name, value) in [("window", 1_000.into()), ("binds", 1.into()), ("rate", 0.5.into())] {
            assert_eq!(take(&mut changed, name), Some(value));
            take(&mut own, name);
        }
        assert_eq!(changed, own);
    }

    #[test]
    fn events_of_a_webhook_can_be_changed() {
        let changed: Table = changed(CONFIG, Upstream::default(), Some(100), true).unwrap().parse().unwrap();
        assert_eq!(changed["accounts"]["bench"]["webhook"]["batch"], 100.into());
        assert_eq!(changed["accounts"]["bench"]["class"], "marketing".into());
        assert_eq!(changed["accounts"]["quiet"]["class"], "otp".into());
    }

    #[test]
    fn a_rate_is_above_0() {
        assert_eq!(rate("0.5"), Ok(0.5));
        assert!(["0", "-1", "inf", "nan", "x"].iter().all(|text| rate(text).is_err()));
    }

    #[test]
    fn an_upstream_of_another_name_cannot_be_changed() {
        let failure = changed(
            "[upstreams.other]\n",
            Upstream { upstream_binds: Some(1), ..Upstream::default() },
            None,
            false,
        )
        .unwrap_err();
        assert!(failure.what.contains("no `upstreams.carrier`"), "{}", failure.what);
    }
}
