//! Requests of the centre to the gateway: messages from handsets and reports. Each is answered once it is durable.

use super::settings::Settings;
use super::{inbound, report};
use crate::http::Callback;
use metrics::counter;
use postrider_core::contract::{Desk, Heard, MediaDesk};
use postrider_provider::Response;
use postrider_wire::mm7::{Dialect, Envelope, Operation, Read, Status, read, write};
use std::net::IpAddr;

/// Takes a request: checks it, brings what is in it to the desk, and returns the answer once that is durable. What doesn't prove to be
/// the carrier's is answered with 403; 503 asks for it again.
pub async fn take(
    settings: &Settings,
    desk: &dyn Desk,
    media: &dyn MediaDesk,
    callback: &Callback,
) -> Response {
    let (result, response) = match proven(settings, callback.peer, &callback.path_query) {
        Err(why) => {
            tracing::warn!(upstream = %settings.name, peer = %callback.peer, why, "a request was refused");
            ("forged", plain(403, "this is no request of the carrier"))
        }
        Ok(()) => match read(content_type(callback), &callback.body) {
            Ok(read) => heed(settings, desk, media, read).await,
            Err(error) => {
                tracing::warn!(upstream = %settings.name, %error, "a request of the carrier can't be read");
                ("unreadable", unreadable(&error.to_string()))
            }
        },
    };
    counter!("postrider_provider_callbacks_total", "upstream" => settings.name.to_string(), "result" => result)
        .increment(1);
    response
}

fn content_type(callback: &Callback) -> &str {
    let is_it = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
    callback.headers.iter().find(is_it).map_or("", |(_, value)| value)
}

/// Whether a request is the carrier's.
fn proven(settings: &Settings, peer: IpAddr, path_query: &str) -> Result<(), &'static str> {
    let from = &settings.callback_from;
    if !from.is_empty() && !from.iter().any(|network| network.contains(peer)) {
        return Err("it comes from an address that callback_from doesn't allow");
    }
    let Some(key) = &settings.callback_key else {
        return if from.is_empty() { Err("neither callback_key nor callback_from is set") } else { Ok(()) };
    };
    let query = path_query.split_once('?').map_or("", |(_, query)| query);
    let given = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "key");
    let given = given.map(|(_, value)| value.into_owned()).unwrap_or_default();
    if same(given.as_bytes(), key.as_bytes()) { Ok(()) } else { Err("its key is wrong") }
}

/// Compares in a time that depends on the lengths alone.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    given.len() == wanted.len() && given.iter().zip(wanted).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

async fn heed(
    settings: &Settings,
    desk: &dyn Desk,
    media: &dyn MediaDesk,
    read: Read,
) -> (&'static str, Response) {
    let Read { envelope, contents } = read;
    let (heard, answer): (_, fn(Status) -> Operation) = match &envelope.operation {
        Operation::DeliverReq(deliver) => match inbound::read(deliver, contents, media).await {
            Ok(inbound) => (Heard::Inbound(Box::new(inbound)), Operation::DeliverRsp),
            Err(_) => return ("busy", busy(&envelope)),
        },
        Operation::DeliveryReportReq(told) => {
            (Heard::Report(report::delivery(told)), Operation::DeliveryReportRsp)
        }
        Operation::ReadReplyReq(reply) => {
            counter!("postrider_read_reports_total", "upstream" => settings.name.to_string()).increment(1);
            (Heard::Report(report::read(reply)), Operation::ReadReplyRsp)
        }
        _ => {
            let status = Status::new(4003, "Unsupported operation");
            return ("unreadable", written(500, &envelope.answer(Operation::VaspError(status))));
        }
    };
    match desk.heard(vec![heard]).await {
        Ok(()) => ("taken", written(200, &envelope.answer(answer(Status::success())))),
        Err(_) => ("busy", busy(&envelope)),
    }
}

/// It can't be stored just now: the centre should send it again.
fn busy(envelope: &Envelope) -> Response {
    let status = Status::new(4006, "Service temporarily unavailable");
    written(503, &envelope.answer(Operation::VaspError(status)))
}

/// The answer to what can't be read, in a transaction of no name.
fn unreadable(why: &str) -> Response {
    let operation = Operation::VaspError(Status::new(2007, why));
    written(400, &Envelope { transaction: String::new(), dialect: Dialect::default(), operation })
}

fn written(status: u16, envelope: &Envelope) -> Response {
    let packaged = write(envelope, None, &[]);
    let body = String::from_utf8(packaged.body).unwrap_or_default();
    Response { status, content_type: packaged.content_type.into(), body: body.into() }
}

fn plain(status: u16, text: &str) -> Response {
    Response { status, content_type: "text/plain; charset=utf-8".into(), body: text.into() }
}
