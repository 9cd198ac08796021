//! A provider behind pipes, and an upstream that sends to it.

use crate::desk::{NoTime, TestDesk};
use postrider_declare::Secrets;
use postrider_declare::upstream::http::HttpUpstream;
use postrider_http::{Dial, Opening, Stream};
use postrider_trace::Recorder;
use postrider_upstream::http::{self, Around};
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How the provider treats a request that it has read.
pub(crate) enum Treatment {
    /// It answers with a status, fields of its own, and a body.
    Answer(u16, &'static str, String),
    /// It says nothing, and keeps the connection.
    Silence,
    /// It ends the connection.
    Closing,
}

/// A request, and when it came since the beginning.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Duration,
    pub(crate) line: String,
    pub(crate) token: Option<String>,
    pub(crate) body: String,
}

type Manners = Box<dyn Fn(&Asked, usize) -> Treatment + Send + Sync>;

/// The provider: it can be there or not, and treats the requests that come as the test says.
pub(crate) struct Provider {
    manners: Manners,
    is_there: AtomicBool,
    attempts: AtomicU32,
    began: Instant,
    asked: Mutex<Vec<Asked>>,
}

pub(crate) fn accepted() -> Treatment {
    Treatment::Answer(200, "", r#"{"id":"7"}"#.to_owned())
}

impl Provider {
    pub(crate) fn new(manners: impl Fn(&Asked, usize) -> Treatment + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            manners: Box::new(manners),
            is_there: AtomicBool::new(true),
            attempts: AtomicU32::new(0),
            began: postrider_link::now(),
            asked: Mutex::default(),
        })
    }

    pub(crate) const fn began(&self) -> Instant {
        self.began
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often it was connected to, or was to be.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    pub(crate) fn be_there(&self, is_there: bool) {
        self.is_there.store(is_there, Ordering::Relaxed);
    }

    /// Serves a connection to its end.
    async fn serve(self: Arc<Self>, mut stream: DuplexStream) -> std::io::Result<()> {
        let mut read = Vec::new();
        while stream.read_buf(&mut read).await? > 0 {
            while let Some((asked, length)) = self.request(&read) {
                read.drain(..length);
                let number = {
                    let mut all = self.asked.lock().unwrap();
                    all.push(asked.clone());
                    all.len()
                };
                match (self.manners)(&asked, number) {
                    Treatment::Silence => {}
                    Treatment::Closing => return Ok(()),
                    Treatment::Answer(status, fields, body) => {
                        let length = body.len();
                        let head =
                            format!("HTTP/1.1 {status} So\r\n{fields}Content-Length: {length}\r\n\r\n");
                        stream.write_all(format!("{head}{body}").as_bytes()).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The request that octets begin with, once it is whole, and its length.
    fn request(&self, octets: &[u8]) -> Option<(Asked, usize)> {
        let text = std::str::from_utf8(octets).unwrap();
        let (head, rest) = text.split_once("\r\n\r\n")?;
        let field = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines
                .filter(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
                .next()
        };
        let length: usize = field("content-length").map_or(0, |length| length.parse().unwrap());
        let asked = Asked {
            at: postrider_link::now() - self.began,
            line: head.lines().next().unwrap().to_owned(),
            token: field("authorization"),
            body: rest.get(..length)?.to_owned(),
        };
        Some((asked, head.len() + 4 + length))
    }
}

/// Connects to the provider, wherever it is said to be.
struct Pipes(Arc<Provider>);

impl Dial for Pipes {
    fn dial(&self, _: SocketAddr) -> Opening {
        let provider = Arc::clone(&self.0);
        Box::pin(async move {
            provider.attempts.fetch_add(1, Ordering::Relaxed);
            if !provider.is_there.load(Ordering::Relaxed) {
                return Err(Error::from(ErrorKind::ConnectionRefused));
            }
            let (ours, theirs) = duplex(64 * 1024);
            drop(tokio::spawn(provider.serve(theirs)));
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }
}

/// An upstream that sends to a provider of this preset.
pub(crate) struct Gateway {
    pub(crate) desk: Arc<TestDesk>,
    pub(crate) provider: Arc<Provider>,
    pub(crate) recorder: Arc<Recorder>,
    _stop: watch::Sender<bool>,
}

impl Gateway {
    /// One with a preset that has these lines of its own in `[request]`, and these further tables.
    pub(crate) fn start(request: &str, tables: &str, provider: Arc<Provider>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let file =
            std::env::temp_dir().join(format!("postrider-provider-{}-{count}.toml", std::process::id()));
        let preset = format!(
            "name = 'own'\ntitle = 'A provider'\nabout = 'For a test.'\nvariables.base_url = {{ about = 'Where it is.' }}\n\
             example = {{ base_url = 'http://sms.example.org' }}\nstates = {{ delivered = ['ok'] }}\n[request]\n\
             url = '{{base_url}}/send'\n{request}\n{tables}"
        );
        std::fs::write(&file, preset).unwrap();
        let declared = HttpUpstream {
            preset_file: Some(file.display().to_string()),
            values: [("base_url".to_owned(), "http://192.0.2.1".to_owned())].into(),
            ..HttpUpstream::defaults().unwrap()
        };
        let settings = http::Settings::new("acme", &declared, &Secrets::default()).unwrap();
        std::fs::remove_file(&file).unwrap();
        let desk = TestDesk::new();
        let (stop, stopped) = watch::channel(false);
        let dial = Arc::new(Pipes(Arc::clone(&provider)));
        let recorder = Recorder::new();
        let around = Around {
            desk: Arc::clone(&desk) as Arc<_>,
            live: Arc::new(NoTime),
            recorder: Arc::clone(&recorder),
            dial,
        };
        drop(tokio::spawn(http::run_in(settings, around, stopped)));
        Self { desk, provider, recorder, _stop: stop }
    }

    /// Waits until something holds, within a day.
    pub(crate) async fn until(&self, holds: impl Fn(&TestDesk) -> bool) {
        let held = async {
            while !holds(&self.desk) {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(24 * 3_600), held).await.unwrap();
    }
}
