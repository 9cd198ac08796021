//! All recordings: of open connections, and of the few that ended last.

use crate::live::{Board, Live, TooMany};
use crate::packet::{Ends, Origin, Packet, Party};
use crate::ring::OCTETS_MAX;
use crate::tape::Tape;
use crate::wanted::{Picker, Wanted};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The most octets of all rings.
const TOTAL_MAX: usize = 64 * 1024 * 1024;
/// The most ended connections that are kept of one upstream or account: their PDUs show why they ended.
const ENDED_EACH: usize = 4;
/// The most ended connections that are kept in all.
const ENDED_MAX: usize = 256;

/// All recordings.
pub struct Recorder {
    board: Arc<Board>,
    this: Weak<Self>,
    tapes: Mutex<Tapes>,
}

#[derive(Default)]
struct Tapes {
    /// By the connection's number.
    all: BTreeMap<u64, Arc<Tape>>,
    next: u64,
    /// Ended connections, the oldest first.
    ended: VecDeque<(u64, Arc<Party>)>,
}

impl Recorder {
    /// A recorder without connections.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let board = Arc::new(Board::default());
        board.room.store(OCTETS_MAX, Ordering::Relaxed);
        Arc::new_cyclic(|this| Self { board, this: Weak::clone(this), tapes: Mutex::default() })
    }

    /// Starts the recording of a new connection of an upstream's link.
    #[must_use]
    pub fn upstream(&self, name: &str, link: usize, ends: Ends) -> Arc<Tape> {
        self.begin(Some(Party::Upstream { name: name.into(), link }), ends)
    }

    /// Starts the recording of a new connection of a client that hasn't named its account yet.
    #[must_use]
    pub fn client(&self, ends: Ends) -> Arc<Tape> {
        self.begin(None, ends)
    }

    fn begin(&self, party: Option<Party>, ends: Ends) -> Arc<Tape> {
        let mut tapes = self.tapes();
        let connection = tapes.next;
        tapes.next += 1;
        let tape = Tape::new(connection, party, ends, Arc::clone(&self.board), Weak::clone(&self.this));
        let tape = Arc::new(tape);
        tapes.all.insert(connection, Arc::clone(&tape));
        self.share(&tapes);
        tape
    }

    /// Keeps an ended connection for a while, if its account or upstream is known.
    pub(crate) fn ended(&self, origin: &Origin) {
        let mut tapes = self.tapes();
        match &origin.party {
            Some(party) => tapes.end(origin.connection, party),
            None => drop(tapes.all.remove(&origin.connection)),
        }
        self.share(&tapes);
    }

    /// Gives each connection the same share of all octets. Shares change by halves and doubles, so that rings are
    /// resized seldom.
    fn share(&self, tapes: &Tapes) {
        let room = share(tapes.all.len());
        if self.board.room.swap(room, Ordering::Relaxed) > room {
            tapes.all.values().for_each(|tape| tape.fit(room));
        }
    }

    /// The newest `most` PDUs that pass the filter, the oldest first.
    #[must_use]
    pub fn recent(&self, wanted: &Wanted, most: usize) -> Vec<Packet> {
        let tapes: Vec<Arc<Tape>> = self.tapes().all.values().cloned().collect();
        let mut found = Vec::new();
        for tape in tapes {
            let origin = tape.origin();
            if !wanted.is_party(origin.party.as_deref()) {
                continue;
            }
            let mut picker = Picker::new(wanted.clone());
            let packets = tape.packets().into_iter();
            found.extend(packets.filter(|packet| picker.takes(&origin, packet.direction, &packet.octets)));
        }
        found.sort_by_key(|packet| packet.at);
        found.split_off(found.len().saturating_sub(most))
    }

    /// Begins a live view of PDUs from now on.
    ///
    /// # Errors
    /// When there are [`LIVE_MAX`](crate::LIVE_MAX) live views already.
    pub fn look(&self, wanted: Wanted) -> Result<Live, TooMany> {
        self.board.look(wanted)
    }

    /// Ends all live views: the gateway stops.
    pub fn close(&self) {
        self.board.close();
    }

    fn tapes(&self) -> MutexGuard<'_, Tapes> {
        self.tapes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tapes {
    /// Keeps an ended connection, and removes the oldest ones beyond the limits.
    fn end(&mut self, connection: u64, party: &Arc<Party>) {
        self.ended.push_back((connection, Arc::clone(party)));
        let of_party = |(_, ended): &&(u64, Arc<Party>)| ended == party;
        let oldest = if self.ended.iter().filter(of_party).count() > ENDED_EACH {
            self.ended.iter().position(|ended| of_party(&ended))
        } else {
            (self.ended.len() > ENDED_MAX).then_some(0)
        };
        if let Some((connection, _)) = oldest.and_then(|index| self.ended.remove(index)) {
            self.all.remove(&connection);
        }
    }
}

/// The octets that each of `connections` rings may hold.
fn share(connections: usize) -> usize {
    let full = TOTAL_MAX / OCTETS_MAX;
    TOTAL_MAX / connections.next_power_of_two().max(full)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Direction;
    use bytes::BytesMut;
    use postrider_wire::smpp::pdu::{Bind, BindMode, EnquireLink};
    use postrider_wire::smpp::{Encode, Status};
    use std::time::UNIX_EPOCH;

    fn ends() -> Ends {
        Ends { local: "127.0.0.1:4000".parse().unwrap(), peer: "127.0.0.1:2775".parse().unwrap() }
    }

    fn written(pdu: &impl Encode, sequence: u32) -> Vec<u8> {
        let mut octets = BytesMut::new();
        pdu.encode(Status::ROK, sequence, &mut octets).unwrap();
        octets.to_vec()
    }

    fn of_upstream(name: &str) -> Wanted {
        Wanted { upstream: Some(name.into()), ..Wanted::default() }
    }

    fn of_account(name: &str) -> Wanted {
        Wanted { account: Some(name.into()), ..Wanted::default() }
    }

    #[test]
    fn all_rings_together_have_a_limit() {
        for connections in [0, 1, 1_024, 1_025, 5_000, 10_256, 16_384] {
            let share = share(connections);
            assert!(
                share * connections <= TOTAL_MAX && (4 * 1024..=OCTETS_MAX).contains(&share),
                "{connections}"
            );
        }
    }

    #[test]
    fn passwords_are_never_recorded() {
        let recorder = Recorder::new();
        let tape = recorder.upstream("acme", 0, ends());
        let bind = written(&Bind::new(BindMode::Transceiver, b"us", b"secret12"), 1);
        for piece in bind.chunks(7) {
            tape.record(UNIX_EPOCH, Direction::Out, piece);
        }
        let packets = recorder.recent(&of_upstream("acme"), 10);
        assert_eq!(packets.len(), 1);
        assert!(!packets[0].octets.windows(3).any(|word| word == b"sec"));
        assert_eq!((packets[0].length, packets[0].is_cut()), (bind.len(), false));
    }

    #[test]
    fn lines_of_modems_are_recorded_without_pins_and_only_theirs() {
        let recorder = Recorder::new();
        let (modem, stranger) = (recorder.upstream("sim", 0, ends()), recorder.client(ends()));
        for tape in [&modem, &stranger] {
            tape.record(UNIX_EPOCH, Direction::Out, b"\x1B\rAT+CPIN=\"1234\"\r");
            tape.record(UNIX_EPOCH, Direction::In, b"\r\nOK\r\n");
        }
        let packets = recorder.recent(&Wanted::default(), 10);
        let lines: Vec<_> = packets.iter().map(|packet| &*packet.octets).collect();
        assert_eq!(lines, [&b"AT+CPIN=\"****\""[..], b"OK"]);
    }

    #[test]
    fn the_last_connections_are_kept_for_a_while() {
        let recorder = Recorder::new();
        for number in 1..=6 {
            let tape = recorder.upstream("acme", 0, ends());
            tape.record(UNIX_EPOCH, Direction::Out, &written(&EnquireLink, number));
            tape.end();
        }
        let stranger = recorder.client(ends());
        stranger.record(UNIX_EPOCH, Direction::In, &written(&EnquireLink, 1));
        stranger.end();
        assert_eq!(recorder.recent(&of_upstream("acme"), 10).len(), ENDED_EACH);
        let newest = recorder.recent(&Wanted::default(), 2);
        assert_eq!(newest.iter().map(|packet| packet.octets[15]).collect::<Vec<_>>(), [5, 6]);
        assert_eq!(recorder.tapes().all.len(), ENDED_EACH);
    }

    #[tokio::test]
    async fn who_looks_sees_a_client_from_its_first_word() {
        let recorder = Recorder::new();
        let mut live = recorder.look(of_account("shop")).unwrap();
        let (shop, bank) = (recorder.client(ends()), recorder.client(ends()));
        for (tape, account) in [(&bank, "bank"), (&shop, "shop")] {
            tape.record(
                UNIX_EPOCH,
                Direction::In,
                &written(&Bind::new(BindMode::Receiver, b"user", b"secret"), 1),
            );
            tape.belongs_to(account);
        }
        shop.record(UNIX_EPOCH, Direction::Out, &written(&EnquireLink, 2));
        let seen: Vec<u8> = live.next(10).await.iter().map(|packet| packet.octets[15]).collect();
        assert_eq!(seen, [1, 2]);
    }

    #[tokio::test]
    async fn who_is_slow_misses_some_and_is_told_how_many() {
        let recorder = Recorder::new();
        let tape = recorder.upstream("acme", 0, ends());
        let mut live = recorder.look(of_upstream("acme")).unwrap();
        for number in 0..1_500 {
            tape.record(UNIX_EPOCH, Direction::Out, &written(&EnquireLink, number));
        }
        assert_eq!(live.next(10_000).await.len(), 1_024);
        assert_eq!((live.missed(), live.missed()), (476, 0));
    }

    #[tokio::test]
    async fn live_views_are_limited_and_end() {
        let recorder = Recorder::new();
        let mut views: Vec<Live> =
            (0..crate::LIVE_MAX).map(|_| recorder.look(Wanted::default()).unwrap()).collect();
        assert!(recorder.look(Wanted::default()).is_err());
        views.pop();
        let mut last = recorder.look(Wanted::default()).unwrap();
        recorder.close();
        assert!(last.next(1).await.is_empty());
        assert!(!recorder.board.is_watched());
    }
}
