//! Which bind of an upstream takes a message, where binds differ from each other, as SIMs do. Binds ask for work by themselves: one
//! that asks leaves a message to another that waits for work and is the better choice.

use super::State;
use super::limited::BindLimits;
use postrider_core::bind::{Bind, BindUse, is_better};
use postrider_core::delivery::{Delivery, PartSet};
use postrider_core::id::MessageId;
use postrider_core::numbering::NetworkCode;
use postrider_core::time::Time;
use std::collections::VecDeque;

/// Messages of several parts of which is remembered by which bind they began.
const BEGUN_MAX: usize = 1_024;

/// The binds of an upstream that differ from each other.
#[derive(Debug, Default)]
pub(super) struct Choice {
    binds: Vec<Bind>,
    standings: Vec<Standing>,
    /// Messages of several parts, and the binds that took them last; the newest last.
    begun: VecDeque<(MessageId, usize)>,
}

/// How a bind stands on this node.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    is_up: bool,
    /// Whether it would take a message at once.
    waits: bool,
    /// Parts that it took.
    parts: u64,
}

impl Choice {
    /// Takes on the binds of the rules.
    pub(super) fn set(&mut self, binds: &[Bind]) {
        self.binds = binds.to_vec();
        self.standings.resize_with(binds.len(), Standing::default);
    }

    /// Whether there is a choice.
    pub(super) const fn is_on(&self) -> bool {
        !self.binds.is_empty()
    }

    /// A bind came up, or went down.
    pub(super) fn stands(&mut self, bind: usize, is_up: bool) {
        if let Some(standing) = self.standings.get_mut(bind) {
            (standing.is_up, standing.waits) = (is_up, false);
        }
    }

    /// A bind waits for work, or doesn't any more.
    pub(super) fn waits(&mut self, bind: usize, waits: bool) {
        if let Some(standing) = self.standings.get_mut(bind) {
            standing.waits = waits;
        }
    }

    /// Whether a bind need not leave messages to this network to another that is up.
    fn suits(&self, bind: usize, network: Option<NetworkCode>) -> bool {
        let is_of = |bind: &Bind| bind.is_of(network);
        let mut up = self.binds.iter().zip(&self.standings).filter(|(_, standing)| standing.is_up);
        self.binds.get(bind).is_some_and(is_of) || !up.any(|(bind, _)| is_of(bind))
    }

    /// Whether a bind leaves a message to this network to another that waits and is the better choice.
    fn leaves(&self, bind: usize, network: Option<NetworkCode>, used: &[Option<BindUse>]) -> bool {
        let Some((own, own_used)) = self.binds.get(bind).zip(used.get(bind).copied().flatten()) else {
            return false;
        };
        let others = self.binds.iter().zip(&self.standings).zip(used).enumerate();
        others.filter(|(index, _)| *index != bind).any(|(_, ((other, standing), used))| {
            standing.waits && used.is_some_and(|used| is_better((other, used), (own, own_used), network))
        })
    }

    /// How much each bind was used, of those that have room.
    fn used(&self, limits: &mut BindLimits, now: Time) -> Vec<Option<BindUse>> {
        let used = |(bind, standing): (usize, &Standing)| {
            let has_room = limits.room(bind, now).is_ok();
            has_room.then(|| BindUse { share: limits.used_share(bind), parts: standing.parts })
        };
        self.standings.iter().enumerate().map(used).collect()
    }

    /// A bind takes a message. Parts of one text that come from two numbers are never put together: one that another bind began goes
    /// whole.
    fn take(&mut self, bind: usize, delivery: &mut Delivery) {
        if let Some(standing) = self.standings.get_mut(bind) {
            standing.parts += u64::from(delivery.message.parts);
            standing.waits = false;
        }
        if delivery.message.parts < 2 {
            return;
        }
        let id = delivery.message.id;
        let place = self.begun.iter().rposition(|(begun, _)| *begun == id);
        let began = place.and_then(|place| self.begun.remove(place)).map(|(_, bind)| bind);
        if began != Some(bind) {
            delivery.taken = PartSet::default();
        }
        if self.begun.len() >= BEGUN_MAX {
            self.begun.pop_front();
        }
        self.begun.push_back((id, bind));
    }
}

impl State {
    /// Takes the next message that this bind should take, if it may be given out within this window.
    pub(super) fn next_for(&mut self, bind: usize, window: usize, now: Time) -> Option<Delivery> {
        if !self.choice.is_on() {
            return self.next(window);
        }
        let Self { shelf, choice, bind_limits, numbering, flow, .. } = self;
        let used = choice.used(bind_limits, now);
        let network = |delivery: &Delivery| {
            numbering.network(&numbering.find(delivery.message.to, now)).and_then(|network| network.code)
        };
        let mut delivery = shelf.pop_chosen(
            |delivery| choice.suits(bind, network(delivery)),
            |delivery| {
                let takes = flow.takes(delivery.message.parts.into(), window);
                takes && !choice.leaves(bind, network(delivery), &used)
            },
        )?;
        choice.take(bind, &mut delivery);
        Some(delivery)
    }
}

#[cfg(test)]
mod tests;
