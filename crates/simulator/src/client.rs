//! A client that speaks SMPP and has manners: it binds, hands in a few texts, waits for their answers and receipts,
//! and reports what came of it. For load there is `load`.

mod conversation;
mod piece;
mod report;
mod settings;

use postrider_link::{Driven, Pump, Turn, drive, now};
use postrider_wire::smpp::{self, Reason, Role, Session};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

pub use report::{Report, Sent};
pub use settings::{Carrying, Errand, Response, Settings, Units};

use crate::twist::Twister;
use conversation::{Conversation, Token};

/// The time between connections, and the most of them: one that is turned away always shouldn't try for ever.
const RECONNECT: Duration = Duration::from_millis(200);
const MAX_CONNECTIONS: u64 = 5;

/// Has the whole conversation with the server at `address`, on as many connections as it takes, and says what came of
/// it. It ends when everything was answered and reported, or when patience does.
///
/// # Errors
/// When the server can't be connected to.
pub async fn run(address: SocketAddr, settings: Settings) -> io::Result<Report> {
    let until = now() + settings.patience;
    let mut conversation = Conversation::new(settings);
    for connection in 1..=MAX_CONNECTIONS {
        connect(address, &mut conversation, connection, until).await?;
        if conversation.is_over() || now() + RECONNECT >= until {
            break;
        }
        tokio::time::sleep(RECONNECT).await;
    }
    Ok(conversation.report())
}

/// One connection, from its beginning to its end.
async fn connect(
    address: SocketAddr,
    conversation: &mut Conversation,
    number: u64,
    until: Instant,
) -> io::Result<()> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let settings = conversation.settings();
    let rules = smpp::Settings {
        window: settings.window,
        enquire_link: settings.enquire_link,
        unbind: Duration::from_secs(1),
        ..smpp::Settings::default()
    };
    let mut connection = Connection {
        twister: Twister::new(settings.octets.clone(), number),
        conversation,
        session: Session::new(Role::Client, rules, now()),
        has_begun: false,
        until,
        nothing: (),
    };
    let mut pump = Pump::new(stream);
    drive(&mut pump, &mut connection).await;
    pump.close(&mut connection.session).await;
    Ok(())
}

/// A connection of a client.
struct Connection<'a> {
    conversation: &'a mut Conversation,
    session: Session<Token>,
    twister: Twister,
    has_begun: bool,
    /// When patience is over.
    until: Instant,
    /// It waits for octets and times alone.
    nothing: (),
}

impl Driven for Connection<'_> {
    type Endpoint = Session<Token>;
    type Sources = ();
    type End = ();

    fn turn(&mut self, now: Instant) -> Turn<()> {
        let written = self.session.output().len();
        if !std::mem::replace(&mut self.has_begun, true) {
            self.conversation.begin(&mut self.session, now);
        }
        self.twister.receive(self.session.input());
        let goes_on = self.conversation.turn(&mut self.session, now, self.until);
        self.twister.send(self.session.output(), written);
        if !goes_on {
            return Turn::Over(());
        }
        let until = self.session.deadline().into_iter().chain([self.until.max(now)]).min();
        Turn::Wait { until, reads: true }
    }

    fn stride(&self) -> usize {
        self.twister.stride()
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
