//! Has what a pause or a limit held go on, once that is no more, or another. What waits for an end that a pause was declared with needs nobody:
//! it is due then.

use crate::archive::Records;
use postrider_core::contract::{Action, BULK_MAX, Bulk, Filter, StoreError};
use postrider_core::limit::Limit;
use postrider_core::pause::{Mode, Pause};
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::selector::Selector;
use postrider_core::time::Time;
use std::sync::{Arc, Mutex, PoisonError};

/// What pauses and limits held that are no more, as this node saw them go. Each node that may have held messages sees it.
#[derive(Debug, Default)]
pub(crate) struct EndedPauses(Mutex<Vec<Selector>>);

impl EndedPauses {
    /// Notes the pauses and limits that other rules put an end to.
    pub(crate) fn note(&self, before: &Rules, after: &Rules, now: Time) {
        let is_kept = |pause: &Pause| after.pauses.iter().any(|other| other == pause);
        let has_ended = |pause: &&Pause| {
            // One of upstreams alone puts nothing off.
            let puts_off = pause.mode == Mode::Hold && !pause.selector.is_of_upstreams_alone();
            puts_off && pause.is_in_force(now) && !is_kept(pause)
        };
        let ended = before.pauses.iter().filter(has_ended).map(|pause| pause.selector.clone());
        let is_kept = |limit: &Limit| after.limits.iter().any(|other| other == limit);
        let changed =
            before.limits.iter().filter(|limit| !is_kept(limit)).map(|limit| limit.selector.clone());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(ended.chain(changed));
    }

    fn take(&self) -> Vec<Selector> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The chore, as it goes on from round to round.
pub(crate) struct Resuming {
    records: Arc<Records>,
    ended: Arc<EndedPauses>,
    /// What is still to be resumed.
    left: Vec<Selector>,
    /// What is to be resumed once more: a message may have been put off, and not been recorded yet.
    again: Vec<Selector>,
}

impl Resuming {
    pub(crate) const fn new(records: Arc<Records>, ended: Arc<EndedPauses>) -> Self {
        Self { records, ended, left: Vec::new(), again: Vec::new() }
    }

    /// Does what there is to do in one round.
    pub(crate) async fn go_on(&mut self, rules: &Arc<Rules>, now: Time) -> Result<(), StoreError> {
        show(rules, now);
        self.left.append(&mut self.again);
        self.again = self.ended.take();
        self.left.extend(self.again.iter().cloned());
        while let Some(selector) = self.left.last().cloned() {
            let filter = Filter::all(Viewer::Everything, 0);
            let action = Action::RetryNow;
            let mut bulk = Bulk { filter, selector, action, reason: None, dry_run: false, most: BULK_MAX };
            loop {
                let done = self.records.act(bulk.clone(), rules, now).await?;
                bulk.filter.before = done.next;
                if done.next.is_none() {
                    break;
                }
            }
            self.left.pop();
        }
        Ok(())
    }
}

fn show(rules: &Rules, now: Time) {
    metrics::gauge!("postrider_pauses")
        .set(rules.pauses.iter().filter(|it| it.is_in_force(now)).count() as f64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::message::Class;
    use postrider_core::pause::Pauses;
    use postrider_core::route::UpstreamId;
    use std::time::Duration;

    const NOW: Time = Time(1_800_000_000_000);

    fn pause(name: &str, selector: Selector) -> Pause {
        Pause { name: name.into(), reason: "test".into(), mode: Mode::Hold, selector, until: None }
    }

    fn rules(pauses: &[Pause]) -> Rules {
        let mut rules = Rules::default();
        rules.pauses = Pauses::new(pauses.to_vec());
        rules
    }

    #[test]
    fn pauses_that_are_deleted_or_changed_have_ended() {
        let of_upstream = Selector { upstreams: vec![UpstreamId(1)], ..Selector::default() };
        let otp = pause("otp", Selector { classes: vec![Class::Otp], ..Selector::default() });
        let until = |until| vec![Pause { until: Some(until), ..otp.clone() }];
        let minute = Duration::from_secs(60);
        for (before, after, ended) in [
            (vec![otp.clone()], vec![], 1),
            (vec![otp.clone()], vec![otp.clone()], 0),
            (vec![otp.clone()], until(NOW + minute), 1),
            (until(NOW + minute), vec![], 1),
            (until(NOW - minute), vec![], 0),
            (vec![Pause { mode: Mode::Drain, ..otp.clone() }], vec![], 0),
            (vec![pause("acme", of_upstream)], vec![], 0),
        ] {
            let pauses = EndedPauses::default();
            pauses.note(&rules(&before), &rules(&after), NOW);
            assert_eq!(pauses.take().len(), ended, "{before:?} {after:?}");
            assert!(pauses.take().is_empty());
        }
    }
}
