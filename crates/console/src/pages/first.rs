//! The first run: a text to a simulated phone, which is drawn on the page and answers; then a real carrier.

mod declare;
mod phone;

pub(super) use declare::declare;
pub(super) use phone::stream;

use crate::api::Failed;
use crate::form::{Form, once};
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, written};
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use phone::{NUMBER, Phone};
use serde::Deserialize;
use serde_json::{Value, json};

/// The page.
const HERE: &str = "/console/first";

#[derive(Deserialize)]
struct Upstreams {
    upstreams: Vec<Upstream>,
}

#[derive(Deserialize)]
struct Upstream {
    #[serde(default)]
    host: String,
    enabled: bool,
}

#[derive(Deserialize)]
struct Numbers {
    numbers: Vec<Own>,
}

/// A number that handsets write to, and whose it is.
#[derive(Clone, Deserialize)]
struct Own {
    name: String,
    account: String,
}

/// What there is to send by.
enum Ready {
    /// No carrier, no account or no number.
    Not { has_carrier: bool },
    /// Only carriers on this machine: texts reach no real handset.
    Simulated(Own),
    /// A real carrier: its handsets are real, too.
    Real,
}

#[derive(Template)]
#[template(path = "first.html")]
struct FirstPage {
    frame: Frame,
    ready: Ready,
    /// The phone as it is now.
    phone: String,
    number: &'static str,
    text: String,
    once: String,
}

pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(shown(&visitor, form.get("text")).await)
}

async fn shown(visitor: &Visitor, text: &str) -> Result<FirstPage, Failed> {
    let ready = ready(visitor).await?;
    let phone = match &ready {
        Ready::Simulated(_) => written(&Phone::default().now(visitor).await?),
        _ => String::new(),
    };
    let frame = visitor.frame("", title("The first message"));
    let text = if text.is_empty() { frame.t("Hello from Postrider").to_owned() } else { text.to_owned() };
    Ok(FirstPage { frame, ready, phone, number: NUMBER, text, once: once() })
}

async fn ready(visitor: &Visitor) -> Result<Ready, Failed> {
    if !visitor.who.sees_all() || !visitor.who.may("send_messages") && !visitor.who.may("write_configuration")
    {
        return Err(Failed::forbidden());
    }
    let Upstreams { upstreams } = visitor.ask.get("/v1/upstreams", &[]).await?;
    let Numbers { numbers } = visitor.ask.get("/v1/numbers", &[]).await?;
    Ok(decide(&upstreams, numbers))
}

/// What there is to send by, with these upstreams and numbers.
fn decide(upstreams: &[Upstream], mut numbers: Vec<Own>) -> Ready {
    let enabled: Vec<&Upstream> = upstreams.iter().filter(|upstream| upstream.enabled).collect();
    let is_here = |upstream: &&Upstream| ["127.0.0.1", "::1", "localhost"].contains(&upstream.host.as_str());
    match (enabled.is_empty(), enabled.iter().all(is_here), numbers.is_empty()) {
        (true, _, _) => Ready::Not { has_carrier: false },
        (false, false, _) => Ready::Real,
        (false, true, true) => Ready::Not { has_carrier: true },
        (false, true, false) => Ready::Simulated(numbers.swap_remove(0)),
    }
}

/// Sends a text to the phone. A form that is sent twice is one text.
pub(super) async fn send(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = async {
        let Ready::Simulated(own) = ready(&visitor).await? else {
            let detail = "there is no simulated carrier: nothing was sent";
            return Err(Failed::new(axum::http::StatusCode::CONFLICT, "no_simulated_carrier", detail));
        };
        let ask = visitor.ask.with_header("x-account", &own.account);
        let ask = ask.with_header("idempotency-key", form.get("once"));
        let message = json!({ "to": NUMBER, "from": own.name, "text": form.needed("text")? });
        ask.post::<Value>("/v1/messages", &message).await
    };
    match done.await {
        Ok(_) => Redirect::to(HERE).into_response(),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(host: &str, enabled: bool) -> Upstream {
        Upstream { host: host.to_owned(), enabled }
    }

    #[test]
    fn nothing_is_sent_to_the_phone_by_a_real_carrier() {
        let own = || vec![Own { name: "60006".into(), account: "demo".into() }];
        let here = upstream("127.0.0.1", true);
        assert!(matches!(decide(&[], own()), Ready::Not { has_carrier: false }));
        assert!(matches!(
            decide(&[upstream("smpp.example", false)], own()),
            Ready::Not { has_carrier: false }
        ));
        assert!(matches!(
            decide(&[upstream("127.0.0.1", true)], Vec::new()),
            Ready::Not { has_carrier: true }
        ));
        assert!(matches!(decide(&[here, upstream("smpp.example", false)], own()), Ready::Simulated(_)));
        let both = [upstream("localhost", true), upstream("smpp.example", true)];
        assert!(matches!(decide(&both, own()), Ready::Real));
        // A provider over HTTP has no host of its own in the declaration.
        assert!(matches!(decide(&[upstream("", true)], own()), Ready::Real));
    }
}
