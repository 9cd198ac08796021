//! The recording of one connection.

use crate::cutter::{Cut, Cutter, KEPT_MAX};
use crate::framed;
use crate::lines::{self, Lines};
use crate::live::Board;
use crate::packet::{Direction, Ends, Origin, Packet, Party};
use crate::recorder::Recorder;
use crate::ring::{Entry, Ring};
use crate::secret::{has_password, hide_password};
use crate::web;
use bytes::Bytes;
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

/// The recording of one connection.
pub struct Tape {
    board: Arc<Board>,
    recorder: Weak<Recorder>,
    state: Mutex<State>,
}

struct State {
    origin: Origin,
    ring: Ring,
    sent: Cutter,
    heard: Cutter,
    /// Both directions of a conversation with a modem, if it is one.
    lines: Option<[Lines; 2]>,
    /// Octets of the whole messages that were recorded, out and in.
    whole: [u64; 2],
}

impl Tape {
    pub(crate) fn new(
        connection: u64,
        party: Option<Party>,
        ends: Ends,
        board: Arc<Board>,
        recorder: Weak<Recorder>,
    ) -> Self {
        let origin = Origin { connection, party: party.map(Arc::new), ends };
        let state = State {
            origin,
            ring: Ring::default(),
            sent: Cutter::default(),
            heard: Cutter::default(),
            lines: None,
            whole: [0; 2],
        };
        Self { board, recorder, state: Mutex::new(state) }
    }

    /// Records octets that were read or written at this time.
    pub fn record(&self, at: SystemTime, direction: Direction, octets: &[u8]) {
        let mut state = self.state();
        let State { origin, ring, sent, heard, lines, .. } = &mut *state;
        let is_upstream = matches!(origin.party.as_deref(), Some(Party::Upstream { .. }));
        if lines.is_none() && is_upstream && direction == Direction::Out && lines::opens(octets) {
            *lines = Some(Default::default());
        }
        if let Some(both) = lines {
            return both[usize::from(direction == Direction::In)].cut(octets, |offset, line| {
                let mut line = line.to_vec();
                lines::hide_secrets(&mut line);
                self.keep(origin, ring, &Entry { at, direction, offset, length: line.len() }, &line);
            });
        }
        let cutter = match direction {
            Direction::Out => sent,
            Direction::In => heard,
        };
        cutter.cut(octets, |Cut { offset, length, octets }| {
            let octets = without_password(octets);
            self.keep(origin, ring, &Entry { at, direction, offset, length }, &octets);
        });
    }

    /// Records whole messages of HTTP, one behind the other, without these secrets.
    pub(crate) fn record_whole<'a>(
        &self,
        messages: impl Iterator<Item = (SystemTime, Direction, &'a [u8])>,
        secrets: &[Box<str>],
    ) {
        let mut state = self.state();
        let State { origin, ring, whole, .. } = &mut *state;
        for (at, direction, octets) in messages {
            let place = &mut whole[usize::from(direction == Direction::In)];
            let entry = Entry { at, direction, offset: *place, length: octets.len() };
            *place += octets.len() as u64;
            // A secret that is cut at the end would not be found.
            let longest = secrets.iter().map(|secret| secret.len()).max().unwrap_or(0);
            let mut kept = octets.get(..KEPT_MAX + longest).unwrap_or(octets).to_vec();
            web::hide_secrets(&mut kept, secrets);
            kept.truncate(KEPT_MAX);
            self.keep(origin, ring, &entry, &kept);
        }
    }

    /// Keeps a PDU, and shows it to who looks.
    fn keep(&self, origin: &Origin, ring: &mut Ring, entry: &Entry, octets: &[u8]) {
        let Entry { at, direction, offset, length } = *entry;
        if self.board.is_watched() {
            self.board.show(origin, direction, octets, || Packet {
                origin: origin.clone(),
                at,
                direction,
                offset,
                length,
                octets: Bytes::copy_from_slice(octets),
            });
        }
        ring.push(Entry { at, direction, offset, length }, octets, self.board.room.load(Ordering::Relaxed));
    }

    /// Sets the account that the client binds as. Live views of that account get the earlier PDUs too.
    pub fn belongs_to(&self, account: &str) {
        let mut state = self.state();
        state.origin.party = Some(Arc::new(Party::Account { name: account.into() }));
        if self.board.is_watched() {
            for packet in state.ring.packets(&state.origin) {
                self.board.show(&packet.origin, packet.direction, &packet.octets, || packet.clone());
            }
        }
    }

    /// Ends the recording.
    pub(crate) fn end(&self) {
        let origin = self.state().origin.clone();
        if let Some(recorder) = self.recorder.upgrade() {
            recorder.ended(&origin);
        }
    }

    /// The connection's addresses.
    pub fn ends(&self) -> Ends {
        self.state().origin.ends
    }

    pub(crate) fn origin(&self) -> Origin {
        self.state().origin.clone()
    }

    /// The kept PDUs, the oldest first.
    pub(crate) fn packets(&self) -> Vec<Packet> {
        let state = self.state();
        state.ring.packets(&state.origin)
    }

    /// Shrinks the ring to `room` octets.
    pub(crate) fn fit(&self, room: usize) {
        self.state().ring.fit(room);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("origin", &self.state().origin).finish_non_exhaustive()
    }
}

fn without_password(octets: &[u8]) -> Cow<'_, [u8]> {
    if framed::is_frame(octets) {
        let mut hidden = octets.to_vec();
        framed::hide_password(&mut hidden);
        return hidden.into();
    }
    if !has_password(octets) {
        return octets.into();
    }
    let mut hidden = octets.to_vec();
    hide_password(&mut hidden);
    hidden.into()
}
