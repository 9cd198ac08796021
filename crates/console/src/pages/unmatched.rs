//! Receipts that found no message.

use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::response::Response;
use serde::Deserialize;

/// A receipt, as the API tells of it.
#[derive(Deserialize)]
struct Receipt {
    upstream: String,
    at: String,
    carrier_reference: String,
    state: String,
    error: Option<Error>,
    numbers: Vec<String>,
    likely: Vec<Likely>,
}

#[derive(Deserialize)]
struct Error {
    code: String,
}

/// A message that a receipt may be about.
#[derive(Deserialize)]
struct Likely {
    id: String,
    carrier_references: Vec<String>,
}

impl Receipt {
    /// How the carrier spells identifiers in receipts, by the word of the setting, if this receipt and a message it may be about show it.
    fn spelling(&self) -> Option<&'static str> {
        let references = self.likely.iter().flat_map(|likely| &likely.carrier_references);
        references.filter_map(|answered| spelling(answered, &self.carrier_reference)).next()
    }
}

/// The setting by which the identifier of an answer is the one of a receipt.
fn spelling(answered: &str, reported: &str) -> Option<&'static str> {
    let octets: String = answered.bytes().map(|octet| format!("{octet:02x}")).collect();
    let number = |text: &str, radix| u128::from_str_radix(text.trim(), radix).ok();
    let are_one = |one: Option<u128>, other: Option<u128>| one.is_some() && one == other;
    if are_one(number(answered, 16), number(reported, 10)) {
        Some("hex_then_decimal")
    } else if are_one(number(answered, 10), number(reported, 16)) {
        Some("decimal_then_hex")
    } else if !octets.is_empty() && octets.eq_ignore_ascii_case(reported) {
        Some("octets")
    } else {
        None
    }
}

#[derive(Deserialize)]
struct Receipts {
    receipts: Vec<Receipt>,
}

#[derive(Template)]
#[template(path = "unmatched.html")]
struct UnmatchedPage {
    frame: Frame,
    receipts: Vec<Receipt>,
}

pub(super) async fn page(visitor: Visitor) -> Response {
    let receipts = visitor.ask.get("/v1/receipts/unmatched", &[("limit", "200")]).await;
    let frame = visitor.frame("unmatched", "Unmatched receipts");
    visitor.show(receipts.map(|Receipts { receipts }| UnmatchedPage { frame, receipts }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_and_its_message_show_how_the_carrier_spells() {
        for (answered, reported, expected) in [
            ("1A2B", "6699", Some("hex_then_decimal")),
            ("6699", "1a2b", Some("decimal_then_hex")),
            ("A1", "4131", Some("octets")),
            ("1A2B", "6700", None),
            ("", "", None),
        ] {
            assert_eq!(spelling(answered, reported), expected, "{answered} {reported}");
        }
    }
}
