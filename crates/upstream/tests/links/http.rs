//! A provider that doesn't call, but is polled, over a socket.

use crate::desk::{NoTime, TestDesk};
use postrider_declare::Secrets;
use postrider_declare::upstream::http::HttpUpstream;
use postrider_upstream::http;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

const PRESET: &str = r#"
    name = "polled"
    title = "A provider that is polled"
    about = "For a test."
    variables.base_url = { about = "Where it is." }
    request = { url = "{base_url}/send", json = { to = "{to}", text = "{text}" } }
    answer = { id = "id" }
    poll = { url = "{base_url}/waiting" }
    states = { delivered = ["ok"] }
    example = { base_url = "http://sms.example.org" }

    [[callback]]
    kind = "receipt"
    items = "receipts[]"
    id = "id"
    state = ["state"]
"#;

/// Answers every poll with the same receipts.
async fn provider(mut stream: TcpStream) -> std::io::Result<()> {
    let body = r#"{"receipts":[{"id":"7","state":"ok"},{"id":"8","state":"ok"}]}"#;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut read = Vec::new();
    while stream.read_buf(&mut read).await? > 0 {
        if read.ends_with(b"\r\n\r\n") {
            assert!(read.starts_with(b"GET /waiting HTTP/1.1\r\n"), "{}", read.escape_ascii());
            read.clear();
            stream.write_all(answer.as_bytes()).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_waits_at_a_provider_is_brought_to_the_desk() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(provider(stream));
        }
    });
    let file = std::env::temp_dir().join(format!("postrider-polled-{}.toml", std::process::id()));
    std::fs::write(&file, PRESET).unwrap();
    let declared = HttpUpstream {
        preset_file: Some(file.display().to_string()),
        values: [("base_url".to_owned(), base)].into(),
        ..HttpUpstream::defaults().unwrap()
    };
    let settings = http::Settings::new("acme", &declared, &Secrets::default()).unwrap();
    std::fs::remove_file(&file).unwrap();
    let desk = TestDesk::new();
    let (_stop, stopped) = watch::channel(false);
    drop(tokio::spawn(http::run(settings, Arc::clone(&desk) as Arc<_>, Arc::new(NoTime), stopped)));
    let kept = async {
        while desk.kept() < 2 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), kept).await.unwrap();
}
