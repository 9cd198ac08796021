//! Upstreams by networks, with what became of their messages.

use crate::api::with_query;
use crate::pages::reports::{Line, SAMPLES_MIN, percent};
use crate::words::Tone;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most networks of a page.
const ROWS_MAX: usize = 60;
/// A fall of the share by so many points is a doubt.
const DOUBT: f64 = 5.0;
/// A fall by so many is bad.
const BAD: f64 = 15.0;
/// A change by less is none.
const STEADY: f64 = 1.0;

/// What became of the messages that an upstream had for a network.
pub(super) struct Cell {
    pub(super) messages: u64,
    pub(super) delivered: u64,
    /// The median seconds to delivery.
    pub(super) seconds: Option<f64>,
    /// Messages of which nothing was heard in the end.
    pub(super) silent: u64,
    /// The points by which its share is above its share of the week.
    pub(super) change: Option<f64>,
    /// The address of the report about it.
    pub(super) address: String,
}

/// A network, or a country where the network isn't known.
pub(super) struct Row {
    pub(super) country: String,
    pub(super) network: String,
    pub(super) cells: Vec<Option<Cell>>,
    messages: u64,
}

/// Upstreams by networks; the networks with the most messages first.
pub(super) struct Matrix {
    pub(super) upstreams: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// How many networks are left out.
    pub(super) left_out: usize,
}

/// The upstream, the country and the network of a line.
type Key = [String; 3];

impl Cell {
    fn of([upstream, country, network]: &Key, lines: &[Line], before: Option<&Vec<Line>>) -> Self {
        let (messages, delivered) = sums(lines);
        let change = before.and_then(|before| {
            let (all, well) = sums(before);
            let is_enough = messages >= SAMPLES_MIN && all >= SAMPLES_MIN;
            is_enough.then(|| percent(delivered, messages) - percent(well, all))
        });
        let silent = lines.iter().map(|line| line.states.get("unknown").copied().unwrap_or(0)).sum();
        let about = [("upstream", &**upstream), ("country", country), ("network", network), ("by", "sender")];
        Self {
            messages,
            delivered,
            seconds: lines.iter().find_map(|line| line.latency).map(|latency| latency.median_seconds()),
            silent,
            change: change.filter(|change| change.abs() >= STEADY),
            address: with_query("/console/reports", &about),
        }
    }

    /// Whether there are enough messages for a verdict.
    pub(super) fn has_verdict(&self) -> bool {
        self.messages >= SAMPLES_MIN
    }

    /// How it stands against the week before.
    pub(super) fn tone(&self) -> &'static str {
        let tone = match self.change {
            _ if !self.has_verdict() => Tone::Quiet,
            Some(change) if change <= -BAD => Tone::Bad,
            Some(change) if change <= -DOUBT => Tone::Doubt,
            _ => Tone::Good,
        };
        tone.class()
    }
}

fn sums(lines: &[Line]) -> (u64, u64) {
    (lines.iter().map(|line| line.messages).sum(), lines.iter().map(|line| line.delivered).sum())
}

/// Lines by what they are about; there is one for each currency.
fn by_key(lines: Vec<Line>) -> BTreeMap<Key, Vec<Line>> {
    let mut sorted = BTreeMap::<Key, Vec<Line>>::new();
    for line in lines {
        let key = ["upstream", "country", "network"].map(|dimension| line.value(dimension).to_owned());
        // What no upstream had is nobody's quality.
        if !key[0].is_empty() {
            sorted.entry(key).or_default().push(line);
        }
    }
    sorted
}

impl Matrix {
    /// Of what became of messages lately, and in the week.
    pub(super) fn of(lately: Vec<Line>, week: Vec<Line>) -> Self {
        let (lately, week) = (by_key(lately), by_key(week));
        let mut upstreams: Vec<String> = lately.keys().map(|[upstream, ..]| upstream.clone()).collect();
        upstreams.dedup();
        let mut rows = BTreeMap::<(String, String), Row>::new();
        for (key, lines) in &lately {
            let [upstream, country, network] = key;
            let row = rows.entry((country.clone(), network.clone())).or_insert_with(|| Row {
                country: country.clone(),
                network: network.clone(),
                cells: upstreams.iter().map(|_| None).collect(),
                messages: 0,
            });
            let cell = Cell::of(key, lines, week.get(key));
            row.messages += cell.messages;
            if let Some(at) = upstreams.iter().position(|name| name == upstream) {
                row.cells[at] = Some(cell);
            }
        }
        let mut rows: Vec<Row> = rows.into_values().collect();
        rows.sort_by_key(|row| Reverse(row.messages));
        let left_out = rows.len().saturating_sub(ROWS_MAX);
        rows.truncate(ROWS_MAX);
        Self { upstreams, rows, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(upstream: &str, network: &str, messages: u64, delivered: u64) -> Line {
        Line {
            upstream: Some(upstream.to_owned()),
            country: Some("GB".to_owned()),
            network: Some(network.to_owned()),
            messages,
            delivered,
            ..Line::default()
        }
    }

    #[test]
    fn upstreams_are_compared_network_by_network_with_their_week() {
        let lately = vec![
            line("acme", "23410", 100, 80),
            line("best", "23410", 20, 20),
            line("acme", "23415", 900, 890),
            line("", "23410", 5, 0),
        ];
        let week = vec![line("acme", "23410", 1_000, 970), line("acme", "23415", 9_000, 8_880)];
        let matrix = Matrix::of(lately, week);
        assert_eq!((matrix.upstreams.join(" ").as_str(), matrix.rows.len()), ("acme best", 2));
        let [busy, other] = &matrix.rows[..] else { panic!("two networks") };
        assert_eq!((&*busy.network, busy.cells[1].is_none()), ("23415", true));
        let cell = |at: usize| other.cells[at].as_ref().unwrap();
        assert_eq!((cell(0).tone(), cell(0).change.map(f64::round)), ("bad", Some(-17.0)));
        assert_eq!((cell(1).tone(), cell(1).has_verdict()), ("quiet", false));
        assert_eq!(busy.cells[0].as_ref().unwrap().change, None, "it is steady");
        assert!(cell(0).address.contains("upstream=acme&country=GB&network=23410"));
    }
}
