//! Planted faults of the store: what is written is tampered with on its way.

use crate::scenario::Plant;
use postrider_core::contract::{Record, Told};
use postrider_core::delivery::{Change, Queue, State};
use postrider_core::notice::What;
use postrider_core::time::Time;
use std::time::Duration;

/// When what was told is told again, by [`Plant::RepeatedNotice`].
const SOON: Duration = Duration::from_secs(1);

/// The record as the store gets it.
pub(crate) fn tamper(plant: Plant, record: &Record) -> Record {
    let mut record = record.clone();
    if plant == Plant::LostText {
        record.inbound.clear();
        record.notices.retain(|notice| !matches!(notice.what, What::Received { .. }));
    }
    if plant == Plant::IgnoredStop {
        record.consent.clear();
    }
    for change in &mut record.changes {
        match plant {
            Plant::ForgottenMark => forget_mark(change),
            Plant::LostNotice => change.notice = None,
            Plant::IgnoredCancel => put_back(change),
            Plant::LostSettlement => change.settlement = None,
            _ => {}
        }
    }
    record
}

fn forget_mark(change: &mut Change) {
    if let Queue::Put { possible_duplicate, .. } = &mut change.queue {
        *possible_duplicate = false;
    }
}

fn put_back(change: &mut Change) {
    let Some(outcome) = change.outcome.take_if(|outcome| outcome.state == State::Canceled) else { return };
    change.notice = None;
    change.settlement = None;
    change.queue = Queue::Put {
        upstream: outcome.upstream,
        due: change.at,
        failed: 0,
        taken: Default::default(),
        possible_duplicate: outcome.possible_duplicate,
    };
}

/// Notices that were told, as the store hears of them.
pub(crate) fn tell_again(told: Vec<Told>, now: Time) -> Vec<Told> {
    told.into_iter().map(|told| Told { again: told.again.or(Some(now + SOON)), ..told }).collect()
}
