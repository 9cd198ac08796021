//! The recording of one connection.

use crate::cutter::{Cut, Cutter};
use crate::framed;
use crate::live::Board;
use crate::packet::{Direction, Ends, Origin, Packet, Party};
use crate::recorder::Recorder;
use crate::ring::{Entry, Ring};
use crate::secret::{has_password, hide_password};
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
        let state =
            State { origin, ring: Ring::default(), sent: Cutter::default(), heard: Cutter::default() };
        Self { board, recorder, state: Mutex::new(state) }
    }

    /// Records octets that were read or written at this time.
    pub fn record(&self, at: SystemTime, direction: Direction, octets: &[u8]) {
        let (room, is_watched) = (self.board.room.load(Ordering::Relaxed), self.board.is_watched());
        let mut state = self.state();
        let State { origin, ring, sent, heard } = &mut *state;
        let cutter = match direction {
            Direction::Out => sent,
            Direction::In => heard,
        };
        cutter.cut(octets, |Cut { offset, length, octets }| {
            let octets = without_password(octets);
            if is_watched {
                self.board.show(origin, direction, &octets, || Packet {
                    origin: origin.clone(),
                    at,
                    direction,
                    offset,
                    length,
                    octets: Bytes::copy_from_slice(&octets),
                });
            }
            ring.push(Entry { at, direction, offset, length }, &octets, room);
        });
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
