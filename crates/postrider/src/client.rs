//! A client of a running gateway's HTTP API, for commands.

mod connection;
mod events;
mod lines;
mod waiting;

pub(crate) use connection::{Connection, DATA_HELP};

use crate::failure::{Exit, Failure, plain};
use postrider_http::{Answer, Connector, Error, Request, Target, system_authorities, trusting};
use rustls::RootCertStore;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;
use url::Url;
use waiting::Waiting;

/// How long to wait for an answer: longer than the gateway itself waits for anything.
const PATIENCE: Duration = Duration::from_secs(40);
/// The same, for what takes minutes.
const LONG_PATIENCE: Duration = Duration::from_mins(15);
/// The longest answer that is read whole, in octets: a recording of traffic has some 40 MB.
const ANSWER_MAX: usize = 1 << 30;

/// The name that requests bear.
const USER_AGENT: &str = concat!("postrider/", env!("CARGO_PKG_VERSION"));
/// Advice if no gateway answers.
const RUNNING_HELP: &str =
    "is it running? `postrider serve` starts one, `--url` or POSTRIDER_URL name another";

/// A gateway's address and an API key.
pub(crate) struct Client {
    connector: Connector,
    url: Url,
    key: String,
    /// The longest wait for a gateway that is starting.
    wait: Duration,
}

impl Client {
    /// The gateway at this address, with this key.
    pub(crate) fn new(url: Url, key: String, wait: Duration) -> Result<Self, Failure> {
        if key.contains(|character: char| character.is_control()) {
            return Err(Failure::usage("the key has a line end or another control character: remove it"));
        }
        Ok(Self { connector: connector(&url)?, url, key, wait })
    }

    /// Fetches the document at a path, such as `["messages", id]`.
    pub(crate) async fn get(&self, path: &[&str], query: &[(&str, String)]) -> Result<Value, Failure> {
        self.ask("GET", path, query, None).await
    }

    /// Fetches the document at a path; `None` if there is none.
    pub(crate) async fn find(&self, path: &[&str]) -> Result<Option<Value>, Failure> {
        match self.exchange("GET", path, &[], None).await? {
            (404, _) => Ok(None),
            (status, answer) => settled(status, answer).map(Some),
        }
    }

    /// Posts a document.
    pub(crate) async fn post(&self, path: &[&str], document: &Value) -> Result<Value, Failure> {
        self.ask("POST", path, &[], Some(document)).await
    }

    /// Posts a document under an idempotency key.
    pub(crate) async fn post_once(
        &self,
        path: &[&str],
        key: &str,
        document: &Value,
    ) -> Result<Value, Failure> {
        let target = target(self.address(path, &[])?)?;
        let request = self.head("POST", &target).field("idempotency-key", key);
        let request =
            request.field("content-type", "application/json").with_body(document.to_string().as_bytes());
        let mut answer = self.send_made(&target, &request).await?;
        let octets = self.whole(&mut answer).await?;
        settled(answer.head.status, document_of(answer.head.status, &octets)?)
    }

    /// Posts a document, with parameters in the query.
    pub(crate) async fn post_with(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        document: &Value,
    ) -> Result<Value, Failure> {
        self.ask("POST", path, query, Some(document)).await
    }

    /// Puts octets at a path. It may take a while.
    pub(crate) async fn put_octets(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        content_type: &str,
        octets: &[u8],
    ) -> Result<Value, Failure> {
        let target = target(self.address(path, query)?)?;
        let request = self.head("PUT", &target).field("content-type", content_type).with_body(octets);
        let (status, octets) = self.at_length(&target, &request).await?;
        settled(status, document_of(status, &octets)?)
    }

    /// Posts octets, and returns the text of the answer. It may take a while.
    pub(crate) async fn post_table(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        content_type: &str,
        octets: &[u8],
    ) -> Result<String, Failure> {
        let target = target(self.address(path, query)?)?;
        let request = self.head("POST", &target).field("content-type", content_type).with_body(octets);
        let (status, octets) = self.at_length(&target, &request).await?;
        if !(200..300).contains(&status) {
            settled(status, document_of(status, &octets)?)?;
        }
        String::from_utf8(octets).map_err(|_| unreadable("it is not UTF-8"))
    }

    /// Fetches the text at a path. It may take a while.
    pub(crate) async fn get_text(&self, path: &[&str]) -> Result<String, Failure> {
        let target = target(self.address(path, &[])?)?;
        let (status, octets) = self.at_length(&target, &self.request("GET", &target, None)).await?;
        if !(200..300).contains(&status) {
            settled(status, document_of(status, &octets)?)?;
        }
        String::from_utf8(octets).map_err(|_| unreadable("it is not UTF-8"))
    }

    /// The status and the body of an answer that may take minutes.
    async fn at_length(&self, target: &Target, request: &[u8]) -> Result<(u16, Vec<u8>), Failure> {
        let asked = async {
            let mut answer = self.send_made(target, request).await?;
            let octets = self.whole(&mut answer).await?;
            Ok((answer.head.status, octets))
        };
        timeout(LONG_PATIENCE, asked).await.unwrap_or_else(|_| Err(self.silent()))
    }

    /// Asks for something to be done.
    pub(crate) async fn act(&self, path: &[&str], query: &[(&str, String)]) -> Result<Value, Failure> {
        self.ask("POST", path, query, None).await
    }

    /// Fetches the text at a path, such as CSV.
    pub(crate) async fn text(&self, path: &[&str], query: &[(&str, String)]) -> Result<String, Failure> {
        let mut answer = self.send("GET", path, query, None).await?;
        let octets = self.whole(&mut answer).await?;
        let status = answer.head.status;
        if (200..300).contains(&status) {
            return String::from_utf8(octets).map_err(|_| unreadable("it is no text"));
        }
        settled(status, document_of(status, &octets)?).map(|_| String::new())
    }

    /// Posts a text of this type.
    pub(crate) async fn post_text(&self, path: &[&str], kind: &str, text: &str) -> Result<Value, Failure> {
        let target = target(self.address(path, &[])?)?;
        let request = self.head("POST", &target).field("content-type", kind).with_body(text.as_bytes());
        let mut answer = self.send_made(&target, &request).await?;
        let octets = self.whole(&mut answer).await?;
        settled(answer.head.status, document_of(answer.head.status, &octets)?)
    }

    /// Posts octets. It may take a while.
    pub(crate) async fn post_octets(&self, path: &[&str], octets: &[u8]) -> Result<Value, Failure> {
        let target = target(self.address(path, &[])?)?;
        let request =
            self.head("POST", &target).field("content-type", "application/octet-stream").with_body(octets);
        let (status, octets) = self.at_length(&target, &request).await?;
        settled(status, document_of(status, &octets)?)
    }

    /// Posts a text of this type, with parameters in the query. It may take a while.
    pub(crate) async fn import_file(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        kind: &str,
        file: &[u8],
    ) -> Result<Value, Failure> {
        let target = target(self.address(path, query)?)?;
        let request = self.head("POST", &target).field("content-type", kind).with_body(file);
        let (status, octets) = self.at_length(&target, &request).await?;
        settled(status, document_of(status, &octets)?)
    }

    /// Puts a document at a path.
    pub(crate) async fn put(&self, path: &[&str], document: &Value) -> Result<Value, Failure> {
        self.ask("PUT", path, &[], Some(document)).await
    }

    /// Changes the document at a path.
    pub(crate) async fn patch(&self, path: &[&str], document: &Value) -> Result<Value, Failure> {
        self.ask("PATCH", path, &[], Some(document)).await
    }

    /// Deletes the resource at a path; `None` if there is none.
    pub(crate) async fn delete(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Option<Value>, Failure> {
        match self.exchange("DELETE", path, query, None).await? {
            (404, _) => Ok(None),
            (status, answer) => settled(status, answer).map(Some),
        }
    }

    async fn ask(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, String)],
        document: Option<&Value>,
    ) -> Result<Value, Failure> {
        let (status, answer) = self.exchange(method, path, query, document).await?;
        settled(status, answer)
    }

    /// The status and the document of an answer.
    async fn exchange(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, String)],
        document: Option<&Value>,
    ) -> Result<(u16, Value), Failure> {
        let asked = async {
            let mut answer = self.send(method, path, query, document).await?;
            let octets = self.whole(&mut answer).await?;
            Ok((answer.head.status, document_of(answer.head.status, &octets)?))
        };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(self.silent()))
    }

    /// The whole body of an answer.
    async fn whole(&self, answer: &mut Answer) -> Result<Vec<u8>, Failure> {
        let octets = answer.rest(ANSWER_MAX).await.map_err(|error| self.unreachable(&error))?;
        octets.ok_or_else(|| unreadable("it is too long"))
    }

    /// Sends a request. Waits for a gateway that doesn't listen yet: nothing was sent then.
    async fn send(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, String)],
        document: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let target = target(self.address(path, query)?)?;
        self.send_made(&target, &self.request(method, &target, document)).await
    }

    async fn send_made(&self, target: &Target, request: &[u8]) -> Result<Answer, Failure> {
        let mut waiting = Waiting::new(self.wait);
        loop {
            match ask(&self.connector, target, request).await {
                Err(error) if error.is_refused() && waiting.pause(self.url.as_str()).await => {}
                answer => return answer.map_err(|error| self.unreachable(&error)),
            }
        }
    }

    fn request(&self, method: &str, target: &Target, document: Option<&Value>) -> Vec<u8> {
        let request = self.head(method, target);
        match document {
            Some(document) => {
                request.field("content-type", "application/json").with_body(document.to_string().as_bytes())
            }
            None => request.with_body(b""),
        }
    }

    /// The head that all requests have.
    fn head(&self, method: &str, target: &Target) -> Request {
        Request::new(method, target)
            .field("user-agent", USER_AGENT)
            .field("accept", "*/*")
            .field("authorization", format_args!("Bearer {}", self.key))
    }

    fn address(&self, path: &[&str], query: &[(&str, String)]) -> Result<Url, Failure> {
        let mut url = self.url.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().push("v1").extend(path),
            Err(()) => return Err(Failure::usage(format!("invalid gateway URL: {}", self.url))),
        };
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// The address of a page at this path of the gateway.
    pub(crate) fn page(&self, path: &str) -> Result<String, Failure> {
        let base = self.url.as_str().trim_end_matches('/');
        Ok(format!("{base}{path}"))
    }

    fn unreachable(&self, error: &Error) -> Failure {
        if matches!(error, Error::NoConnection) {
            return self.silent();
        }
        let why = error.to_string();
        let failure =
            Failure::unreachable(format!("can't reach the gateway at {}: {}", self.url, plain(&why)));
        let distrusted = failure.what.contains("certificate");
        failure.help(if distrusted {
            "name the host as its certificate does; SSL_CERT_FILE=FILE trusts the authorities in a file"
        } else {
            RUNNING_HELP
        })
    }

    fn silent(&self) -> Failure {
        Failure::unreachable(format!("the gateway at {} did not answer in time", self.url)).help(RUNNING_HELP)
    }
}

/// Connects to any address. The authorities are read for https only.
pub(crate) fn connector(url: &Url) -> Result<Connector, Failure> {
    let roots = if url.scheme() == "https" { system_authorities() } else { RootCertStore::empty() };
    let tls =
        trusting(roots).map_err(|error| Failure::failed(format!("can't prepare to connect: {error}")))?;
    Ok(Connector::new(tls, |_| true, PATIENCE))
}

/// Sends a request on a new connection.
pub(crate) async fn ask(connector: &Connector, target: &Target, request: &[u8]) -> Result<Answer, Error> {
    connector.connect(target).await?.ask(request).await
}

/// The target of a URL.
pub(crate) fn target(url: Url) -> Result<Target, Failure> {
    Target::new(url).map_err(|error| Failure::usage(error.to_string()))
}

/// The document of an answer. What comes with an error may be somebody else's, such as a proxy's, and is not needed.
fn document_of(status: u16, octets: &[u8]) -> Result<Value, Failure> {
    let is_done = (200..300).contains(&status);
    match serde_json::from_slice(octets) {
        Ok(document) => Ok(document),
        Err(_) if !is_done || octets.is_empty() => Ok(Value::Null),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

/// The list of this name in an answer.
pub(crate) fn entries<'a>(answer: &'a Value, name: &str) -> Result<&'a [Value], Failure> {
    let list = answer.get(name).and_then(Value::as_array);
    list.map(Vec::as_slice).ok_or_else(|| unreadable(&format!("it has no list '{name}'")))
}

fn unreadable(why: &str) -> Failure {
    Failure::failed(format!("can't read the gateway's answer: {why}"))
        .help("is it a Postrider that answers there, and of this version?")
}

/// The answer's document, or a failure if the gateway refused the request.
fn settled(status: u16, answer: Value) -> Result<Value, Failure> {
    if (200..300).contains(&status) { Ok(answer) } else { Err(refusal(status, &answer)) }
}

/// The detail of a problem without its place in the JSON, which the user of a command didn't write.
fn retold(detail: &str) -> String {
    let placed = detail.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    placed.map_or(detail, |(_, detail)| detail).to_owned()
}

/// A problem document (RFC 9457) as a failure. All mistakes of a declaration are listed.
fn refusal(status: u16, problem: &Value) -> Failure {
    let text = |name: &str| problem.get(name).and_then(Value::as_str);
    let detail = text("detail").map_or_else(|| format!("the gateway answered with HTTP {status}"), retold);
    let errors = problem.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let what = match errors {
        [] | [_] => detail,
        several => several.iter().fold(format!("{} mistakes:", several.len()), |all, error| {
            let of = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or("");
            let line = error.get("line").and_then(Value::as_u64).map(|line| format!("line {line}"));
            let places: Vec<&str> =
                line.as_deref().into_iter().chain([of("field")]).filter(|it| !it.is_empty()).collect();
            format!("{all}\n  {}: {}", places.join(", "), of("detail"))
        }),
    };
    let exit = if status >= 500 { Exit::Failed } else { Exit::Refused };
    let failure = Failure { exit, what, help: None };
    match text("code") {
        Some("invalid_key") => failure.help("check `--key` or POSTRIDER_KEY; `postrider account key add` makes a new one"),
        Some("account_key_needed") => failure.help(
            "make a key with `postrider account key add ACCOUNT NAME` and pass it with `--key` or POSTRIDER_KEY",
        ),
        Some("administrator_key_needed") => failure.help(DATA_HELP),
        Some("too_late") => failure.help("only a message that still waits can be canceled"),
        Some("declared_in_file") => failure.help("edit the file, then `postrider check` and `kill -HUP` the gateway"),
        Some("nothing_left") => failure.help("`--allow-empty` deletes it all the same; what is queued stays queued"),
        Some("no_route") => failure.help("`postrider route list` shows the routes; `postrider route put` adds one"),
        Some("store_unavailable" | "shutting_down" | "too_busy" | "rate_limited" | "too_many_requests") => failure.help("try again in a moment"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn client(url: &str) -> Client {
        Client::new(url.parse().unwrap(), "key".into(), Duration::ZERO).unwrap()
    }

    #[test]
    fn names_can_not_lead_elsewhere() {
        let address = |url: &str, path: &[&str]| client(url).address(path, &[]).unwrap().to_string();
        assert_eq!(address("http://h:1", &["messages", "5"]), "http://h:1/v1/messages/5");
        assert_eq!(address("http://h:1/sms/", &["accounts", "a/b"]), "http://h:1/sms/v1/accounts/a%2Fb");
        let query = client("http://h:1").address(&["messages"], &[("to", "+44".into())]).unwrap();
        assert_eq!(query.as_str(), "http://h:1/v1/messages?to=%2B44");
    }

    #[test]
    fn a_problem_becomes_a_failure_that_says_what_to_do() {
        let cases = [
            (
                401,
                json!({ "code": "invalid_key", "detail": "this key is not known here" }),
                Exit::Refused,
                "--key",
            ),
            (403, json!({ "code": "account_key_needed", "detail": "x" }), Exit::Refused, "account key add"),
            (503, json!({ "code": "shutting_down", "detail": "x" }), Exit::Failed, "try again"),
        ];
        for (status, problem, exit, help) in cases {
            let failure = refusal(status, &problem);
            assert_eq!(failure.exit, exit, "{problem}");
            assert!(failure.help.is_some_and(|text| text.contains(help)), "{problem}");
        }
        assert_eq!(refusal(502, &Value::Null).what, "the gateway answered with HTTP 502");
    }

    #[test]
    fn every_mistake_of_a_declaration_is_told() {
        for (errors, told) in [
            (
                json!([{ "field": "a.b", "detail": "one" }, { "field": "c", "detail": "two" }]),
                "  a.b: one\n  c: two",
            ),
            (
                json!([{ "line": 3, "field": "price", "detail": "one" }, { "line": 4, "detail": "two" }]),
                "  line 3, price: one\n  line 4: two",
            ),
        ] {
            let failure = refusal(422, &json!({ "detail": "one (and 1 more)", "errors": errors }));
            assert_eq!(failure.what, format!("2 mistakes:\n{told}"));
        }
    }

    #[test]
    fn an_answer_that_can_not_be_read_is_a_failure() {
        for (status, octets, readable) in [
            (200, &br#"{"messages":[]}"#[..], true),
            (204, b"", true),
            (200, br#"{"messages":[{"metadata":{"a":"\ud800"}}]}"#, false),
            (200, b"<html>", false),
            (502, b"<html>", true),
        ] {
            let read = document_of(status, octets);
            assert_eq!(read.is_ok(), readable, "{status} {}", octets.escape_ascii());
            assert!(read.err().is_none_or(|failure| failure.exit == Exit::Failed));
        }
        assert_eq!(entries(&json!({ "messages": [1] }), "messages").map(<[Value]>::len), Ok(1));
        for other in [json!({}), json!({ "messages": null }), Value::Null] {
            assert_eq!(entries(&other, "messages").unwrap_err().exit, Exit::Failed, "{other}");
        }
    }

    #[test]
    fn places_in_the_json_are_not_told() {
        let cases = [
            ("line 1, column 8: expected a number, found null", "expected a number, found null"),
            ("the line is busy", "the line is busy"),
        ];
        for (detail, told) in cases {
            assert_eq!(retold(detail), told);
        }
    }

    #[tokio::test]
    async fn nobody_there_is_told_as_such() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let failure = client(&format!("http://{address}")).get(&["messages"], &[]).await.unwrap_err();
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.what.ends_with("Connection refused"), "{failure:?}");
    }
}
