//! One connection to a carrier that names parts by a time stamp: a session of UCP or CIMD2, and the answers that are held back
//! for a while. The world decides what is answered and what is delivered, as it does for SMPP.

use super::Settings;
use super::intake::{Moment, Reaction};
use super::link::{Call, Ending, MAX_HELD, Next};
use super::mail::Mail;
use super::shared::Shared;
use super::world::{Client, Order, World, clock};
use crate::schedule::Schedule;
use postrider_link::{Driven, Pump, Turn, drive, now};
use postrider_wire::Endpoint;
use postrider_wire::exchange::{self, Exchange, Reason, RequestError};
use postrider_wire::smpp::Status;
use std::io;
use std::ops::DerefMut;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;

/// A protocol of such carriers.
pub(super) trait Dialect {
    type Session: Endpoint + DerefMut<Target = Exchange<Mail>>;
    /// An answer to a request.
    type Answer;

    fn begin(settings: exchange::Settings, now: Instant) -> Self::Session;
    /// Does what is due.
    fn tick(session: &mut Self::Session, now: Instant);
    /// The next event, as far as the world is concerned with it.
    fn step(
        session: &mut Self::Session,
        standing: Standing<'_>,
        moment: Moment,
    ) -> Option<Step<Self::Answer>>;
    /// Writes an answer.
    fn give(session: &mut Self::Session, answer: &Self::Answer);
    /// Sends one piece of mail to the client.
    ///
    /// # Errors
    /// When the session doesn't take it; the mail is lost then, so look for room in its window first.
    fn post(
        session: &mut Self::Session,
        mail: Mail,
        client: &Client,
        moment: Moment,
    ) -> Result<u32, RequestError>;
}

/// The world, and where a connection stands in it.
pub(super) struct Standing<'a> {
    pub(super) world: &'a mut World,
    /// The connection's number.
    pub(super) number: u64,
    pub(super) client: Option<&'a Client>,
    /// Submissions so far.
    pub(super) submitted: &'a mut u64,
}

/// The step that follows an event.
pub(super) enum Step<A> {
    Nothing,
    /// Somebody logged in.
    Welcome(Client, A),
    Answer(A),
    /// The answer is due then.
    Later(Instant, A),
    /// The client says goodbye.
    Leave(A),
    Close,
}

impl<A> Step<A> {
    /// The step that follows the world's reaction to a submission.
    pub(super) fn after(reaction: Reaction, answer: impl FnOnce(Result<(), Status>) -> A) -> Self {
        match reaction {
            Reaction::Answer { at, result } => Self::Later(at, answer(result.map(drop))),
            Reaction::HangUp => Self::Close,
            Reaction::Ignore => Self::Nothing,
        }
    }
}

struct Link<D: Dialect> {
    shared: Arc<Shared>,
    number: u64,
    call: Call,
    session: D::Session,
    client: Option<Client>,
    /// Submissions so far.
    submitted: u64,
    /// Answers that aren't due yet.
    answers: Schedule<D::Answer>,
    settings: Arc<Settings>,
    /// Octets to be written as they are.
    raw: Vec<u8>,
}

/// Serves a connection until it ends.
pub(super) async fn serve<D: Dialect>(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let mut pump = Pump::new(stream);
    let mut link: Link<D> = Link::new(shared, now());
    if drive(&mut pump, &mut link).await == Ending::Close {
        pump.close(&mut link.session).await;
    }
    link.end();
}

impl<D: Dialect> Driven for Link<D> {
    type Endpoint = D::Session;
    type Sources = Call;
    type End = Ending;

    /// Does everything there is to do at `now`, with the world locked once.
    fn turn(&mut self, now: Instant) -> Turn<Ending> {
        let shared = Arc::clone(&self.shared);
        let next = shared.with(|world| self.act(world, now));
        Endpoint::output(&mut self.session).extend_from_slice(&std::mem::take(&mut self.raw));
        match next {
            Next::Exchange => {
                let until = self.session.deadline().into_iter().chain(self.answers.next()).min();
                Turn::Wait { until, reads: true }
            }
            Next::StandStill => Turn::Still,
            Next::End(ending) => Turn::Over(ending),
        }
    }

    fn stride(&self) -> usize {
        if self.settings.octets.one_by_one { 1 } else { usize::MAX }
    }

    fn parts(&mut self) -> (&mut D::Session, &mut Call) {
        (&mut self.session, &mut self.call)
    }

    fn hear(&mut self, (): (), _: Instant) {}

    fn lost(&mut self, error: &io::Error) {
        self.session.close(Reason::Disconnected(error.to_string()));
    }
}

impl<D: Dialect> Link<D> {
    fn new(shared: Arc<Shared>, now: Instant) -> Self {
        let wake = Arc::new(Notify::new());
        let (number, settings) = shared.with(|world| {
            let number = world.connected(Arc::clone(&wake));
            (number, Arc::clone(world.settings()))
        });
        let session = exchange::Settings {
            window: settings.window,
            response: settings.patience,
            keepalive: settings.enquire_link,
            inactivity: settings.idle,
            ..exchange::Settings::default()
        };
        Self {
            shared,
            number,
            call: Call(wake),
            session: D::begin(session, now),
            client: None,
            submitted: 0,
            answers: Schedule::new(now),
            settings,
            raw: Vec::new(),
        }
    }

    fn act(&mut self, world: &mut World, now: Instant) -> Next {
        let moment = Moment { now, clock: clock() };
        self.settings = Arc::clone(world.settings());
        for order in world.orders(self.number) {
            match order {
                Order::Cut => return Next::End(Ending::Cut),
                // A service centre says nothing before it goes.
                Order::Unbind => return Next::End(Ending::Close),
                Order::Write(octets) => self.raw.extend_from_slice(&octets),
            }
        }
        if world.paused {
            return Next::StandStill;
        }
        D::tick(&mut self.session, now);
        for answer in self.answers.take_due(now) {
            D::give(&mut self.session, &answer);
        }
        let next = self.handle_events(world, moment);
        world.lay_out(now);
        self.carry_mail(world, moment);
        self.lose_patience(world, next)
    }

    /// The carrier's own actions, once it has answered all requests.
    fn lose_patience(&mut self, world: &World, next: Next) -> Next {
        let waiting = self.answers.len();
        let is_too_much = self.settings.window_allowed.is_some_and(|most| waiting > most);
        let has_enough = self.settings.unbind_after.is_some_and(|most| self.submitted >= most);
        let sends_away = self.client.as_ref().is_some_and(|client| world.awaits_later_bind(client));
        if is_too_much || waiting == 0 && (has_enough || sends_away) {
            return Next::End(Ending::Close);
        }
        next
    }

    fn handle_events(&mut self, world: &mut World, moment: Moment) -> Next {
        loop {
            let Self { session, client, number, submitted, .. } = self;
            let standing = Standing { world, number: *number, client: client.as_ref(), submitted };
            match D::step(session, standing, moment) {
                None => return Next::Exchange,
                Some(Step::Close) => return Next::End(Ending::Close),
                Some(step) => self.follow(step, moment.now),
            }
        }
    }

    fn follow(&mut self, step: Step<D::Answer>, now: Instant) {
        match step {
            Step::Welcome(client, answer) => {
                self.client = Some(client);
                D::give(&mut self.session, &answer);
            }
            Step::Later(at, answer) if at > now && self.answers.len() < MAX_HELD => {
                self.answers.add(at, answer);
            }
            Step::Answer(answer) | Step::Later(_, answer) => D::give(&mut self.session, &answer),
            Step::Leave(answer) => {
                D::give(&mut self.session, &answer);
                self.session.close(Reason::Left);
            }
            Step::Nothing | Step::Close => {}
        }
    }

    /// Writes as much mail as the window has room for.
    fn carry_mail(&mut self, world: &mut World, moment: Moment) {
        let Some(client) = &self.client else { return };
        while self.session.window_free() > 0 {
            let Some(mail) = world.fetch(client) else { break };
            let is_receipt = matches!(mail, Mail::Receipt(_));
            match D::post(&mut self.session, mail, client, moment) {
                Ok(_) => world.counts.receipts_sent += u64::from(is_receipt),
                Err(_) => world.counts.dropped += 1,
            }
        }
        world.set_room(client, self.session.window_free());
    }

    fn end(mut self) {
        let undelivered: Vec<Mail> = self.session.drain_outstanding().collect();
        self.shared.with(|world| {
            if let Some(client) = &self.client {
                world.unbound(client, undelivered.into_iter());
            }
            world.disconnected(self.number);
        });
    }
}

impl World {
    /// The moment of a part's time stamp, in seconds since 1970: a recipient gets each only once, unless stamps repeat.
    pub(super) fn stamped(&mut self, recipient: &[u8], moment: Moment) -> Moment {
        if self.settings().stamps_repeat {
            return moment;
        }
        let (second, stamps) = &mut self.stamps;
        if *second < moment.clock {
            *second = moment.clock;
            stamps.retain(|_, latest| *latest >= moment.clock);
        }
        let latest = stamps.entry(recipient.into()).or_insert(moment.clock - 1);
        *latest = moment.clock.max(*latest + 1);
        Moment { clock: *latest, ..moment }
    }
}
