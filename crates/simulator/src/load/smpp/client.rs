//! One bind of a load: everything that came since it last looked is handled in one go, with the books opened once.

use super::SmppPlan;
use crate::load::pace::Share;
use crate::load::progress::{Books, Pages};
use crate::load::{Tell, tell};
use postrider_link::{Driven, Pump, Turn, drive, now};
use postrider_wire::smpp::pdu::{Bind, BindMode, DeliverSm, DeliverSmResp, SubmitSm, UnbindResp};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{self, Address, Event, Pdu, Reason, Role, Session, State, Status};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How long a bind stops sending when it was told that it sends too much.
const REST: Duration = Duration::from_millis(100);

/// How long a bind waits before it connects again.
const RECONNECT: Duration = Duration::from_millis(500);

/// Final states of message_state: delivered, expired, deleted, undeliverable, unknown, rejected
/// (SMPP 3.4 section 5.2.28).
const FINAL: [u8; 6] = [2, 3, 4, 5, 7, 8];

pub(in crate::load) struct Client {
    plan: Arc<SmppPlan>,
    address: SocketAddr,
    books: Arc<Books>,
    share: Share,
    /// Messages to be sent once more.
    again: VecDeque<Sent>,
    /// Until when not to send, after having sent too much.
    rests_until: Option<Instant>,
    is_idle: bool,
    number: Vec<u8>,
    text: Vec<u8>,
}

/// A message that is under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    /// Since when it is due.
    since: Instant,
}

/// A connection of a bind.
struct Connection<'a> {
    client: &'a mut Client,
    session: Session<Token>,
    told: &'a mut Tell,
    /// It waits for octets and times alone.
    nothing: (),
}

impl Driven for Connection<'_> {
    type Endpoint = Session<Token>;
    type Sources = ();
    type End = io::Result<()>;

    fn turn(&mut self, now: Instant) -> Turn<io::Result<()>> {
        match self.client.turn(&mut self.session, self.told, now) {
            Ok(true) => Turn::Wait { until: self.client.deadline(&self.session, now), reads: true },
            Ok(false) => Turn::Over(Ok(())),
            Err(error) => Turn::Over(Err(error)),
        }
    }

    fn parts(&mut self) -> (&mut Session<Token>, &mut ()) {
        (&mut self.session, &mut self.nothing)
    }

    fn hear(&mut self, never: Infallible, _: Instant) {
        match never {}
    }

    fn lost(&mut self, error: &io::Error) {
        self.session.close(Reason::Disconnected(error.to_string()));
    }
}

/// The token of a request.
#[derive(Clone, Copy, Debug)]
enum Token {
    Bind,
    Submit(Sent),
}

/// The step that follows an event, once its borrow has ended.
enum Step {
    Nothing,
    Take { sequence: u32 },
    Unbind { sequence: u32 },
    Bound(Status),
    Close,
}

impl Client {
    pub(in crate::load) fn new(plan: Arc<SmppPlan>, books: Arc<Books>, index: usize, start: Instant) -> Self {
        Self {
            share: Share::new(&plan.pace, index, plan.binds, 1, start),
            address: plan.addresses[index % plan.addresses.len()],
            plan,
            books,
            again: VecDeque::new(),
            rests_until: None,
            is_idle: false,
            number: Vec::new(),
            text: Vec::new(),
        }
    }

    /// Binds, sends and receives until it is aborted; if the first bind fails, it says so and ends.
    pub(in crate::load) async fn run(mut self, mut told: Tell) {
        loop {
            if let Err(error) = self.connect(&mut told).await
                && tell(&mut told, Err(error))
            {
                return;
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    /// One connection, from its beginning to its end.
    async fn connect(&mut self, told: &mut Tell) -> io::Result<()> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let now = now();
        let mut session = self.session(now);
        let plan = Arc::clone(&self.plan);
        let bind = Bind::new(BindMode::Transceiver, plan.system_id.as_bytes(), plan.password.as_bytes());
        session.request(&bind, Token::Bind, now).map_err(io::Error::other)?;
        let mut connection = Connection { client: self, session, told, nothing: () };
        drive(&mut Pump::new(stream), &mut connection).await?;
        let lost = connection.session.drain_outstanding().count() as u64;
        self.books.with(|pages| {
            pages.progress.unanswered += lost;
            pages.progress.disconnects += 1;
        });
        Ok(())
    }

    fn session(&self, now: Instant) -> Session<Token> {
        let settings = smpp::Settings { window: self.plan.window, ..smpp::Settings::default() };
        Session::new(Role::Client, settings, now)
    }

    fn deadline(&self, session: &Session<Token>, now: Instant) -> Option<Instant> {
        let has_room = session.window_free() > 0;
        let due = self.share.next(now).filter(|_| has_room);
        let rested = self.rests_until.filter(|_| has_room);
        [session.deadline(), rested.or(due)].into_iter().flatten().min()
    }

    /// Handles everything there is at `now`. The answer is whether the connection goes on.
    fn turn(&mut self, session: &mut Session<Token>, told: &mut Tell, now: Instant) -> io::Result<bool> {
        let books = Arc::clone(&self.books);
        books.with(|pages| {
            session.tick(now);
            while let Some(step) = self.step(session, pages, now) {
                let answered = match step {
                    Step::Nothing => Ok(()),
                    Step::Take { sequence } => {
                        session.respond(sequence, Status::ROK, &DeliverSmResp::default(), now)
                    }
                    Step::Unbind { sequence } => session.respond(sequence, Status::ROK, &UnbindResp, now),
                    Step::Bound(status) => {
                        bound(status, told)?;
                        Ok(())
                    }
                    Step::Close => return Ok(false),
                };
                answered.map_err(io::Error::other)?;
            }
            if session.state() == State::BoundTrx {
                self.send(session, pages, now)?;
            }
            self.note_idle(session, pages, now);
            Ok(true)
        })
    }

    fn step(&mut self, session: &mut Session<Token>, pages: &mut Pages, now: Instant) -> Option<Step> {
        Some(match session.next(now)? {
            Event::Request { sequence, pdu } => {
                if let Pdu::DeliverSm(pdu) = &pdu {
                    receive(pdu, pages, now);
                }
                Step::Take { sequence }
            }
            Event::Response { token: Token::Bind, status, .. } => Step::Bound(status),
            Event::Response { token: Token::Submit(sent), status, pdu, .. } => {
                match pdu {
                    Pdu::SubmitSmResp(pdu) if status.is_ok() => {
                        pages.accepted(sent.number, pdu.message_id, sent.since, now);
                    }
                    _ => self.refused(sent, status, pages, now),
                }
                Step::Nothing
            }
            Event::TimedOut { .. } => {
                pages.progress.unanswered += 1;
                Step::Nothing
            }
            Event::Unbind { sequence } => Step::Unbind { sequence },
            Event::Closed(_) => Step::Close,
            _ => Step::Nothing,
        })
    }

    fn refused(&mut self, sent: Sent, status: Status, pages: &mut Pages, now: Instant) {
        if matches!(status, Status::RTHROTTLED | Status::RMSGQFUL) {
            pages.progress.throttled += 1;
            self.again.push_back(sent);
            self.rests_until = Some(now + REST);
        } else {
            pages.progress.refused += 1;
        }
    }

    /// Sends what is due and has room in the window.
    fn send(&mut self, session: &mut Session<Token>, pages: &mut Pages, now: Instant) -> io::Result<()> {
        if self.rests_until.is_some_and(|until| now < until) {
            return Ok(());
        }
        self.rests_until = None;
        while session.window_free() > 0 {
            let Some(sent) = self.again.pop_front().or_else(|| self.next_message(pages, now)) else { break };
            self.submit(session, sent, now)?;
        }
        Ok(())
    }

    fn next_message(&mut self, pages: &mut Pages, now: Instant) -> Option<Sent> {
        if self.plan.pace.most.is_some_and(|most| pages.ledger.issued() >= most) {
            return None;
        }
        let since = self.share.take(now)?;
        Some(Sent { number: pages.issue(since), since })
    }

    fn submit(&mut self, session: &mut Session<Token>, sent: Sent, now: Instant) -> io::Result<()> {
        self.number.clear();
        self.text.clear();
        write!(self.number, "{}", sent.number)?;
        write!(self.text, "Your code is {}", sent.number % 1_000_000)?;
        let pdu = SubmitSm {
            source: Address::alphanumeric(self.plan.sender.as_bytes()),
            destination: Address::international(&self.number),
            registered_delivery: 1,
            short_message: &self.text,
            ..SubmitSm::default()
        };
        session.request(&pdu, Token::Submit(sent), now).map_err(io::Error::other)?;
        Ok(())
    }

    fn note_idle(&mut self, session: &Session<Token>, pages: &mut Pages, now: Instant) {
        let sent_all = self.plan.pace.most.is_some_and(|most| pages.ledger.issued() >= most);
        let is_over = sent_all || self.share.is_over(now);
        let is_idle = is_over && session.outstanding() == 0 && self.again.is_empty();
        if is_idle && !self.is_idle {
            self.is_idle = true;
            pages.progress.idle += 1;
        }
    }
}

fn bound(status: Status, told: &mut Tell) -> io::Result<()> {
    if !status.is_ok() {
        return Err(io::Error::other(format!("the bind was refused: {status}")));
    }
    tell(told, Ok(()));
    Ok(())
}

/// Enters a receipt, if it is one and a final one.
fn receive(pdu: &DeliverSm<'_>, pages: &mut Pages, now: Instant) {
    let state: Option<u8> = pdu.tlvs.number(tag::MESSAGE_STATE);
    if state.is_some_and(|state| !FINAL.contains(&state)) {
        return;
    }
    let id = pdu.tlvs.text(tag::RECEIPTED_MESSAGE_ID).or_else(|| field(pdu.text(), b"id:"));
    let number = std::str::from_utf8(pdu.source.digits).ok();
    let number = number.and_then(|digits| digits.trim_start_matches('+').parse().ok());
    match (number, id) {
        (Some(number), Some(id)) => pages.receipt(number, id, now),
        _ => pages.progress.strangers += 1,
    }
}

/// The value of a field in the text of a receipt.
fn field<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let start = text.windows(name.len()).position(|window| window == name)? + name.len();
    text.get(start..)?.split(|octet| *octet == b' ').next()
}
