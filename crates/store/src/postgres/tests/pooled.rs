//! A connection pool in transaction mode is no place for a store.

use super::Database;
use crate::postgres::{OpenError, Postgres, Settings};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// A pool of one session, which is lent for each transaction as PgBouncer lends it.
struct Pool {
    /// The session, and the server's words when it let it in.
    session: Mutex<Option<(TcpStream, Vec<u8>)>>,
    server: String,
}

#[tokio::test]
async fn a_pool_that_shares_sessions_is_refused() {
    let database = Database::empty();
    let url = database.url();
    let (before, rest) = url.split_once('@').unwrap();
    let (server, path) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pooled = format!("{before}@{}/{path}", listener.local_addr().unwrap());
    let pool = Arc::new(Pool { session: Mutex::new(None), server: server.to_owned() });
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(Arc::clone(&pool).serve(client));
        }
    });
    let Err(error) = Postgres::open(&pooled, Settings::default()).await else { panic!("it opened") };
    assert!(matches!(error, OpenError::Pooled), "{error}");
    assert!(error.help().unwrap().contains("pool_mode = session"));
    // Nothing was made there.
    assert_eq!(database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

impl Pool {
    async fn serve(self: Arc<Self>, mut client: TcpStream) -> io::Result<()> {
        let startup = body(&mut client).await?;
        self.greet(&mut client, &startup).await?;
        loop {
            let mut kind = client.read_u8().await?;
            let mut session = self.session.lock().await;
            let Some((server, _)) = session.as_mut() else { return Ok(()) };
            // The client's messages up to a simple query or a Sync make a transaction.
            loop {
                if kind == b'X' {
                    return Ok(());
                }
                write(server, kind, &body(&mut client).await?).await?;
                if matches!(kind, b'Q' | b'S') {
                    break;
                }
                kind = client.read_u8().await?;
            }
            client.write_all(&answers(server).await?).await?;
        }
    }

    /// Opens the session for the first client, which proves its password to the server; the others are let in without.
    async fn greet(&self, client: &mut TcpStream, startup: &[u8]) -> io::Result<()> {
        let mut session = self.session.lock().await;
        if let Some((_, greeting)) = &*session {
            return client.write_all(greeting).await;
        }
        let mut server = TcpStream::connect(&self.server).await?;
        server.write_u32(u32::try_from(startup.len() + 4).unwrap()).await?;
        server.write_all(startup).await?;
        let mut greeting = Vec::new();
        loop {
            let (kind, said) = (server.read_u8().await?, body(&mut server).await?);
            write(client, kind, &said).await?;
            match (kind, said.get(..4)) {
                // AuthenticationSASLFinal has no answer; the other requests have one.
                (b'R', Some([0, 0, 0, 12])) => {}
                (b'R', Some([0, 0, 0, request])) if *request > 0 => {
                    let kind = client.read_u8().await?;
                    write(&mut server, kind, &body(client).await?).await?;
                }
                _ => write(&mut greeting, kind, &said).await?,
            }
            if kind == b'Z' {
                *session = Some((server, greeting));
                return Ok(());
            }
        }
    }
}

/// The server's messages up to `ReadyForQuery`.
async fn answers(server: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let kind = server.read_u8().await?;
        let body = body(server).await?;
        write(&mut all, kind, &body).await?;
        if kind == b'Z' {
            return Ok(all);
        }
    }
}

/// The body of a message, whose length stands before it and counts itself.
async fn body(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await? as usize;
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn write(to: &mut (impl AsyncWriteExt + Unpin), kind: u8, body: &[u8]) -> io::Result<()> {
    to.write_u8(kind).await?;
    to.write_u32(u32::try_from(body.len() + 4).unwrap()).await?;
    to.write_all(body).await
}
