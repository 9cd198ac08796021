//! What must hold for a session whatever comes and goes: no panic, the window kept, buffers within their limits, and
//! every token given back exactly once.

use postrider_wire::smpp::pdu::{
    Bind, BindMode, BindResp, DeliverSm, EnquireLink, SubmitSm, SubmitSmResp, UnbindResp,
};
use postrider_wire::smpp::{Event, Pdu, Reason, Role, Session, Settings, State, Status};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const WINDOW: usize = 3;
const MAX_PDU: usize = 512;
/// The most that a session may hold of its input: what waits behind a bind, and one read.
const MOST_INPUT: usize = MAX_PDU + 64 * 1024;

struct Run {
    session: Session<u32>,
    now: Instant,
    next_token: u32,
    given: BTreeSet<u32>,
    /// Requests of the peer, and whether each is a bind or an unbind.
    asked: Vec<(u32, Asked)>,
    fed: usize,
    ours: usize,
}

#[derive(Clone, Copy)]
enum Asked {
    Bind(BindMode),
    Unbind,
    Other,
}

/// Plays `script`: an octet for the role, and then steps, each an octet that says which and what it takes along.
pub(crate) fn script(script: &[u8]) {
    let Some((first, mut rest)) = script.split_first() else { return };
    let role = if first & 1 == 0 { Role::Client } else { Role::Server };
    let mut run = Run::new(role, first & 2 != 0);
    while let Some((step, after)) = rest.split_first() {
        rest = run.step(*step, after);
        run.events();
        run.check();
    }
    run.end();
}

impl Run {
    #[expect(
        clippy::disallowed_methods,
        reason = "a virtual clock starts at a real moment; there is no other"
    )]
    fn new(role: Role, strict_states: bool) -> Self {
        let now = Instant::now();
        let settings = Settings {
            window: WINDOW,
            max_pdu: MAX_PDU,
            inactivity: Some(Duration::from_secs(100)),
            strict_states,
            accept_outbind: !strict_states,
            first_sequence: 0x7FFF_FFFE,
            ..Settings::default()
        };
        let session = Session::new(role, settings, now);
        Self { session, now, next_token: 0, given: BTreeSet::new(), asked: Vec::new(), fed: 0, ours: 0 }
    }

    fn step<'s>(&mut self, step: u8, rest: &'s [u8]) -> &'s [u8] {
        match step % 8 {
            0 => self.request(&SubmitSm::default()),
            1 => self.request(&DeliverSm::default()),
            2 => self.request(&Bind::new(BindMode::Transceiver, b"id", b"secret")),
            3 => self.request(&EnquireLink),
            4 => self.answer(),
            5 => self.ours += usize::from(self.session.unbind(self.now).is_ok()) * 16,
            6 => {
                self.now += Duration::from_secs(u64::from(step / 8));
                self.session.tick(self.now);
            }
            _ => return self.feed(usize::from(step / 8) * 4 + 1, rest),
        }
        rest
    }

    fn feed<'s>(&mut self, count: usize, rest: &'s [u8]) -> &'s [u8] {
        let (piece, after) = rest.split_at(count.min(rest.len()));
        if self.session.wants_input() {
            self.session.input().extend_from_slice(piece);
            self.fed += piece.len();
        }
        after
    }

    fn request(&mut self, pdu: &impl postrider_wire::smpp::Encode) {
        let token = self.next_token;
        let before = self.session.output().len();
        if self.session.request(pdu, token, self.now).is_ok() {
            self.next_token += 1;
            assert!(self.given.insert(token));
        }
        self.ours += self.session.output().len() - before;
    }

    fn answer(&mut self) {
        let Some((sequence, asked)) = self.asked.pop() else { return };
        let before = self.session.output().len();
        let answered = match asked {
            Asked::Bind(mode) => {
                self.session.respond(sequence, Status::ROK, &BindResp::new(mode, b"us"), self.now)
            }
            Asked::Unbind => self.session.respond(sequence, Status::ROK, &UnbindResp, self.now),
            Asked::Other => self.session.respond(sequence, Status::ROK, &SubmitSmResp::default(), self.now),
        };
        assert!(answered.is_ok() || self.session.state() == State::Closed);
        self.ours += self.session.output().len() - before;
    }

    fn events(&mut self) {
        let mut closed = false;
        while let Some(event) = self.session.next(self.now) {
            assert!(!closed, "nothing comes after the end");
            match event {
                Event::Request { sequence, pdu: Pdu::Bind(bind) } => {
                    self.asked.push((sequence, Asked::Bind(bind.mode)));
                }
                Event::Request { sequence, .. } => self.asked.push((sequence, Asked::Other)),
                Event::Unbind { sequence } => self.asked.push((sequence, Asked::Unbind)),
                Event::Response { token, .. } | Event::TimedOut { token, .. } => {
                    assert!(self.given.remove(&token), "a token comes back once");
                }
                Event::Closed(reason) => {
                    assert!(!reason.to_string().is_empty());
                    closed = true;
                }
                Event::LateResponse { .. } | Event::Malformed { .. } | Event::Refused { .. } => {}
            }
        }
    }

    fn check(&mut self) {
        assert!(self.session.outstanding() <= WINDOW);
        assert_eq!(self.session.outstanding(), self.given.len());
        assert_eq!(self.session.window_free(), WINDOW - self.session.outstanding());
        assert!(self.session.input().len() <= MOST_INPUT);
        // Each PDU of the peer is worth one answer of no more than a header; enquire_link of ours are few.
        let clock = 16 * 256;
        assert!(self.session.output().len() <= self.fed + self.ours + clock + 16);
        if self.session.state() == State::Closed {
            assert_eq!(self.session.deadline(), None);
            assert!(self.session.request(&EnquireLink, 0, self.now).is_err());
        }
    }

    fn end(mut self) {
        self.session.close(Reason::Disconnected("the script ended".to_owned()));
        self.events();
        for token in self.session.drain_outstanding() {
            assert!(self.given.remove(&token), "a token comes back once");
        }
        assert!(self.given.is_empty(), "every token comes back");
    }
}
