//! What turns come to: means, and the ratio of one program's figures to the other's. Numbers only; nothing is measured here.

use crate::commands::bench::figures::{mebibytes, whole};
use serde_json::{Map, Value};

/// How many figures are compared.
const COUNT: usize = 5;

/// The figures, as the table's heading says. CPU is in seconds for 100,000 messages.
pub(super) const HEADING: [&str; COUNT] =
    ["accepted/s", "complete/s", "CPU s/100k", "db CPU s/100k", "peak memory"];

/// Their names in JSON, in the same order.
const NAMES: [&str; COUNT] = [
    "accepted_per_second",
    "complete_per_second",
    "gateway_cpu_seconds_per_100000",
    "database_cpu_seconds_per_100000",
    "gateway_peak_bytes",
];

/// A value for each figure, in the order of the heading; `None` where it was not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Values(pub(super) [Option<f64>; COUNT]);

/// One program's figures divided by the other's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ratios(Values);

/// The turns so far: this program's figures, and the other's.
#[derive(Debug, Default)]
pub(super) struct Comparison(Vec<(Values, Values)>);

impl Comparison {
    /// Adds a turn.
    pub(super) fn turn(&mut self, this: Values, other: Values) {
        self.0.push((this, other));
    }

    /// The mean of each figure, for this program and for the other.
    pub(super) fn means(&self) -> (Values, Values) {
        (mean(self.0.iter().map(|turn| turn.0)), mean(self.0.iter().map(|turn| turn.1)))
    }

    /// The means of this program divided by those of the other.
    pub(super) fn ratios(&self) -> Ratios {
        let (this, other) = self.means();
        Ratios(this.divided(other))
    }

    /// The least and the greatest ratio of any turn, for each figure by itself.
    pub(super) fn range(&self) -> (Ratios, Ratios) {
        let ratios = || self.0.iter().map(|(this, other)| this.divided(*other));
        let extreme = |pick: fn(f64, f64) -> f64| {
            ratios().reduce(|one, two| one.combined(two, pick)).map_or_else(Ratios::default, Ratios)
        };
        (extreme(f64::min), extreme(f64::max))
    }
}

/// The mean of each figure that was measured in every turn.
fn mean(turns: impl ExactSizeIterator<Item = Values>) -> Values {
    let count = turns.len() as f64;
    let sum = turns.reduce(|one, two| one.combined(two, |one, two| one + two)).unwrap_or_default();
    Values(sum.0.map(|sum| Some(sum? / count)))
}

impl Values {
    fn combined(self, other: Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        Self(std::array::from_fn(|index| Some(combine(self.0[index]?, other.0[index]?))))
    }

    fn divided(self, other: Self) -> Self {
        let quotient = self.combined(other, |one, two| one / two);
        Self(quotient.0.map(|value| value.filter(|value| value.is_finite())))
    }

    pub(super) fn json(self) -> Value {
        let entries = NAMES.iter().zip(self.0).map(|(name, value)| ((*name).to_owned(), value.into()));
        Value::Object(Map::from_iter(entries))
    }
}

/// Values as people read them.
pub(super) fn cells(values: &Values) -> [String; COUNT] {
    let shown: [fn(f64) -> String; COUNT] = [
        whole,
        whole,
        |seconds| format!("{seconds:.2}"),
        |seconds| format!("{seconds:.2}"),
        |octets| mebibytes(octets as u64),
    ];
    std::array::from_fn(|index| values.0[index].map_or_else(absent, shown[index]))
}

fn absent() -> String {
    "-".to_owned()
}

impl Ratios {
    /// Ratios as people read them.
    pub(super) fn cells(&self) -> [String; COUNT] {
        self.0.0.map(|ratio| ratio.map_or_else(absent, |ratio| format!("{ratio:.3}")))
    }

    pub(super) fn json(self) -> Value {
        self.0.json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MIB: f64 = 1_048_576.0;

    fn values(accepted: f64, cpu: f64) -> Values {
        Values([Some(accepted), Some(accepted - 500.0), Some(cpu), None, Some(64.0 * MIB)])
    }

    fn comparison() -> Comparison {
        let mut comparison = Comparison::default();
        comparison.turn(values(22_000.0, 3.0), values(20_000.0, 4.0));
        comparison.turn(values(11_000.0, 5.0), values(11_000.0, 4.0));
        comparison
    }

    #[test]
    fn means_are_compared() {
        let (this, other) = comparison().means();
        assert_eq!(cells(&this), ["16,500", "16,000", "4.00", "-", "64 MiB"]);
        assert_eq!(cells(&other), ["15,500", "15,000", "4.00", "-", "64 MiB"]);
        assert_eq!(comparison().ratios().cells(), ["1.065", "1.067", "1.000", "-", "1.000"]);
    }

    #[test]
    fn each_figure_has_its_range() {
        let (least, most) = comparison().range();
        assert_eq!(least.cells(), ["1.000", "1.000", "0.750", "-", "1.000"]);
        assert_eq!(most.cells(), ["1.100", "1.103", "1.250", "-", "1.000"]);
    }

    #[test]
    fn what_was_not_measured_in_every_turn_has_no_ratio() {
        let mut comparison = comparison();
        comparison.turn(Values::default(), Values::default());
        assert_eq!(comparison.ratios(), Ratios::default());
        assert_eq!(Comparison::default().ratios(), Ratios::default());
        assert_eq!(values(1.0, 1.0).divided(values(0.0, 0.0)).0[..1], [None]);
    }

    #[test]
    fn programs_read_the_same_figures() {
        let expected = json!({
            "accepted_per_second": 20000.0,
            "complete_per_second": 19500.0,
            "gateway_cpu_seconds_per_100000": 4.0,
            "database_cpu_seconds_per_100000": null,
            "gateway_peak_bytes": 64.0 * MIB,
        });
        assert_eq!(values(20_000.0, 4.0).json(), expected);
    }
}
