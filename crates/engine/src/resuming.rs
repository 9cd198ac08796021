//! Has what a pause held go on, once the pause is no more. What waits for an end that a pause was declared with needs nobody:
//! it is due then.

use crate::archive::Records;
use postrider_core::contract::{Action, Bulk, Filter, StoreError};
use postrider_core::pause::{Mode, Pause};
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::selector::Selector;
use postrider_core::time::Time;
use std::sync::Arc;

/// The chore, as it goes on from round to round.
pub(crate) struct Resuming {
    records: Arc<Records>,
    /// The generation of the rules that were looked at last.
    generation: u64,
    /// The pauses that were in force then.
    in_force: Vec<Pause>,
    /// What pauses held that are no more.
    ended: Vec<Selector>,
}

impl Resuming {
    pub(crate) const fn new(records: Arc<Records>) -> Self {
        Self { records, generation: 0, in_force: Vec::new(), ended: Vec::new() }
    }

    /// Does what there is to do in one round.
    pub(crate) async fn go_on(&mut self, rules: &Arc<Rules>, now: Time) -> Result<(), StoreError> {
        self.look(rules, now);
        while let Some(selector) = self.ended.last().cloned() {
            let filter = Filter::all(Viewer::Everything, 0);
            let action = Action::RetryNow;
            let mut bulk = Bulk { filter, selector, action, reason: None, dry_run: false };
            loop {
                let done = self.records.act(bulk.clone(), rules, now).await?;
                bulk.filter.before = done.next;
                if done.next.is_none() {
                    break;
                }
            }
            self.ended.pop();
        }
        Ok(())
    }

    /// Notes the pauses that are no more.
    fn look(&mut self, rules: &Rules, now: Time) {
        let in_force = |pause: &Pause| pause.mode == Mode::Hold && pause.is_in_force(now);
        if rules.generation != self.generation {
            let pauses: Vec<Pause> = rules.pauses.iter().filter(|pause| in_force(pause)).cloned().collect();
            // One of upstreams alone puts nothing off.
            let ended = self.in_force.iter().filter(|pause| {
                !pauses.contains(pause) && in_force(pause) && !pause.selector.is_of_upstreams_alone()
            });
            self.ended.extend(ended.map(|pause| pause.selector.clone()));
            (self.in_force, self.generation) = (pauses, rules.generation);
        }
        metrics::gauge!("postrider_pauses")
            .set(rules.pauses.iter().filter(|it| it.is_in_force(now)).count() as f64);
    }
}
