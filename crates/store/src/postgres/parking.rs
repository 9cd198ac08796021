//! Receipts that find no message: they are kept for a while, since some come before the answers that name their messages.

use super::link::{Call, Value};
use super::record::Recording;
use super::rows::{code, name, text};
use crate::limits::PARKED_MAX;
use postrider_core::contract::Parked;
use postrider_core::route::UpstreamId;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Receipts parked, and then unparked. A receipt that is parked again after that is of the next turn.
#[derive(Default)]
pub(super) struct Turn<'r> {
    upstream: Vec<i64>,
    reference: Vec<Cow<'r, str>>,
    key: Vec<Cow<'r, str>>,
    one: Vec<Option<i64>>,
    other: Vec<Option<i64>>,
    also: Vec<Option<Cow<'r, str>>>,
    reported: Vec<i16>,
    error: Vec<Option<Cow<'r, str>>>,
    at: Vec<i64>,
    unparked: (Vec<i64>, Vec<Cow<'r, str>>),
}

const PARK: &str = "INSERT INTO parked (upstream, reference, reported, error, at, key, one, other, also) \
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], \
     $8::bigint[], $9::text[]) ON CONFLICT (upstream, reference, reported) DO UPDATE SET id = DEFAULT, error = excluded.error, \
     at = excluded.at, key = excluded.key, one = excluded.one, other = excluded.other, \
     also = excluded.also, damaged = false";
pub(super) const UNPARK: &str = "DELETE FROM parked p USING unnest($1::bigint[], $2::text[]) AS a (upstream, reference), \
     LATERAL (SELECT x.ctid AS place FROM parked x WHERE x.upstream = a.upstream AND x.reference = a.reference \
     OFFSET 0) x WHERE p.ctid = x.place";

impl<'r> Turn<'r> {
    /// The turns of a batch, in their order.
    pub(super) fn of(batch: &[&'r Recording]) -> Vec<Self> {
        let mut turns = Vec::new();
        let mut parked: Vec<&'r Parked> = Vec::new();
        let mut unparked = BTreeSet::new();
        for record in batch.iter().map(|recording| &recording.0) {
            let again = |parked: &&Parked| unparked.contains(&(parked.upstream, &*parked.report.reference));
            if record.parked.iter().any(|parked| again(&parked)) {
                turns.push(Self::new(&parked, &unparked));
                (parked, unparked) = (Vec::new(), BTreeSet::new());
            }
            parked.extend(&record.parked);
            unparked.extend(record.unparked.iter().map(|(upstream, reference)| (*upstream, &**reference)));
        }
        turns.push(Self::new(&parked, &unparked));
        turns
    }

    fn new(parked: &[&'r Parked], unparked: &BTreeSet<(UpstreamId, &'r str)>) -> Self {
        let mut turn = Self::default();
        // Of what came several times the last one is kept, at the place where it came.
        let last: BTreeMap<_, usize> = parked
            .iter()
            .enumerate()
            .map(|(place, parked)| {
                ((parked.upstream.0, name(&parked.report.reference), code(parked.report.reported)), place)
            })
            .collect();
        let kept: BTreeSet<usize> = last.into_values().collect();
        for parked in kept.into_iter().map(|place| parked[place]) {
            turn.upstream.push(parked.upstream.0.into());
            let [one, other] =
                parked.report.between.map(|digits| digits.and_then(|digits| i64::try_from(digits).ok()));
            turn.reference.push(name(&parked.report.reference));
            turn.key.push(name(&parked.key));
            turn.one.push(one);
            turn.other.push(other);
            turn.also.push(parked.report.also.as_deref().map(name));
            turn.reported.push(code(parked.report.reported));
            turn.error.push(parked.report.error.as_deref().map(text));
            turn.at.push(parked.at.0);
        }
        for (upstream, reference) in unparked {
            turn.unparked.0.push(upstream.0.into());
            turn.unparked.1.push(name(reference));
        }
        turn
    }

    /// The statements that write it.
    pub(super) fn calls<'t>(&'t self, calls: &mut Vec<Call<'t>>) {
        if !self.upstream.is_empty() {
            let values: [Value<'t>; 9] = [
                &self.upstream,
                &self.reference,
                &self.reported,
                &self.error,
                &self.at,
                &self.key,
                &self.one,
                &self.other,
                &self.also,
            ];
            calls.push(Call::new(PARK, values));
            let room = format!("DELETE FROM parked WHERE id <= (SELECT max(id) FROM parked) - {PARKED_MAX}");
            calls.push(Call::new(room, []));
        }
        if !self.unparked.0.is_empty() {
            let values: [Value<'t>; 2] = [&self.unparked.0, &self.unparked.1];
            calls.push(Call::new(UNPARK, values));
        }
    }
}
