//! Connections of a door: how many there may be, in all and from one address, and which one is ended for another.
//!
//! A full door ends the oldest connection that has not shown yet that it belongs here: that it has sent a whole request
//! (HTTP), or is bound (SMPP). So connections that send half a request keep nobody out.

use postrider_access::wrong_logins::counted_as;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// One unproven connection in so many is ended at once where the whole door is full: finding each alone costs more.
const ENDED_AT_ONCE: usize = 64;

/// The limits of a door's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once.
    pub in_all: usize,
    /// Connections open at once from one address (of IPv6, from one /64).
    pub per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { in_all: 10_000, per_address: 500 }
    }
}

/// The connections of a door. All its listeners share them.
#[derive(Debug)]
pub struct Connections {
    /// The door's name in metrics.
    interface: &'static str,
    limits: Limits,
    open: Mutex<Open>,
    events: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
    addresses: HashMap<IpAddr, BTreeMap<u64, Entry>>,
}

/// An open connection. It ends when this is dropped.
#[derive(Debug)]
struct Entry {
    standing: Arc<Standing>,
    _end: oneshot::Sender<()>,
}

impl Connections {
    /// A door without connections. `interface` is its name in metrics.
    #[must_use]
    pub fn new(interface: &'static str, limits: Limits) -> Arc<Self> {
        Arc::new(Self { interface, limits, open: Mutex::default(), events: Arc::default() })
    }

    /// A place for a connection from this address, for which another connection may be ended. `None` if there are too
    /// many, and all of them stay.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = counted_as(address);
        let place = self.place(address);
        if place.is_none() {
            metrics::counter!("postrider_connections_refused_total", "interface" => self.interface)
                .increment(1);
        }
        place
    }

    fn place(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut open = self.lock();
        let crowd = open.addresses.get(&address).map_or(0, BTreeMap::len);
        if crowd >= self.limits.per_address && self.ended(open.end_one_of(address)) == 0 {
            return None;
        }
        if open.count >= self.limits.in_all && self.ended(open.end_some()) == 0 {
            return None;
        }
        let number = next(&self.events);
        let (end, ended) = oneshot::channel();
        let standing = Arc::new(Standing::new(number, Arc::clone(&self.events)));
        let entry = Entry { standing: Arc::clone(&standing), _end: end };
        open.addresses.entry(address).or_default().insert(number, entry);
        open.count += 1;
        Some(Place { connections: Arc::clone(self), address, number, standing, ended })
    }

    /// Ends connections, where the system has no room for another one.
    pub(crate) fn make_room(&self) {
        self.ended(self.lock().end_some());
    }

    /// Counts ended connections.
    fn ended(&self, count: usize) -> usize {
        if count > 0 {
            metrics::counter!("postrider_connections_displaced_total", "interface" => self.interface)
                .increment(count as u64);
        }
        count
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Ends the first to go of an address. Returns how many ended.
    fn end_one_of(&mut self, address: IpAddr) -> usize {
        let crowd = self.addresses.get(&address).into_iter().flatten();
        let first = crowd.filter_map(|(number, entry)| Some((entry.standing.rank()?, *number))).min();
        first.map_or(0, |(_, number)| self.remove(address, number))
    }

    /// Ends the first to go of all addresses: some that have proven nothing, or else the one that was idle for the longest
    /// time. Returns how many ended.
    fn end_some(&mut self) -> usize {
        let mut going: Vec<(Rank, IpAddr, u64)> = Vec::new();
        for (address, crowd) in &self.addresses {
            for (number, entry) in crowd {
                going.extend(entry.standing.rank().map(|rank| (rank, *address, *number)));
            }
        }
        going.sort_unstable();
        let unproven = going.partition_point(|(rank, ..)| !rank.is_proven);
        let count = unproven.div_ceil(ENDED_AT_ONCE).max(1);
        going.iter().take(count).map(|(_, address, number)| self.remove(*address, *number)).sum()
    }

    /// Forgets a connection, which ends it. Returns how many that were.
    fn remove(&mut self, address: IpAddr, number: u64) -> usize {
        let Some(crowd) = self.addresses.get_mut(&address) else { return 0 };
        let removed = usize::from(crowd.remove(&number).is_some());
        if crowd.is_empty() {
            self.addresses.remove(&address);
        }
        self.count -= removed;
        removed
    }
}

/// What a connection has shown.
#[derive(Debug)]
pub(crate) struct Standing {
    is_proven: AtomicBool,
    /// The count of requests in progress.
    busy: AtomicU32,
    /// The number of its beginning.
    first: u64,
    /// The number of its last event.
    last: AtomicU64,
    events: Arc<AtomicU64>,
}

/// The order in which connections are ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_proven: bool,
    last: u64,
}

impl Standing {
    fn new(number: u64, events: Arc<AtomicU64>) -> Self {
        Self {
            is_proven: AtomicBool::new(false),
            busy: AtomicU32::new(0),
            first: number,
            last: number.into(),
            events,
        }
    }

    /// The connection belongs here. From now on it is ended only where all others do, too.
    pub(crate) fn prove(&self) {
        self.is_proven.store(true, Ordering::Relaxed);
    }

    /// A request is in progress. A proven connection stays until [`Standing::done`].
    pub(crate) fn begin(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    /// A request ended.
    pub(crate) fn done(&self) {
        self.last.store(next(&self.events), Ordering::Relaxed);
        self.busy.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether a request was begun ever.
    pub(crate) fn has_begun(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0 || self.last.load(Ordering::Relaxed) > self.first
    }

    /// `None` for a connection that stays.
    fn rank(&self) -> Option<Rank> {
        let is_proven = self.is_proven.load(Ordering::Relaxed);
        let stays = is_proven && self.busy.load(Ordering::Relaxed) > 0;
        (!stays).then(|| Rank { is_proven, last: self.last.load(Ordering::Relaxed) })
    }
}

fn next(events: &AtomicU64) -> u64 {
    events.fetch_add(1, Ordering::Relaxed)
}

/// A connection's place at the door, free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    address: IpAddr,
    number: u64,
    standing: Arc<Standing>,
    ended: oneshot::Receiver<()>,
}

impl Place {
    /// What the connection has shown.
    pub(crate) fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// Does the work of the connection. `None` if the connection was ended for another one.
    pub(crate) async fn hold<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            _ = &mut self.ended => None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().remove(self.address, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";
    const THERE: &str = "198.51.100.1";

    fn door(in_all: usize, per_address: usize) -> Arc<Connections> {
        Connections::new("test", Limits { in_all, per_address })
    }

    fn admit(door: &Arc<Connections>, address: &str) -> Option<Place> {
        door.admit(address.parse().unwrap())
    }

    /// One that stays.
    fn bound(door: &Arc<Connections>, address: &str) -> Place {
        let place = admit(door, address).unwrap();
        place.standing.prove();
        place.standing.begin();
        place
    }

    fn is_ended(place: &mut Place) -> bool {
        place.ended.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn connections_that_stay_are_limited_in_all_and_by_address() {
        let door = door(3, 2);
        let first = bound(&door, HERE);
        let _second = bound(&door, "::ffff:192.0.2.1");
        assert!(admit(&door, HERE).is_none());
        let _third = bound(&door, "2001:db8::1");
        assert!(admit(&door, THERE).is_none());
        drop(first);
        assert!(admit(&door, HERE).is_some());
    }

    #[test]
    fn an_address_of_ipv6_counts_by_its_network() {
        let door = door(10, 1);
        let _one = bound(&door, "2001:db8::1");
        assert!(admit(&door, "2001:db8::ffff").is_none());
        assert!(admit(&door, "2001:db8:0:1::1").is_some());
    }

    #[test]
    fn the_oldest_that_has_proven_nothing_makes_room_for_its_own_address() {
        let door = door(10, 3);
        let mut other = admit(&door, THERE).unwrap();
        let mut proven = admit(&door, HERE).unwrap();
        proven.standing.prove();
        let mut oldest = admit(&door, HERE).unwrap();
        let mut newer = admit(&door, HERE).unwrap();
        let _newest = admit(&door, HERE).unwrap();
        let ended = [&mut other, &mut proven, &mut oldest, &mut newer].map(is_ended);
        assert_eq!(ended, [false, false, true, false]);
    }

    #[test]
    fn a_full_door_ends_those_that_have_proven_nothing_and_then_the_longest_idle() {
        let door = door(3, 3);
        let mut half = admit(&door, HERE).unwrap();
        let mut one = admit(&door, THERE).unwrap();
        let mut other = admit(&door, THERE).unwrap();
        for place in [&other, &one] {
            place.standing.prove();
            place.standing.begin();
            place.standing.done();
        }
        let _stays = bound(&door, "203.0.113.1");
        assert_eq!([&mut half, &mut one, &mut other].map(is_ended), [true, false, false]);
        let _stays = bound(&door, "203.0.113.2");
        assert_eq!([&mut one, &mut other].map(is_ended), [false, true]);
        one.standing.begin();
        assert!(admit(&door, HERE).is_none(), "a request in progress isn't cut for another connection");
    }

    #[test]
    fn a_flood_from_many_addresses_is_ended_in_bulk_and_the_oldest_first() {
        let door = door(640, 640);
        let mut flood: Vec<Place> =
            (0..640).map(|n| admit(&door, &format!("10.0.{}.1", n % 256)).unwrap()).collect();
        let _new = admit(&door, HERE).unwrap();
        let ended: Vec<bool> = flood.iter_mut().map(is_ended).collect();
        assert_eq!(ended.iter().filter(|ended| **ended).count(), 10);
        assert!(ended[..10].iter().all(|ended| *ended));
        drop(flood);
        assert_eq!(door.lock().count, 1);
    }

    #[tokio::test]
    async fn work_stops_when_its_connection_is_ended() {
        let door = door(1, 1);
        let mut one = admit(&door, HERE).unwrap();
        let _other = admit(&door, HERE).unwrap();
        assert_eq!(one.hold(std::future::pending::<()>()).await, None);
        let mut third = admit(&door, HERE).unwrap();
        assert_eq!(third.hold(async { 7 }).await, Some(7));
    }
}
