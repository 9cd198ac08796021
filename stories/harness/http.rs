//! A caller of the HTTP API, as plain as `curl`.

use super::{Authority, until, within};
use reqwest::{Certificate, Method};
use serde_json::{Value, json};
use std::sync::Once;

/// A caller with a key.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    base: String,
    key: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    /// The body: its JSON, or a JSON string of other text.
    pub(crate) body: Value,
}

impl Http {
    /// A caller of the server at `base`, such as `http://127.0.0.1:8080`.
    pub(crate) fn new(base: &str, key: Option<&str>) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            rustls::crypto::ring::default_provider().install_default().unwrap();
        });
        // A connection that was kept may be one to a gateway that was killed.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { client, base: base.to_owned(), key: key.map(str::to_owned) }
    }

    /// The same caller, trusting this authority only.
    pub(crate) fn trusting(&self, authority: &Authority) -> Self {
        let trusted = Certificate::from_pem(&std::fs::read(authority.ca_file()).unwrap()).unwrap();
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).tls_certs_only([trusted]);
        Self { client: client.build().unwrap(), ..self.clone() }
    }

    /// The same caller with another key, or none.
    pub(crate) fn with_key(&self, key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..self.clone() }
    }

    /// The server's address, such as `http://127.0.0.1:8080`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], None).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, &[], Some(body)).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PUT, path, &[], Some(body)).await.unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path, &[], Some(body)).await.unwrap()
    }

    /// Puts a text of another type than JSON.
    pub(crate) async fn put_csv(&self, path: &str, text: &str) -> Answer {
        let request = self.client.put(format!("{}{path}", self.base)).header("content-type", "text/csv");
        let request = request.bearer_auth(self.key.as_deref().unwrap_or_default()).body(text.to_owned());
        read(request.send().await.unwrap()).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, &[], None).await.unwrap()
    }

    /// Sends any request. It is an error only if no answer comes, as from a gateway that is down.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answered = async { read(request.send().await?).await };
        within(&format!("the answer to {method} {path}"), answered).await
    }

    /// Opens an answer whose body may come for long.
    pub(crate) async fn open(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.client.get(format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        within(&format!("the answer to GET {path}"), request.send()).await.unwrap()
    }

    /// Posts any octets.
    pub(crate) async fn post_octets(&self, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let mut request =
            self.client.post(format!("{}{path}", self.base)).header("content-type", content_type);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let answered = async { read(request.body(body).send().await?).await };
        within(&format!("the answer to POST {path}"), answered).await.unwrap()
    }

    /// Sends a text, which must be accepted, and returns the message's id.
    pub(crate) async fn send(&self, to: &str, text: &str) -> String {
        self.send_with(json!({ "to": to, "text": text })).await
    }

    /// Sends a message, which must be accepted, and returns its id.
    pub(crate) async fn send_with(&self, message: Value) -> String {
        let answer = self.post("/v1/messages", &message).await.accepted();
        answer["id"].as_str().unwrap_or_else(|| panic!("no id in {answer}")).to_owned()
    }

    /// A message as it is now.
    pub(crate) async fn message(&self, id: &str) -> Value {
        self.get(&format!("/v1/messages/{id}")).await.ok()
    }

    /// A message once it is in this state.
    pub(crate) async fn message_in(&self, id: &str, state: &str) -> Value {
        let what = format!("message {id} to be {state}");
        until(&what, async || self.message(id).await, |message| message["state"] == state).await
    }
}

impl Answer {
    /// The body of an answer that must have status 200.
    pub(crate) fn ok(self) -> Value {
        self.with(200)
    }

    /// The body of an answer that must have status 202.
    pub(crate) fn accepted(self) -> Value {
        self.with(202)
    }

    /// The body of an answer that must have this status.
    pub(crate) fn with(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

async fn read(response: reqwest::Response) -> Result<Answer, reqwest::Error> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    Ok(Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
}
