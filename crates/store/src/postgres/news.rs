//! News from node to node, by PostgreSQL's NOTIFY and LISTEN. What is lost is found by looking.

use super::link::Value;
use super::open::{Connector, Listener, Purpose};
use postrider_core::account::AccountId;
use postrider_core::automation::RuleId;
use postrider_core::node::{News, NotALease};
use postrider_core::notice::Lane;
use postrider_core::route::UpstreamId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// News that may wait to be told, or to be heard; what is more is lost.
const WAITING_MAX: usize = 1_024;
/// How long until a connection that went is made anew.
const PAUSE: Duration = Duration::from_secs(1);
/// PostgreSQL's name for what all nodes listen to.
const CHANNEL: &str = "postrider";

/// The channel on which this node tells news, and hears other nodes'.
pub(super) struct NewsChannel {
    tell: mpsc::Sender<News>,
    heard: Mutex<mpsc::Receiver<News>>,
}

impl NewsChannel {
    /// Listens, and tells, for as long as this lives.
    pub(super) fn start(connector: &Arc<Connector>, me: u8) -> Self {
        let (tell, to_tell) = mpsc::channel(WAITING_MAX);
        let (hear, heard) = mpsc::channel(WAITING_MAX);
        tokio::spawn(telling(Arc::clone(connector), me, to_tell));
        tokio::spawn(hearing(Arc::clone(connector), me, hear));
        Self { tell, heard: Mutex::new(heard) }
    }

    /// Tells others soon, if it can.
    pub(super) fn tell(&self, news: Vec<News>) {
        for news in news {
            // Full only when nobody can be told, and then others look for themselves.
            let _ = self.tell.try_send(news);
        }
    }

    /// Waits for what others tell.
    pub(super) async fn next(&self) -> News {
        match self.heard.lock().await.recv().await {
            Some(news) => news,
            None => std::future::pending().await,
        }
    }
}

/// Tells what there is to tell, all of it at once, until nobody has anything to tell any more.
async fn telling(connector: Arc<Connector>, me: u8, mut to_tell: mpsc::Receiver<News>) {
    let mut link = None;
    let mut news = Vec::new();
    while to_tell.recv_many(&mut news, WAITING_MAX).await > 0 {
        let mut words: Vec<String> = news.drain(..).map(|news| format!("{me} {}", word(news))).collect();
        words.sort_unstable();
        words.dedup();
        if link.is_none() {
            link = connector.connect(Purpose::Reading).await.ok();
        }
        let Some(told) = &link else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let values: [Value<'_>; 2] = [&CHANNEL, &words];
        if let Err(error) =
            told.query("SELECT pg_notify($1, word) FROM unnest($2::text[]) AS word", &values).await
        {
            tracing::debug!(%error, "other nodes could not be told the news");
            link = None;
        }
    }
}

/// Listens until nobody wants to hear any more. A new connection may have missed something.
async fn hearing(connector: Arc<Connector>, me: u8, hear: mpsc::Sender<News>) {
    while !hear.is_closed() {
        match connector.listen(CHANNEL).await {
            Ok(mut listener) => {
                let mut news = Some(News::Anything);
                while let Some(now) = news {
                    if hear.send(now).await.is_err() {
                        return;
                    }
                    news = next(&mut listener, me, &hear).await;
                }
            }
            Err(error) => tracing::debug!(%error, "the news of other nodes can't be heard"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The next news of another node; `None` when the connection went, or nobody wants to hear it.
async fn next(listener: &mut Listener, me: u8, hear: &mpsc::Sender<News>) -> Option<News> {
    loop {
        let said = tokio::select! {
            said = listener.said.recv() => said?,
            () = hear.closed() => return None,
        };
        let Some((who, word)) = said.split_once(' ') else { continue };
        if who.parse() != Ok(me)
            && let Ok(news) = read(word)
        {
            return Some(news);
        }
    }
}

fn word(news: News) -> String {
    match news {
        News::Resources => String::from("resources"),
        News::Learnt => String::from("learnt"),
        News::Queue(upstream) => format!("queue/{}", upstream.0),
        News::Bound(node, upstream) => format!("bound/{node}/{}", upstream.0),
        News::Unbound(node, upstream) => format!("unbound/{node}/{}", upstream.0),
        News::Lane(Lane::Sessions(account)) => format!("lane/{}", account.0),
        News::Lane(Lane::Webhooks) => String::from("lane/webhooks"),
        News::Lane(Lane::Automation) => String::from("lane/automation"),
        News::Lane(Lane::Timeouts) => String::from("lane/timeouts"),
        News::Lane(Lane::Rule(rule)) => format!("lane/rule-{}", rule.0),
        News::Wanted(message) => format!("wanted/{message}"),
        News::Consent => String::from("consent"),
        News::ConsentTaken(node, sequence) => format!("consent/{node}/{sequence}"),
        News::Anything => String::from("anything"),
    }
}

/// The news of a word; a later version may have others.
fn read(word: &str) -> Result<News, NotALease> {
    let number = |text: &str| text.parse().map_err(|_| NotALease);
    Ok(match word.split_once('/') {
        None if word == "resources" => News::Resources,
        None if word == "learnt" => News::Learnt,
        None if word == "consent" => News::Consent,
        None if word == "anything" => News::Anything,
        Some(("consent", taken)) => {
            let (node, sequence) = taken.split_once('/').ok_or(NotALease)?;
            let node = node.parse().map_err(|_| NotALease)?;
            News::ConsentTaken(node, sequence.parse().map_err(|_| NotALease)?)
        }
        Some(("lane", "webhooks")) => News::Lane(Lane::Webhooks),
        Some(("lane", "automation")) => News::Lane(Lane::Automation),
        Some(("lane", "timeouts")) => News::Lane(Lane::Timeouts),
        Some(("lane", rule)) if rule.starts_with("rule-") => {
            News::Lane(Lane::Rule(RuleId(number(rule.trim_start_matches("rule-"))?)))
        }
        Some(("lane", account)) => News::Lane(Lane::Sessions(AccountId(number(account)?))),
        Some(("wanted", message)) => News::Wanted(message.parse().map_err(|_| NotALease)?),
        Some(("queue", upstream)) => News::Queue(UpstreamId(number(upstream)?)),
        Some((what @ ("bound" | "unbound"), link)) => {
            let (node, upstream) = link.split_once('/').ok_or(NotALease)?;
            let node = node.parse().map_err(|_| NotALease)?;
            let news = if what == "bound" { News::Bound } else { News::Unbound };
            news(node, UpstreamId(number(upstream)?))
        }
        _ => return Err(NotALease),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::id::MessageId;

    #[test]
    fn news_reads_back_what_it_writes() {
        let all = [
            News::Resources,
            News::Learnt,
            News::Anything,
            News::Consent,
            News::ConsentTaken(3, 1 << 40),
            News::Queue(UpstreamId(4)),
            News::Bound(3, UpstreamId(4)),
            News::Unbound(3, UpstreamId(4)),
            News::Lane(Lane::Webhooks),
            News::Lane(Lane::Automation),
            News::Lane(Lane::Timeouts),
            News::Lane(Lane::Rule(RuleId(7))),
            News::Lane(Lane::Sessions(AccountId(9))),
            News::Wanted(MessageId::from_number(77)),
        ];
        for news in all {
            assert_eq!(read(&word(news)), Ok(news));
        }
        for odd in [
            "",
            "queue",
            "queue/x",
            "bound/1",
            "unbound/300/1",
            "lane/-1",
            "lane/rule-x",
            "wanted/x",
            "weather",
        ] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }
}
