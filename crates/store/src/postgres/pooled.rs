//! Connection pools that lend a client another session of the server for each transaction, as PgBouncer does in
//! transaction mode. Settings, prepared statements, locks and notifications of a session are lost there.

use super::error::Error;
use super::link::Link;
use super::open::{Connector, OpenError, Purpose};

/// Looks whether each connection has a session of its own, by means of a second connection.
///
/// # Errors
/// Both have the same session, or the first has another one than a moment ago.
pub(super) async fn refuse(connector: &Connector, link: &Link) -> Result<(), OpenError> {
    let other = connector.connect(Purpose::Reading).await?;
    let sessions = [session(link).await?, session(&other).await?, session(link).await?];
    if are_shared(&sessions) { Err(OpenError::Pooled) } else { Ok(()) }
}

/// The number of the server's session that answers. A simple query prepares no statement, which a pool might not keep.
async fn session(link: &Link) -> Result<String, Error> {
    link.word("SELECT pg_backend_pid()").await
}

/// Whether the sessions of a connection, of another one and of the first again say that sessions are shared.
fn are_shared([first, other, again]: &[String; 3]) -> bool {
    first == other || first != again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_keeps_its_session_and_shares_it_with_no_other() {
        let shared = |sessions: [&str; 3]| are_shared(&sessions.map(String::from));
        assert!(!shared(["1", "2", "1"]));
        assert!(shared(["1", "1", "1"]));
        assert!(shared(["1", "2", "2"]));
    }
}
