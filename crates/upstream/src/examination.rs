//! Examines the link to a carrier whatever its protocol: its addresses, TLS and the login, with a session of its own. Nothing
//! of it is put in force here.

use postrider_link::carrier::{Conversation, Event, Protocol};
use postrider_link::connect::{Dialer, Host, Stream};
use postrider_link::doctor::{Finding, Listener, Reachable, Step, reach, spoken_since};
use postrider_link::{Driven, Pump, Turn, drive, now};
use postrider_trace::{Recorded, Recorder};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Logging in.
const LOGIN: Step = Step::new("login");
/// Handing in texts.
const SEND: Step = Step::new("send");
/// The longest examination.
const PATIENCE: Duration = Duration::from_mins(3);

/// A link to examine.
pub(crate) struct Subject<P> {
    pub(crate) name: Box<str>,
    pub(crate) protocol: P,
    pub(crate) dialer: Dialer,
    pub(crate) hosts: Vec<Host>,
    /// The time limit of the answer to the login.
    pub(crate) login: Duration,
    /// The number of the upstream's links, behind which this session's is recorded.
    pub(crate) links: usize,
    pub(crate) recorder: Arc<Recorder>,
    /// Whether texts were to be sent to a handset, which only SMPP's own examination does.
    pub(crate) sends: bool,
}

/// Examines a link and tells each finding as it is made, until all is said or nobody listens any more.
pub(crate) async fn examine<P: Protocol>(subject: Subject<P>, tell: mpsc::Sender<Finding>) {
    let listener = Listener::new(tell.clone());
    let examination = timeout(PATIENCE, run(&subject, &listener));
    tokio::select! {
        // What was found so far is told; the login has a time limit of its own.
        _ = examination => {}
        () = tell.closed() => {}
    }
}

async fn run<P: Protocol>(subject: &Subject<P>, listener: &Listener) {
    let places = reach(&subject.dialer, &subject.hosts, listener).await;
    for place in &places {
        let found = Finding::new(LOGIN, format!("a login at {}", place.address));
        let began = now();
        let said = attempt(subject, place).await;
        let is_in = matches!(said, Said::In);
        listener.tell(told(found, said, began)).await;
        if is_in {
            if subject.sends {
                let found = Finding::new(SEND, "texts to the handset").note("not sent");
                listener.tell(found.means("the doctor sends texts over SMPP only")).await;
            }
            return;
        }
    }
}

fn told(found: Finding, said: Said, began: Instant) -> Finding {
    match said {
        Said::In => found.well(format!("accepted in {}", spoken_since(began))),
        Said::Refused { reason, advice } => found.failed(reason).advice(advice),
        Said::Ended(reason) => found
            .failed(reason)
            .means("the carrier ended the session before it answered the login")
            .advice("ask the carrier whether it admits this address, and whether host and port are those of this protocol"),
        Said::Silent => found
            .failed("no answer")
            .means("something accepts connections there and says nothing")
            .advice("compare host, port and protocol with what the carrier gave you"),
    }
}

/// What came of a login.
pub(crate) enum Said {
    In,
    Refused { reason: String, advice: &'static str },
    Ended(String),
    Silent,
}

async fn attempt<P: Protocol>(subject: &Subject<P>, place: &Reachable) -> Said {
    let dialer = &subject.dialer;
    let (stream, ends) = match timeout(dialer.patience, dialer.open(&place.host, place.address)).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) => return Said::Ended(error.to_string()),
        Err(_) => return Said::Silent,
    };
    let conversation = match subject.protocol.begin(subject.links, now()) {
        Ok(conversation) => conversation,
        Err(reason) => return Said::Ended(reason),
    };
    let tape = subject.recorder.upstream(&subject.name, subject.links, ends);
    log_in(conversation, Recorded::new(stream, tape), now() + subject.login).await.0
}

/// Holds a conversation up to the answer to its login, and ends it then.
pub(crate) async fn log_in<C: Conversation>(
    conversation: C,
    stream: impl Stream,
    until: Instant,
) -> (Said, C) {
    let mut pump = Pump::new(stream);
    let mut login = Login { conversation, until, sources: () };
    let said = drive(&mut pump, &mut login).await;
    login.conversation.leave(now());
    pump.close(login.conversation.endpoint()).await;
    (said, login.conversation)
}

/// A conversation up to the answer to its login.
struct Login<C> {
    conversation: C,
    until: Instant,
    sources: (),
}

impl<C: Conversation> Driven for Login<C> {
    type Endpoint = C::Endpoint;
    type Sources = ();
    type End = Said;

    fn turn(&mut self, now: Instant) -> Turn<Said> {
        self.conversation.tick(now);
        while let Some(event) = self.conversation.next(now) {
            match event {
                Event::LoggedIn => return Turn::Over(Said::In),
                Event::LoginRefused { reason, advice, .. } => {
                    return Turn::Over(Said::Refused { reason, advice });
                }
                Event::Closed { reason, .. } => return Turn::Over(Said::Ended(reason)),
                // What is refused comes again, to the gateway's own session.
                Event::Brought { ack, .. } => self.conversation.acknowledge(ack, false, now),
                _ => {}
            }
        }
        if now >= self.until {
            return Turn::Over(Said::Silent);
        }
        let until = self.conversation.deadline().map_or(self.until, |deadline| deadline.min(self.until));
        Turn::Wait { until: Some(until), reads: true }
    }

    fn parts(&mut self) -> (&mut C::Endpoint, &mut ()) {
        (self.conversation.endpoint(), &mut self.sources)
    }

    fn hear(&mut self, news: std::convert::Infallible, _: Instant) {
        match news {}
    }

    fn lost(&mut self, error: &io::Error) {
        self.conversation.disconnected(postrider_link::connect::lost(error));
    }
}
