//! The sheet for a customer: all that its engineers need to connect. It is in English, as their manuals are.

use super::{Account, HERE};
use crate::api::path;
use crate::pages::secret;
use crate::texts::title;
use crate::visitor::Visitor;
use axum::extract::Path;
use axum::response::Response;
use std::fmt::Write;

/// Shows the sheet of an account, without a password: that is known to whoever has it.
pub(in crate::pages) async fn page(visitor: Visitor, Path(name): Path<String>) -> Response {
    let back = format!("{HERE}/{name}");
    match visitor.ask.get::<Account>(&path(&["accounts", &name]), &[]).await {
        Ok(account) => {
            let sheet = Some(of(&visitor, &account, None));
            secret::show(&visitor, ("accounts", title("Sheet for the customer")), Vec::new(), sheet, &back)
        }
        Err(failed) => visitor.refused(failed, &back),
    }
}

/// The sheet of an account.
pub(super) fn of(visitor: &Visitor, account: &Account, password: Option<&str>) -> String {
    let mut sheet = format!("{}\n{}\n", account.name, "=".repeat(account.name.chars().count()));
    by_smpp(&mut sheet, visitor, account, password);
    by_rest(&mut sheet, visitor, account);
    sheet
}

fn by_smpp(sheet: &mut String, visitor: &Visitor, account: &Account, password: Option<&str>) {
    let Some(smpp) = &account.smpp else { return };
    let port = |port: Option<u16>, words: &str| port.map(|port| format!("{port}{words}"));
    let ports = [port(visitor.ports.smpp, ""), port(visitor.ports.smpp_tls, " with TLS")];
    let ports: Vec<String> = ports.into_iter().flatten().collect();
    let rows = [
        ("host", visitor.host().to_owned()),
        ("port", ports.join(", or ")),
        ("system_id", smpp.system_id.clone()),
        ("password", password.unwrap_or("as it was given to you").to_owned()),
        (
            "bind",
            "transceiver, or transmitter and receiver; up to ".to_owned()
                + &smpp.sessions.to_string()
                + " sessions",
        ),
        ("window", format!("up to {} requests unanswered at a time", smpp.window)),
        ("rate", account.rate.map_or_else(String::new, |rate| format!("{rate} parts a second"))),
        ("from", smpp.allow.join(", ")),
        ("alphabet", "data_coding 0 is GSM 7-bit, 8 is UCS-2".to_owned()),
        ("long texts", "user data headers, sar_* parameters or message_payload".to_owned()),
        ("receipts", "registered_delivery 1 asks for them; they come as deliver_sm".to_owned()),
        ("keep alive", "enquire_link every 30 seconds".to_owned()),
    ];
    section(sheet, "SMPP 3.4", &rows);
}

fn by_rest(sheet: &mut String, visitor: &Visitor, account: &Account) {
    let keys: Vec<&str> = account.keys.iter().map(|key| key.name.as_str()).collect();
    let webhook = account.webhook.as_ref().map(|webhook| webhook.url.clone());
    let rows = [
        ("send", format!("POST {}", visitor.address("/v1/messages"))),
        ("body", r#"{ "to": "+447700900123", "text": "Hello" }"#.to_owned()),
        ("header", "Authorization: Bearer YOUR-KEY".to_owned()),
        ("keys", keys.join(", ")),
        ("rate", format!("{} requests a second", account.request_rate)),
        ("webhook", webhook.unwrap_or_default()),
        ("description", visitor.address("/openapi.json")),
    ];
    section(sheet, "REST", &rows);
}

/// A heading, and the rows that have something to say.
fn section(sheet: &mut String, heading: &str, rows: &[(&str, String)]) {
    let _ = writeln!(sheet, "\n{heading}");
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(sheet, "  {name:<12} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_a_value_are_left_out() {
        let mut sheet = String::new();
        section(&mut sheet, "REST", &[("send", "POST x".into()), ("webhook", String::new())]);
        assert_eq!(sheet, "\nREST\n  send         POST x\n");
    }
}
