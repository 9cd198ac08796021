//! A client that speaks SMPP and has manners: it binds, hands in a few texts, waits for their answers and receipts,
//! and reports what came of it. For load there is `load`.

mod conversation;
mod piece;
mod report;
mod settings;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use postrider_wire::smpp::{self, Role, Session};
use tokio::net::TcpStream;
use tokio::sync::Notify;

pub use report::{Report, Sent};
pub use settings::{Carrying, Errand, Response, Settings, Units};

use crate::pump::Pump;
use crate::twist::Twister;
use conversation::Conversation;

/// The time between connections, and the most of them: one that is turned away always shouldn't try for ever.
const RECONNECT: Duration = Duration::from_millis(200);
const MAX_CONNECTIONS: u64 = 5;

/// Has the whole conversation with the server at `address`, on as many connections as it takes, and says what came of
/// it. It ends when everything was answered and reported, or when patience does.
///
/// # Errors
/// When the server can't be connected to.
pub async fn run(address: SocketAddr, settings: Settings) -> io::Result<Report> {
    let until = Instant::now() + settings.patience;
    let mut conversation = Conversation::new(settings);
    for connection in 1..=MAX_CONNECTIONS {
        connect(address, &mut conversation, connection, until).await?;
        if conversation.is_over() || Instant::now() + RECONNECT >= until {
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
    connection: u64,
    until: Instant,
) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let now = Instant::now();
    let settings = conversation.settings();
    let mut twister = Twister::new(settings.octets.clone(), connection);
    let session_settings = smpp::Settings {
        window: settings.window,
        enquire_link: settings.enquire_link,
        unbind: Duration::from_secs(1),
        ..smpp::Settings::default()
    };
    let mut session = Session::new(Role::Client, session_settings, now);
    let mut pump = Pump::new(&mut stream);
    pump.set_stride(twister.stride());
    conversation.begin(&mut session, now);
    // Nobody calls: a client has all it needs from its socket and the time.
    let wake = Notify::new();
    let mut written = 0;
    loop {
        let now = Instant::now();
        twister.receive(session.input());
        let goes_on = conversation.turn(&mut session, now, until);
        twister.send(session.output(), written);
        if !goes_on {
            // The server may be gone already.
            let _ = pump.flush(&mut session);
            return Ok(());
        }
        let deadline = session.deadline().into_iter().chain([until.max(now)]).min();
        pump.wait(&mut session, deadline, &wake).await;
        written = session.output().len();
    }
}
