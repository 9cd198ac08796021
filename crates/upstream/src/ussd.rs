//! The USSD line of an upstream: what people ask its network, the menus that its handsets reach, and the last balance.

use futures_util::future::BoxFuture;
use postrider_core::time::Time;
use postrider_core::ussd::{Page, Turn};
use postrider_link::carrier::{Request, Ussd};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The most requests of one upstream that wait.
const WAITING: usize = 8;
/// How long a request waits for the network's answer in all.
const PATIENCE: Duration = Duration::from_secs(50);

/// Has a menu answer a turn at the upstream of this name.
pub type AskMenu = Box<dyn Fn(Box<str>, Turn) -> BoxFuture<'static, Option<Page>> + Send + Sync>;

/// What is known of a balance.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// The amount, if the pattern found one.
    pub amount: Option<f64>,
    /// The network's text.
    pub text: Box<str>,
    /// When it came.
    pub at: Time,
}

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// The upstream has no line at this node.
    NoLine,
    /// It has no modem with a network now, or too many others ask.
    Busy,
    /// The network, or the modem, gave none: in words.
    Failed(String),
}

/// The USSD lines of upstreams, by name.
pub struct Lines {
    menu: AskMenu,
    clock: Box<dyn Fn() -> Time + Send + Sync>,
    open: Mutex<HashMap<Box<str>, Arc<Links>>>,
}

/// The lines of one upstream's links, by their places among them.
#[derive(Default)]
struct Links(Mutex<BTreeMap<usize, Arc<Line>>>);

impl Links {
    fn line(&self, link: usize) -> Arc<Line> {
        Arc::clone(lock(&self.0).entry(link).or_insert_with(|| Arc::new(Line::new())))
    }
}

struct Line {
    requests: mpsc::Sender<Request>,
    asked: tokio::sync::Mutex<mpsc::Receiver<Request>>,
    balance: Mutex<Option<Balance>>,
}

impl Line {
    fn new() -> Self {
        let (requests, asked) = mpsc::channel(WAITING);
        Self { requests, asked: tokio::sync::Mutex::new(asked), balance: Mutex::default() }
    }
}

impl Lines {
    /// Lines without upstreams.
    #[must_use]
    pub fn new(menu: AskMenu, clock: Box<dyn Fn() -> Time + Send + Sync>) -> Self {
        Self { menu, clock, open: Mutex::default() }
    }

    /// The line of an upstream that is started. Its balance outlasts the upstream's restarts.
    pub fn open(self: &Arc<Self>, upstream: &str) -> Arc<dyn Ussd> {
        let links = Arc::clone(lock(&self.open).entry(upstream.into()).or_default());
        Arc::new(OfUpstream { name: upstream.into(), links, lines: Arc::clone(self) })
    }

    /// Asks the network of the SIM behind a link of an upstream: a code such as `*100#`, or the answer to the page before.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(&self, upstream: &str, link: usize, text: &str) -> Result<Page, NotAsked> {
        let links = lock(&self.open).get(upstream).cloned().ok_or(NotAsked::NoLine)?;
        let line = links.line(link);
        let (answer, answered) = oneshot::channel();
        line.requests.try_send(Request { text: text.into(), answer }).map_err(|_| NotAsked::Busy)?;
        match timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer.map_err(NotAsked::Failed),
            Ok(Err(_)) => Err(NotAsked::Failed("the line to the modem was lost".to_owned())),
            Err(_) => Err(NotAsked::Busy),
        }
    }

    /// The last balance of the SIM behind a link of an upstream.
    #[must_use]
    pub fn balance(&self, upstream: &str, link: usize) -> Option<Balance> {
        let links = lock(&self.open).get(upstream).cloned()?;
        lock(&links.line(link).balance).clone()
    }
}

/// A line as its upstream has it.
struct OfUpstream {
    name: Box<str>,
    links: Arc<Links>,
    lines: Arc<Lines>,
}

impl Ussd for OfUpstream {
    fn turn(&self, turn: Turn) -> BoxFuture<'_, Option<Page>> {
        (self.lines.menu)(self.name.clone(), turn)
    }

    fn asked(&self, link: usize) -> BoxFuture<'_, Request> {
        let line = self.links.line(link);
        Box::pin(async move {
            loop {
                let request = line.asked.lock().await.recv().await;
                // Somebody who went away meanwhile wants no answer. The sender is ours: the channel never ends.
                match request {
                    Some(request) if !request.answer.is_closed() => return request,
                    Some(_) => {}
                    None => std::future::pending().await,
                }
            }
        })
    }

    fn balance(&self, link: usize, text: &str, amount: Option<f64>) {
        let balance = Balance { amount, text: text.into(), at: (self.lines.clock)() };
        *lock(&self.links.line(link).balance) = Some(balance);
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Arc<Lines> {
        Arc::new(Lines::new(Box::new(|_, _| Box::pin(async { None })), Box::new(|| Time(7))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_reaches_the_upstream_and_its_answer_comes_back() {
        let lines = lines();
        let line = lines.open("stick");
        let network = async {
            let Request { text, answer } = line.asked(1).await;
            answer.send(Ok(Page { text: format!("{text}?").into(), goes_on: true })).unwrap();
        };
        let (answer, ()) = tokio::join!(lines.ask("stick", 1, "*100#"), network);
        assert_eq!(answer, Ok(Page { text: "*100#?".into(), goes_on: true }));
        assert_eq!(lines.ask("other", 0, "*100#").await, Err(NotAsked::NoLine));
        // Nobody takes it.
        assert_eq!(lines.ask("stick", 0, "*100#").await, Err(NotAsked::Busy));
    }

    #[test]
    fn a_balance_outlasts_a_restart() {
        let lines = lines();
        lines.open("stick").balance(1, "You have 5 EUR", Some(5.0));
        drop(lines.open("stick"));
        let expected = Balance { amount: Some(5.0), text: "You have 5 EUR".into(), at: Time(7) };
        assert_eq!(lines.balance("stick", 1), Some(expected));
        assert_eq!((lines.balance("other", 0), lines.balance("stick", 0)), (None, None));
    }
}
