//! A comparison as clients see it.

use crate::rest::moment;
use postrider_core::money::Amount;
use postrider_core::reconciliation::{Difference, OwnRecord, Reconciliation, Side, SupplierRow};
use serde::Serialize;
use std::fmt::Write;
use utoipa::ToSchema;

/// The most differences of an answer in JSON.
const LISTED_MAX: usize = 1_000;

/// A supplier's table compared with ours. Amounts are decimal numbers in texts, in the currency of the upstream's tariff.
#[derive(Serialize, ToSchema)]
#[schema(as = Reconciliation)]
pub(in crate::rest) struct ReconciliationView {
    /// What went by the upstream.
    ours: SideView,
    /// What the supplier says.
    theirs: SideView,
    /// Messages that both have, with the same parts and cost.
    agreed: u64,
    /// Messages that both have, with other parts or another cost.
    differing: u64,
    /// Messages that the supplier doesn't have.
    only_ours: SideView,
    /// Rows of which we have no message.
    only_theirs: SideView,
    /// The supplier's cost less ours.
    cost_difference: String,
    /// The first 1,000 differences.
    differences: Vec<DifferenceView>,
    /// How many further ones there are.
    differences_more: usize,
}

/// Sums of one side.
#[derive(Serialize, ToSchema)]
#[schema(as = ReconciliationSide)]
struct SideView {
    /// Messages, or rows of the supplier.
    records: u64,
    /// Parts.
    parts: u64,
    /// Costs, as far as they are known.
    cost: String,
}

/// A difference.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = ReconciliationDifference)]
struct DifferenceView {
    /// `only_ours`, `only_theirs` or `differs`.
    kind: &'static str,
    /// Our message.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The line of the supplier's table; of several the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// The recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// The supplier's name for the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// When it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    sent_at: Option<String>,
    /// Our parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    our_parts: Option<u32>,
    /// The supplier's parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    their_parts: Option<u32>,
    /// Our cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    our_cost: Option<String>,
    /// The supplier's cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    their_cost: Option<String>,
}

impl SideView {
    fn of(side: Side) -> Self {
        Self { records: side.records, parts: side.parts, cost: side.cost.to_string() }
    }
}

impl ReconciliationView {
    pub(super) fn of(it: &Reconciliation) -> Self {
        let listed: Vec<_> = it.differences.iter().take(LISTED_MAX).map(DifferenceView::of).collect();
        Self {
            ours: SideView::of(it.ours),
            theirs: SideView::of(it.theirs),
            agreed: it.agreed,
            differing: it.differing,
            only_ours: SideView::of(it.only_ours),
            only_theirs: SideView::of(it.only_theirs),
            cost_difference: (it.theirs.cost - it.ours.cost).to_string(),
            differences_more: it.differences.len() - listed.len(),
            differences: listed,
        }
    }
}

impl DifferenceView {
    fn of(difference: &Difference) -> Self {
        match difference {
            Difference::OnlyOurs(ours) => Self { kind: "only_ours", ..Self::of_ours(ours) },
            Difference::OnlyTheirs(row) => Self::of_theirs(row),
            Difference::Differs { ours, line, parts, cost } => Self {
                kind: "differs",
                line: Some(*line),
                their_parts: Some(*parts),
                their_cost: cost.as_ref().map(Amount::to_string),
                ..Self::of_ours(ours)
            },
        }
    }

    fn of_ours(ours: &OwnRecord) -> Self {
        Self {
            id: Some(ours.message.to_string()),
            to: Some(ours.to.to_string()),
            reference: ours.reference.as_deref().map(str::to_owned),
            sent_at: Some(moment::write(ours.sent_at)),
            our_parts: Some(ours.parts),
            our_cost: ours.cost.map(|cost| cost.to_string()),
            ..Self::default()
        }
    }

    fn of_theirs(row: &SupplierRow) -> Self {
        Self {
            kind: "only_theirs",
            line: Some(row.line),
            to: row.to.map(|to| to.to_string()),
            reference: row.reference.as_deref().map(str::to_owned),
            sent_at: row.sent_at.map(moment::write),
            their_parts: Some(row.parts),
            their_cost: row.cost.map(|cost| cost.to_string()),
            ..Self::default()
        }
    }
}

/// All differences as CSV.
pub(super) fn lines(it: &Reconciliation) -> String {
    let mut text =
        "kind,id,line,to,reference,sent_at,our_parts,their_parts,our_cost,their_cost\r\n".to_owned();
    for difference in it.differences.iter().map(DifferenceView::of) {
        let DifferenceView { kind, id, line, to, reference, sent_at, .. } = &difference;
        let DifferenceView { our_parts, their_parts, our_cost, their_cost, .. } = &difference;
        let number = |number: &Option<u32>| number.map_or_else(String::new, |number| number.to_string());
        let word = |word: &Option<String>| word.as_deref().map_or_else(String::new, quoted);
        // A text takes everything.
        let _ = write!(
            text,
            "{kind},{},{},{},{},{},{},{},{},{}\r\n",
            word(id),
            number(line),
            word(to),
            word(reference),
            word(sent_at),
            number(our_parts),
            number(their_parts),
            word(our_cost),
            word(their_cost)
        );
    }
    text
}

/// A field in quotes, if it needs them.
fn quoted(text: &str) -> String {
    let needs = text.contains([',', '"', '\n', '\r']);
    if needs { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::time::Time;

    #[test]
    fn differences_are_lines() {
        let row = SupplierRow {
            line: 7,
            reference: Some("a,b".into()),
            sent_at: Some(Time(0)),
            parts: 2,
            cost: Some(Amount(40_000)),
            ..SupplierRow::default()
        };
        let it = Reconciliation {
            theirs: Side { records: 1, parts: 2, cost: Amount(40_000) },
            differences: vec![Difference::OnlyTheirs(row)],
            ..Reconciliation::default()
        };
        let text = lines(&it);
        let line = text.lines().nth(1).unwrap();
        assert_eq!(line, "only_theirs,,7,,\"a,b\",1970-01-01T00:00:00.000Z,,2,,0.04");
        let view = ReconciliationView::of(&it);
        assert_eq!((view.cost_difference.as_str(), view.differences_more), ("0.04", 0));
    }
}
