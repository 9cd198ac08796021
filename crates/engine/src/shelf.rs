//! The shelf of an upstream: messages that are ready to go, fair between accounts.
//!
//! Of each class and account the shelf holds a [`Window`] over the store's queue. Classes go in order of urgency, but each
//! keeps its reserved share ([`Shares`]), and a more urgent one has room where the others have used up theirs. Within a
//! class accounts take turns by deficit round robin: each turn is worth [`QUANTUM`] parts, and what an account can't use
//! because its next message is longer it keeps for its next turn. So one account's million delays another's message by one
//! turn of each account, however much waits.

mod shares;

use crate::window::Window;
use postrider_core::account::AccountId;
use postrider_core::contract::{Leased, Wanted};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::principal::Viewer;
use postrider_core::rules::RESERVED_USUAL;
use shares::Shares;
use std::collections::{BTreeMap, VecDeque};

/// Messages that one account may have on a shelf that it has for itself. Several accounts share as many.
const SHARED: usize = 8_192;
/// Messages that each of however many accounts may have on it, while there is room at all.
const EACH_MIN: usize = 32;
/// Messages of the least urgent class that one shelf holds; the rest of its queue stays in the store.
const READY_MAX: usize = 2 * SHARED;
/// Messages that each class may hold beyond what the next less urgent one may.
const URGENT_ROOM: usize = 1_024;
/// Messages that are leased at once.
const LEASE_MOST: usize = 1_000;
/// The class whose messages go last.
const LEAST_URGENT: Class = Class::ALL[Class::COUNT - 1];
/// Messages of one account among which one that suits is looked for.
const LOOK_AHEAD: usize = 64;
/// Parts that an account may send in its turn.
const QUANTUM: usize = 8;

/// Messages ready for one upstream. Its counter moves it; it does no work of its own.
#[derive(Debug)]
pub(crate) struct Shelf {
    classes: [Turns; Class::COUNT],
    shares: Shares,
    /// Messages on the shelf, and those that were promised a place on it.
    count: usize,
    /// Whether the store may hold messages of accounts that the shelf knows nothing of.
    unknown: bool,
    /// The account that the next lease begins with.
    from: AccountId,
    /// Whether an account of which the store has more runs short here.
    is_short: bool,
}

/// The accounts of one class.
#[derive(Debug, Default)]
struct Turns {
    queues: BTreeMap<AccountId, Queue>,
    /// Accounts that have messages ready, and no others, in the order of their turns.
    ring: VecDeque<AccountId>,
}

/// The messages of one account and class.
#[derive(Debug)]
struct Queue {
    window: Window<Delivery>,
    /// Parts that it may still send in its turn.
    deficit: usize,
    /// Whether it has its place among the turns.
    is_in_ring: bool,
}

impl Shelf {
    /// An empty shelf, over a queue of which nothing is known.
    pub(crate) fn new() -> Self {
        Self {
            classes: Default::default(),
            shares: Shares::new(RESERVED_USUAL),
            count: 0,
            unknown: true,
            from: AccountId(0),
            is_short: false,
        }
    }

    /// Takes on the shares that classes keep, in percent.
    pub(crate) const fn reserve(&mut self, reserved: [u8; Class::COUNT]) {
        self.shares.set(reserved);
    }

    /// How many more messages of a class there is room for.
    const fn room(&self, class: Class) -> usize {
        let more_urgent = (Class::COUNT - 1 - class as usize) * URGENT_ROOM;
        (READY_MAX + more_urgent).saturating_sub(self.count)
    }

    /// Messages on the shelf, and those that were promised a place on it.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// Messages that each account and class may have on the shelf now.
    fn each(&self) -> usize {
        let accounts: usize = self.classes.iter().map(|turns| turns.queues.len()).sum();
        (SHARED / accounts.max(1)).max(EACH_MIN)
    }

    /// Promises a place to a message of this class and account, if it `may_leave` at once: then nobody need lease it.
    pub(crate) fn promise(&mut self, class: Class, account: AccountId, may_leave: bool) -> bool {
        let (each, unknown, room) = (self.each(), self.unknown, self.room(class));
        let window = &mut self.classes[class as usize].queue(account, unknown).window;
        let has_room = room > 0 && window.count() < each;
        let promised = window.promise(may_leave && has_room);
        self.count += usize::from(promised);
        promised
    }

    /// Gives promised places up: the messages were not stored.
    pub(crate) fn withdraw(&mut self, class: Class, account: AccountId) {
        self.classes[class as usize].queue(account, self.unknown).window.withdraw();
        self.count = self.count.saturating_sub(1);
    }

    /// Puts a message that was promised a place, and is durable now, on the shelf.
    pub(crate) fn keep(&mut self, delivery: Delivery) {
        let (class, account) = place(&delivery);
        let turns = &mut self.classes[class as usize];
        turns.queue(account, self.unknown).window.keep(delivery);
        turns.enter(account);
    }

    /// Takes note that a message was accepted without a place on the shelf.
    pub(crate) fn leave(&mut self, class: Class, account: AccountId) {
        self.classes[class as usize].queue(account, self.unknown).window.leave();
    }

    /// The lease to ask for now, if there is room. Everything left in the store before can be found by it.
    pub(crate) fn begin_lease(&mut self) -> Option<Wanted> {
        for turns in &mut self.classes {
            turns.forget_idle();
        }
        self.is_short = false;
        // A shelf that is full of less urgent messages still takes more urgent ones.
        let down_to = Class::ALL.into_iter().rfind(|class| self.room(*class) > 0)?;
        let room = self.room(down_to);
        let each = self.each();
        let mut except = Vec::new();
        for (class, turns) in Class::ALL.into_iter().zip(&mut self.classes).take(down_to as usize + 1) {
            for (account, queue) in &mut turns.queues {
                if queue.window.count() > each / 2 && !queue.window.awaits_look() {
                    except.push((class, *account));
                } else {
                    queue.window.begin_look();
                }
            }
        }
        let each = (each / 2).min(LEASE_MOST);
        Some(Wanted { most: room.min(LEASE_MOST), each, from: self.from, down_to, except })
    }

    /// Takes in what a lease gave; tells whether there is more to lease at once.
    pub(crate) fn leased(&mut self, wanted: &Wanted, leased: Leased) -> bool {
        let Leased { deliveries, more, next } = leased;
        // The last account may have been visited in part only.
        let cut = deliveries.last().filter(|_| deliveries.len() >= wanted.most).map(place);
        let has_more = next.is_some() || !more.is_empty() || cut.is_some();
        self.count += deliveries.len();
        let mut found: BTreeMap<(Class, AccountId), Vec<Delivery>> = BTreeMap::new();
        for delivery in deliveries {
            found.entry(place(&delivery)).or_default().push(delivery);
        }
        if next.is_none() {
            self.unknown &= wanted.down_to != LEAST_URGENT;
            // All others were visited, and nothing of theirs is left.
            for (class, turns) in Class::ALL.into_iter().zip(&self.classes).take(wanted.down_to as usize + 1)
            {
                for account in
                    turns.queues.keys().filter(|account| !wanted.except.contains(&(class, **account)))
                {
                    found.entry((class, *account)).or_default();
                }
            }
        }
        for ((class, account), deliveries) in found {
            let turns = &mut self.classes[class as usize];
            let has_more = more.contains(&(class, account)) || cut == Some((class, account));
            turns.queue(account, self.unknown).window.found(deliveries, has_more);
            turns.enter(account);
        }
        self.from = next.unwrap_or(AccountId(0));
        has_more
    }

    /// The next message to go.
    pub(crate) fn front(&mut self) -> Option<&Delivery> {
        let class = self.shares.next(self.waiting())?;
        self.classes[class as usize].turn()?.window.front()
    }

    /// Takes the next message, if it `may_go`.
    pub(crate) fn pop_if(&mut self, may_go: impl FnOnce(&Delivery) -> bool) -> Option<Delivery> {
        self.pop_chosen(|_| true, may_go)
    }

    /// The same with the first of the account's next messages that `suits`, or the first of all if none does.
    pub(crate) fn pop_chosen(
        &mut self,
        suits: impl FnMut(&Delivery) -> bool,
        may_go: impl FnOnce(&Delivery) -> bool,
    ) -> Option<Delivery> {
        let waiting = self.waiting();
        let class = self.shares.next(waiting)?;
        let (delivery, left) = self.classes[class as usize].pop_chosen(suits, may_go)?;
        self.shares.went(class, delivery.message.parts, waiting);
        self.count = self.count.saturating_sub(1);
        self.is_short |= left.is_some_and(|left| left <= self.each() / 4);
        Some(delivery)
    }

    /// The classes that have a message ready.
    fn waiting(&self) -> [bool; Class::COUNT] {
        self.classes.each_ref().map(|turns| !turns.ring.is_empty())
    }

    /// Whether a lease would bring more of what was taken from the shelf since the last one.
    pub(crate) const fn is_short(&self) -> bool {
        self.is_short
    }

    /// Puts back, in front of its account's others, a message that was taken and never sent.
    pub(crate) fn put_back(&mut self, delivery: Delivery) {
        let (class, account) = place(&delivery);
        let turns = &mut self.classes[class as usize];
        turns.queue(account, self.unknown).window.put_back(delivery);
        turns.enter(account);
        self.count += 1;
    }

    /// Takes a message off the shelf, if it is on it and the viewer sees it.
    pub(crate) fn pick(&mut self, viewer: Viewer, message: MessageId) -> Option<Delivery> {
        let picked = self.classes.iter_mut().find_map(|turns| turns.pick(viewer, message));
        self.count -= usize::from(picked.is_some());
        picked
    }

    /// Takes everything off the shelf: it goes back to the store.
    pub(crate) fn clear(&mut self) -> Vec<MessageId> {
        self.unknown = true;
        let cleared: Vec<MessageId> = self.classes.iter_mut().flat_map(Turns::clear).collect();
        self.count = self.count.saturating_sub(cleared.len());
        cleared
    }
}

fn place(delivery: &Delivery) -> (Class, AccountId) {
    (delivery.message.class, delivery.message.account)
}

impl Turns {
    /// The account's queue, made if need be: over messages in the store, where such may be unknown.
    fn queue(&mut self, account: AccountId, unknown: bool) -> &mut Queue {
        let new = || Queue { window: Window::new(unknown), deficit: 0, is_in_ring: false };
        self.queues.entry(account).or_insert_with(new)
    }

    /// Gives the account its place among the turns, if it has something ready and no place yet.
    fn enter(&mut self, account: AccountId) {
        let Some(queue) = self.queues.get_mut(&account) else { return };
        if queue.window.ready() > 0 && !queue.is_in_ring {
            queue.is_in_ring = true;
            queue.deficit = QUANTUM;
            self.ring.push_back(account);
        }
    }

    /// Takes the account's place among the turns away, if it has nothing ready any more.
    fn retire(&mut self, account: AccountId) {
        if let Some(queue) = self.queues.get_mut(&account)
            && queue.is_in_ring
            && queue.window.ready() == 0
        {
            queue.is_in_ring = false;
            self.ring.retain(|other| *other != account);
        }
    }

    /// The queue whose turn it is, and that may send its next message; its account is brought to the front of the ring.
    fn turn(&mut self) -> Option<&mut Queue> {
        loop {
            let account = self.ring.front()?;
            let queue = self.queues.get_mut(account)?;
            if usize::from(queue.window.front()?.message.parts) <= queue.deficit {
                break;
            }
            queue.deficit += QUANTUM;
            self.ring.rotate_left(1);
        }
        self.queues.get_mut(self.ring.front()?)
    }

    /// Takes the first of the next messages that `suits`, or the first of all, if it `may_go`; says how many its account has left here,
    /// if the store has more of them.
    fn pop_chosen(
        &mut self,
        mut suits: impl FnMut(&Delivery) -> bool,
        may_go: impl FnOnce(&Delivery) -> bool,
    ) -> Option<(Delivery, Option<usize>)> {
        let Queue { window, deficit, is_in_ring } = self.turn()?;
        let fits = |delivery: &Delivery| usize::from(delivery.message.parts) <= *deficit;
        let place = window.find(LOOK_AHEAD, |delivery| fits(delivery) && suits(delivery)).unwrap_or(0);
        if !may_go(window.at(place)?) {
            return None;
        }
        let delivery = window.pop_at(place)?;
        *deficit = deficit.saturating_sub(delivery.message.parts.into());
        let left = window.has_backlog().then(|| window.count());
        if window.ready() == 0 {
            *is_in_ring = false;
            self.ring.pop_front();
        }
        Some((delivery, left))
    }

    /// Takes a message out, if an account of these has it that the viewer sees.
    fn pick(&mut self, viewer: Viewer, message: MessageId) -> Option<Delivery> {
        let is_it = |delivery: &Delivery| delivery.message.id == message;
        let mut seen = self.queues.iter_mut().filter(|(account, _)| viewer.sees(**account));
        let picked = seen.find_map(|(_, queue)| queue.window.pick(is_it))?;
        self.retire(picked.message.account);
        Some(picked)
    }

    /// Takes all messages out.
    fn clear(&mut self) -> Vec<MessageId> {
        self.ring.clear();
        let queues = self.queues.values_mut();
        let cleared = queues.flat_map(|queue| {
            queue.is_in_ring = false;
            queue.window.clear()
        });
        cleared.map(|delivery| delivery.message.id).collect()
    }

    /// Forgets accounts of which nothing is known that a new one's queue wouldn't know.
    fn forget_idle(&mut self) {
        self.queues.retain(|_, queue| !queue.window.is_idle());
    }
}

#[cfg(test)]
mod tests;
