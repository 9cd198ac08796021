//! Posts of batches, within limits of time, size and address.

use super::batch::Batch;
use super::chat::{self, ChatPost};
use super::client::Use;
use super::clients::Clients;
use super::kannel::KannelFields;
use super::outcome::PostOutcome;
use super::reply::{self, Reply};
use super::sign::sign_all;
use super::targets::Targets;
use super::{Settings, TlsError, body};
use crate::clock;
use postrider_core::account::Webhook;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use postrider_declare::Endpoints;
use postrider_http::answer::retry_after;
use postrider_http::{Answer, Request, Target};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout_at;

/// The longest time for a whole post.
const POST_TIMEOUT: Duration = Duration::from_secs(10);
/// The most octets of an answer that are read. The connection of a longer answer is not used again.
const ANSWER_MAX: usize = 64 * 1024;
/// The content type of events.
pub(super) const JSON: &str = "application/json";
/// Why there is nothing to post to a chat.
const NO_TEXT: &str = "the rule's text can't be made";
/// The name that posts bear.
const USER_AGENT: &str = concat!("Postrider/", env!("CARGO_PKG_VERSION"));

/// Posts notices.
pub(super) struct Poster {
    clients: Clients,
    targets: Targets,
}

/// What came of a post.
pub(super) struct Posted {
    pub(super) outcome: PostOutcome,
    /// Replies to handsets.
    pub(super) replies: Vec<Reply>,
    /// The rule that the answer goes on with.
    pub(super) rule: Option<String>,
    /// What of the answer is not honoured, in words.
    pub(super) remark: Option<String>,
}

impl Posted {
    const fn without_answer(outcome: PostOutcome) -> Self {
        Self { outcome, replies: Vec::new(), rule: None, remark: None }
    }
}

/// An endpoint's answer of success.
pub(super) struct EndpointAnswer {
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
    /// Its `X-Kannel-*` fields, where the webhook allows them.
    pub(super) kannel: Option<KannelFields>,
}

impl EndpointAnswer {
    /// What came of a post that was answered so: replies to handsets, and perhaps a rule to go on with.
    fn into_posted(self, outcome: PostOutcome) -> Posted {
        let of_kannel = self.kannel.as_ref().and_then(|fields| fields.reply(&self));
        let replies = match of_kannel {
            Some(reply) => reply::meant(vec![reply]),
            None => reply::read(&self.content_type, &self.body),
        };
        let rule = reply::rule(&self.content_type, &self.body);
        Posted { outcome, replies, rule, remark: self.kannel.and_then(|fields| fields.remark()) }
    }
}

/// What came of an exchange.
struct Exchanged {
    outcome: PostOutcome,
    /// The answer, if it is one of success.
    answer: Option<EndpointAnswer>,
}

impl Exchanged {
    const fn without_answer(outcome: PostOutcome) -> Self {
        Self { outcome, answer: None }
    }
}

impl Poster {
    pub(super) fn new(settings: &Settings) -> Result<Self, TlsError> {
        Ok(Self { clients: Clients::new(settings)?, targets: Targets::default() })
    }

    /// Closes the connections that were idle for too long.
    pub(super) async fn sweep(&self) {
        self.clients.sweep().await;
    }

    /// Posts a batch to its messages' callback or to the account's webhook, signed with the webhook's secret.
    pub(super) async fn post(
        &self,
        batch: &Batch,
        webhook: &Webhook,
        rules: &Arc<Rules>,
        now: Time,
    ) -> Posted {
        let (content_type, body, is_chat) = match chat::of(batch, rules) {
            None => (JSON, body::write(batch, webhook, rules), false),
            Some(Ok(ChatPost { content_type, body })) => (content_type, body, true),
            Some(Err(_)) => return Posted::without_answer(PostOutcome::NoEndpoint(NO_TEXT)),
        };
        let event = Event { id: batch.id(webhook), url: batch.url(webhook), content_type, body };
        let Exchanged { outcome, answer } = self.exchange(event, webhook, rules, now, Use::Kept).await;
        if let PostOutcome::Status { took, .. } = &outcome {
            metrics::histogram!("postrider_webhook_latency_seconds").record(*took);
        }
        // What a chat answers is for nobody.
        let answer = answer.filter(|_| batch.may_be_replied_to() && !is_chat);
        match answer {
            Some(answer) => answer.into_posted(outcome),
            None => Posted::without_answer(outcome),
        }
    }

    /// Posts a turn of a dialogue to a menu, signed with the webhook's secret; returns the answer if it is one of success.
    ///
    /// # Errors
    /// In words, when there is none.
    pub(super) async fn ask_menu(
        &self,
        event: Event<'_>,
        webhook: &Webhook,
        rules: &Arc<Rules>,
        now: Time,
    ) -> Result<EndpointAnswer, String> {
        let Exchanged { outcome, answer } = self.exchange(event, webhook, rules, now, Use::Kept).await;
        answer.ok_or_else(|| outcome.to_string())
    }

    /// Posts an event on a connection of its own, once, as the account's webhook allows and signs it.
    pub(super) async fn post_once(
        &self,
        event: Event<'_>,
        webhook: &Webhook,
        rules: &Arc<Rules>,
        now: Time,
    ) -> PostOutcome {
        self.exchange(event, webhook, rules, now, Use::New).await.outcome
    }

    /// Sends an event, signed with the webhook's secret, where the webhook allows it, and reads the answer.
    async fn exchange(
        &self,
        event: Event<'_>,
        webhook: &Webhook,
        rules: &Arc<Rules>,
        now: Time,
        connection: Use,
    ) -> Exchanged {
        let failed = |why: String| Exchanged::without_answer(PostOutcome::Failed(why.into()));
        let Some(target) = self.targets.of(event.url) else {
            return Exchanged::without_answer(PostOutcome::NoEndpoint("the URL can't be read"));
        };
        // What a message's own callback may be is known only here, where the account's webhook is.
        if let Err(why) = Endpoints::of(webhook).check_url(&target.url) {
            return failed(why);
        }
        let client = match self.clients.of(webhook, rules).await {
            Ok(client) => client,
            Err(why) => return failed(why),
        };
        let request = event.signed(&target, webhook, now);
        let started = clock::now();
        let deadline = started + POST_TIMEOUT;
        let mut answer = match timeout_at(deadline, client.send(&target, &request, connection)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(why)) => return failed(why),
            Err(_) => return failed("no answer within 10 s".to_owned()),
        };
        let outcome = answered(&answer, started.elapsed(), now);
        // The connection can be used again only if the answer is read to its end.
        let read = timeout_at(deadline, answer.rest(ANSWER_MAX)).await;
        let body = read.ok().and_then(Result::ok).flatten().unwrap_or_default();
        let is_success = (200..300).contains(&answer.head.status);
        let content_type = answer.head.field("content-type").unwrap_or_default().to_owned();
        let kannel = webhook.kannel_headers.then(|| KannelFields::read(|name| answer.head.field(name)));
        let read = is_success.then_some(EndpointAnswer { content_type, body, kannel });
        if matches!(connection, Use::Kept) {
            client.keep(&target.origin, answer);
        }
        Exchanged { outcome, answer: read }
    }
}

/// An event to post.
pub(super) struct Event<'a> {
    pub(super) id: String,
    pub(super) url: &'a str,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Event<'_> {
    /// The request, signed with the webhook's secret.
    fn signed(&self, target: &Target, webhook: &Webhook, now: Time) -> Vec<u8> {
        let seconds = now.0.div_euclid(1_000);
        let request = Request::new("POST", target)
            .field("user-agent", USER_AGENT)
            .field("accept", "*/*")
            .field("content-type", self.content_type)
            .field("webhook-id", &self.id)
            .field("webhook-timestamp", seconds);
        let request = if webhook.secret.is_empty() {
            request
        } else {
            request.field("webhook-signature", sign_all(webhook, &self.id, seconds, &self.body))
        };
        request.with_body(&self.body)
    }
}

/// The outcome of a post that was answered.
fn answered(answer: &Answer, took: Duration, now: Time) -> PostOutcome {
    let retry_after =
        answer.head.field("retry-after").and_then(|text| retry_after(text, Some((now + took).0)));
    PostOutcome::Status { status: answer.head.status, took, retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::ACCOUNT_POSTS_MAX;
    use crate::webhook::client::NOT_PUBLIC;
    use crate::webhook::testing;
    use futures_util::future::join_all;
    use postrider_core::account::AccountId;
    use postrider_core::automation::{Automation, Rule, RuleId, Template, Then, Trigger, UrlForm, When};
    use postrider_core::notice::{Lane, Notice, What};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    /// A webhook with two secrets.
    fn webhook(url: &str, allow_private: bool) -> Webhook {
        let previous_secret = Some((*b"abcdefabcdefabcdefabcdef").into());
        // What leads to a private address is refused even where http is allowed.
        Webhook { previous_secret, allow_private, ..testing::webhook(url) }
    }

    /// The batch of one message's end.
    fn batch() -> Batch {
        Batch::single(testing::notice(AccountId(1), 7))
    }

    async fn post(webhook: &Webhook) -> PostOutcome {
        let poster = Poster::new(&Settings::default()).unwrap();
        poster.post(&batch(), webhook, &Arc::default(), Time(1_614_265_330_999)).await.outcome
    }

    #[tokio::test]
    async fn private_addresses_are_refused_in_every_spelling() {
        let urls = [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]:8080/",
            "http://[::ffff:127.0.0.1]/",
            "http://localhost/",
            "https://169.254.169.254/latest/meta-data",
        ];
        for url in urls {
            assert_eq!(post(&webhook(url, false)).await, PostOutcome::Failed(NOT_PUBLIC.into()), "{url}");
        }
    }

    #[tokio::test]
    async fn a_post_is_signed_and_its_answer_returned() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/hook?x=1", listener.local_addr().unwrap().port());
        let endpoint = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !read.ends_with(b"}}") {
                stream.read_buf(&mut read).await.unwrap();
            }
            let answer = "HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(read).unwrap()
        });
        let webhook = webhook(&url, true);
        let answer = post(&webhook).await;
        assert!(
            matches!(answer, PostOutcome::Status { status: 429, retry_after: Some(wait), .. } if wait.as_secs() == 7),
            "{answer:?}"
        );
        let request = endpoint.await.unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{head}");
        let signature = sign_all(&webhook, "7", 1_614_265_330, body.as_bytes());
        assert_eq!(signature.split(' ').count(), 2, "one by each secret");
        for line in
            ["webhook-id: 7", "webhook-timestamp: 1614265330", &format!("webhook-signature: {signature}")]
        {
            assert!(head.lines().any(|other| other == line), "{line} in {head}");
        }
    }

    /// Whether a request has all of its body.
    fn is_whole(read: &[u8]) -> bool {
        let Some((head, body)) = str::from_utf8(read).ok().and_then(|it| it.split_once("\r\n\r\n")) else {
            return false;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        length.is_some_and(|length| length.parse() == Ok(body.len()))
    }

    /// What comes of telling a message from a handset to an endpoint with this answer, and the request.
    async fn told(rules: Rules, lane: Lane, kannel_headers: bool, answer: &'static str) -> (Posted, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let endpoint = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !is_whole(&read) && stream.read_buf(&mut read).await.unwrap() > 0 {}
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(read).unwrap()
        });
        let received = Arc::new(crate::testing::received("Hello"));
        let what = What::Received { account: AccountId(1), received };
        let batch = Batch::single(Notice { lane, what, ..testing::notice(AccountId(1), 7) });
        let webhook = Webhook { kannel_headers, ..testing::webhook(&url) };
        let poster = Poster::new(&Settings::default()).unwrap();
        let posted = poster.post(&batch, &webhook, &Arc::new(rules), Time(0)).await;
        (posted, endpoint.await.unwrap())
    }

    #[tokio::test]
    async fn kannels_fields_count_where_the_webhook_allows_them() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Kannel-From: Shop\r\n\
                      X-Kannel-SMSC: acme\r\nContent-Length: 2\r\n\r\nHi";
        for is_allowed in [false, true] {
            let (posted, _) = told(Rules::default(), Lane::Webhooks, is_allowed, answer).await;
            let [reply] = &posted.replies[..] else { panic!("{:?}", posted.replies) };
            assert_eq!(reply.text, "Hi");
            assert_eq!(reply.manner.from.as_deref(), is_allowed.then_some("Shop"));
            let remark = is_allowed.then_some("not honoured: x-kannel-smsc");
            assert_eq!(posted.remark.as_deref(), remark);
        }
    }

    /// Rules of which the first tells a chat.
    fn with_chat(form: UrlForm) -> Rules {
        let text = Template::parse("{{ from }}: {{ text }}", Trigger::Received.variables()).ok();
        let rule = Rule {
            id: RuleId(9),
            name: "desk".into(),
            account: AccountId(1),
            order: 100,
            when: When::default(),
            then: Then { url: Some("http://x.example/".into()), form, text, ..Then::default() },
            limit: None,
        };
        let mut rules = Rules::default();
        rules.automation = Automation::new(vec![rule], Vec::new());
        rules
    }

    #[tokio::test]
    async fn a_chat_is_told_a_text_and_its_answer_is_for_nobody() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\n1";
        let (posted, request) = told(with_chat(UrlForm::Teams), Lane::Rule(RuleId(9)), false, answer).await;
        assert!(posted.replies.is_empty() && posted.rule.is_none());
        assert!(matches!(posted.outcome, PostOutcome::Status { status: 200, .. }), "{}", posted.outcome);
        assert!(request.contains("content-type: application/json") && request.contains("AdaptiveCard"));
        let (posted, request) = told(with_chat(UrlForm::Text), Lane::Rule(RuleId(9)), false, answer).await;
        assert!(posted.replies.is_empty());
        assert!(request.contains("content-type: text/plain; charset=utf-8"), "{request}");
        assert!(request.ends_with(": Hello"), "{request}");
    }

    /// An endpoint that answers every post with 204, and counts its connections.
    fn endpoint(listener: TcpListener) -> Arc<AtomicUsize> {
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer_all(stream));
            }
        });
        connections
    }

    async fn answer_all(mut stream: TcpStream) -> std::io::Result<()> {
        let mut read = Vec::new();
        while stream.read_buf(&mut read).await? > 0 {
            if read.ends_with(b"}}") {
                read.clear();
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn connections_are_used_again_under_load() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook = webhook(&format!("http://{}/", listener.local_addr().unwrap()), true);
        let connections = endpoint(listener);
        let poster = Poster::new(&Settings::default()).unwrap();
        let (batch, rules) = (batch(), Arc::default());
        for _ in 0..20 {
            let posts = (0..ACCOUNT_POSTS_MAX).map(|_| poster.post(&batch, &webhook, &rules, Time(0)));
            for Posted { outcome: answer, .. } in join_all(posts).await {
                assert!(matches!(answer, PostOutcome::Status { status: 204, .. }), "{answer:?}");
            }
        }
        let connections = connections.load(Ordering::Relaxed);
        assert!(connections <= 2 * ACCOUNT_POSTS_MAX, "{connections} connections");
    }

    /// An endpoint that closes connections instead of answering: each one at its post of this number, from 1. Counts connections.
    fn closing_endpoint(listener: TcpListener, closes_at: usize) -> Arc<AtomicUsize> {
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let (mut read, mut posts) = (Vec::new(), 0);
                    while stream.read_buf(&mut read).await.unwrap() > 0 {
                        if read.ends_with(b"}}") {
                            read.clear();
                            posts += 1;
                            if posts == closes_at {
                                return;
                            }
                            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                        }
                    }
                });
            }
        });
        connections
    }

    #[tokio::test]
    async fn a_kept_connection_that_is_closed_is_tried_again_at_once_on_a_new_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook = webhook(&format!("http://{}/", listener.local_addr().unwrap()), true);
        let connections = closing_endpoint(listener, 2);
        let poster = Poster::new(&Settings::default()).unwrap();
        for _ in 0..4 {
            let answer = poster.post(&batch(), &webhook, &Arc::default(), Time(0)).await;
            assert!(
                matches!(answer.outcome, PostOutcome::Status { status: 204, .. }),
                "{:?}",
                answer.outcome
            );
        }
        assert!(connections.load(Ordering::Relaxed) > 1);
    }

    #[tokio::test]
    async fn an_endpoint_that_never_answers_is_tried_twice_and_no_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook = webhook(&format!("http://{}/", listener.local_addr().unwrap()), true);
        let connections = closing_endpoint(listener, 1);
        let answer = post(&webhook).await;
        assert!(matches!(answer, PostOutcome::Failed(_)), "{answer:?}");
        assert_eq!(connections.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_closed_port_is_reported_in_words() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let answer = post(&webhook(&url, true)).await;
        assert!(matches!(&answer, PostOutcome::Failed(words) if words.contains("refused")), "{answer:?}");
    }
}
