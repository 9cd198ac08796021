//! Messages come in: each is a request to send, as `POST /v1/messages` takes it, and a member `id` besides.

use super::Broker;
use super::session::{Broken, Delivery, Outgoing, Session, Token};
use crate::rest::Answered;
use futures_util::future::join_all;
use postrider_core::account::Account;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The pause until a message is tried again that can't be taken now.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// The longest id of a message, in octets.
const ID_MAX: usize = 180;

/// A request that was delivered.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    id: String,
    body: Vec<u8>,
}

/// What is told of a request.
struct Told {
    id: Option<String>,
    status: u16,
    document: Vec<u8>,
}

impl Broker {
    /// Takes messages, until the session is over.
    pub(super) async fn take_messages(&self, session: &mut dyn Session, source: &str) -> Broken {
        if let Err(broken) = session.subscribe(source).await {
            return broken;
        }
        loop {
            let done = match session.receive().await {
                Ok(delivered) if delivered.is_empty() => session.ping().await,
                Ok(delivered) => self.take(session, delivered).await,
                Err(broken) => Err(broken),
            };
            if let Err(broken) = done {
                return broken;
            }
        }
    }

    /// Takes what was delivered: it is acknowledged when it is durable, or refused for good, and that was told.
    async fn take(&self, session: &mut dyn Session, delivered: Vec<Delivery>) -> Result<(), Broken> {
        let mut open: Vec<(Result<Asked, Told>, Token)> =
            delivered.into_iter().map(|delivery| (asked(&delivery), delivery.token)).collect();
        let mut pause = PAUSES.0;
        while !open.is_empty() {
            let Some(account) = self.account().filter(|account| account.enabled) else {
                tracing::warn!(
                    broker = &*self.settings.name,
                    "messages wait: there is no account that may send them"
                );
                tokio::time::sleep(PAUSES.1).await;
                session.ping().await?;
                continue;
            };
            let trying = open.drain(..).map(|(asked, token)| self.try_one(&account, asked, token));
            let (mut done, mut wanted) = (Vec::new(), None);
            for tried in join_all(trying).await {
                match tried {
                    Tried::Done(told, token) => done.push((told, token)),
                    Tried::Later(asked, token, after) => {
                        wanted = wanted.max(Some(after.unwrap_or(pause)));
                        open.push((Ok(asked), token));
                    }
                }
            }
            self.tell(session, &done).await?;
            session.acknowledge(done.into_iter().map(|(_, token)| token).collect()).await?;
            if let Some(wanted) = wanted {
                tokio::time::sleep(wanted.min(PAUSES.1)).await;
                pause = (pause * 2).min(PAUSES.1);
                session.ping().await?;
            }
        }
        Ok(())
    }

    async fn try_one(&self, account: &Arc<Account>, asked: Result<Asked, Told>, token: Token) -> Tried {
        let asked = match asked {
            Ok(asked) => asked,
            Err(told) => return Tried::Done(told, token),
        };
        let key = format!("broker {} {}", self.settings.name, asked.id);
        let answered = self.rest.submit_by_broker(account, &key, &asked.body).await;
        if !answered.is_final() {
            return Tried::Later(asked, token, answered.retry_after);
        }
        let Answered { status, document, .. } = answered;
        Tried::Done(Told { id: Some(asked.id), status: status.as_u16(), document }, token)
    }

    /// Publishes what became of requests, if that is wanted.
    async fn tell(&self, session: &mut dyn Session, done: &[(Told, Token)]) -> Result<(), Broken> {
        for (told, _) in done {
            let result = if (200..300).contains(&told.status) { "accepted" } else { "refused" };
            metrics::counter!("postrider_broker_messages_total", "broker" => self.settings.name.to_string(), "result" => result)
                .increment(1);
            if result == "refused" {
                tracing::debug!(
                    broker = &*self.settings.name,
                    status = told.status,
                    "a message from a broker was refused"
                );
            }
        }
        let Some(results) = &self.settings.results else { return Ok(()) };
        let outgoing = |(told, token): &(Told, Token)| {
            let answer: Value = serde_json::from_slice(&told.document).unwrap_or_default();
            let body = json!({ "id": told.id, "status": told.status, "answer": answer }).to_string();
            let id = told.id.clone().unwrap_or_else(|| format!("{token:?}"));
            Outgoing {
                to: results.to_string(),
                id: format!("{}-result-{id}", self.settings.name),
                key: id,
                body: body.into_bytes(),
            }
        };
        let outgoing: Vec<Outgoing> = done.iter().map(outgoing).collect();
        session.publish(&outgoing).await
    }
}

/// What became of a request.
enum Tried {
    /// It was accepted, or refused for good.
    Done(Told, Token),
    /// It can't be decided on now; when it is worth trying again, if that is known.
    Later(Asked, Token, Option<Duration>),
}

/// The request of a delivery, or what is told of one that is none.
fn asked(delivery: &Delivery) -> Result<Asked, Told> {
    let refused = |id: Option<String>, code: &str, detail: String| {
        let document = json!({ "type": "about:blank", "status": 400, "code": code, "detail": detail });
        Told { id, status: 400, document: document.to_string().into_bytes() }
    };
    let read = serde_json::from_slice::<Map<String, Value>>(&delivery.body);
    let mut members = read.map_err(|error| {
        refused(delivery.id.clone(), "invalid_json", format!("the message is no JSON object: {error}"))
    })?;
    let own = match members.remove("id") {
        None => None,
        Some(Value::String(id)) => Some(id),
        Some(Value::Number(id)) => Some(id.to_string()),
        Some(_) => return Err(refused(None, "invalid_id", "'id' must be a string or a number".into())),
    };
    let Some(id) = own.or_else(|| delivery.id.clone()) else {
        let detail =
            "the message has no 'id': without one a repeated delivery can't be told from another message";
        return Err(refused(None, "missing_id", detail.into()));
    };
    let is_id = (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|octet| (b' '..=b'~').contains(&octet));
    if !is_id {
        let detail = format!("'id' must have 1 to {ID_MAX} printable ASCII characters");
        return Err(refused(None, "invalid_id", detail));
    }
    Ok(Asked { id, body: Value::Object(members).to_string().into_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn read(id: Option<&str>, body: &'static str) -> Result<(String, String), String> {
        let body = Bytes::from_static(body.as_bytes());
        let delivery = Delivery { id: id.map(Into::into), body, token: Token::Nothing };
        let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
        asked(&delivery).map(|asked| (asked.id, text(asked.body))).map_err(|told| text(told.document))
    }

    #[test]
    fn a_message_has_an_id_of_its_own_or_of_its_delivery() {
        let body = r#"{"to":"+447700900123","text":"Hi"}"#;
        assert_eq!(read(Some("S.7"), body).unwrap().0, "S.7");
        let (id, left) = read(Some("S.7"), r#"{"id":"order-7","text":"Hi"}"#).unwrap();
        assert_eq!((&*id, &*left), ("order-7", r#"{"text":"Hi"}"#));
        assert_eq!(read(None, r#"{"id":7}"#).unwrap().0, "7");
        for (body, code) in [
            (body, "missing_id"),
            ("[]", "invalid_json"),
            ("Hi", "invalid_json"),
            (r#"{"id":""}"#, "invalid_id"),
            (r#"{"id":"ü"}"#, "invalid_id"),
            (r#"{"id":[1]}"#, "invalid_id"),
        ] {
            let told = read(None, body).unwrap_err();
            assert!(told.contains(code), "{body}: {told}");
        }
    }
}
