//! Menus for USSD: each turn of a handset's dialogue is posted to the menu of the account that has its code, and the answer is the
//! next page. Nothing is stored, and nothing is repeated: the network waits for seconds only.

use super::post::{EndpointAnswer, Event, JSON, Poster};
use super::{Settings, TlsError};
use crate::rest::moment;
use postrider_core::account::{Account, Menu, Webhook};
use postrider_core::contract::Live;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use postrider_core::ussd::{Page, Turn, serves};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The type of the event.
const TURN: &str = "ussd.turn";
/// The beginnings of plain pages that go on, and that end, as many menus write them.
const GOES_ON: &str = "CON";
const ENDS: &str = "END";

/// Posts turns to menus.
pub struct Menus {
    poster: Poster,
    live: Arc<dyn Live>,
    turns: AtomicU64,
}

/// A turn, as a menu is told of it.
#[derive(Serialize)]
struct Told<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    session: &'a str,
    upstream: &'a str,
    from: &'a str,
    code: &'a str,
    text: &'a str,
    first: bool,
}

/// A page, as a menu writes it in JSON.
#[derive(Deserialize)]
struct Written {
    text: String,
    #[serde(default)]
    r#continue: bool,
}

impl Menus {
    /// Menus of the accounts of `live`.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(live: Arc<dyn Live>, settings: &Settings) -> Result<Self, TlsError> {
        Ok(Self { poster: Poster::new(settings)?, live, turns: AtomicU64::new(0) })
    }

    /// The next page of a dialogue at an upstream; `None` if no account has a menu for its code, or the menu doesn't answer. The
    /// log says which.
    pub async fn page(&self, upstream: &str, turn: &Turn) -> Option<Page> {
        let (rules, now) = (self.live.rules(), self.live.now());
        let Some((account, webhook, menu)) = menu_of(&rules, &turn.code) else {
            count(upstream, "unserved");
            tracing::warn!(upstream, code = %turn.code, "no account has a menu for a USSD code: declare 'ussd_codes'");
            return None;
        };
        let page = self.ask(upstream, turn, webhook, menu, &rules, now).await;
        count(upstream, if page.is_ok() { "shown" } else { "failed" });
        page.inspect_err(
            |why| tracing::warn!(upstream, account = %account.name, %why, "a USSD menu gave no page"),
        )
        .ok()
    }

    async fn ask(
        &self,
        upstream: &str,
        turn: &Turn,
        webhook: &Webhook,
        menu: &Menu,
        rules: &Arc<Rules>,
        now: Time,
    ) -> Result<Page, String> {
        let Turn { session, from, code, text, is_first } = turn;
        let data = Data { session, upstream, from, code, text, first: *is_first };
        let told = Told { r#type: TURN, timestamp: moment::write(now), data };
        let body = serde_json::to_vec(&told).map_err(|error| error.to_string())?;
        let number = self.turns.fetch_add(1, Ordering::Relaxed);
        let id = format!("ussd-{}-{number}", now.0);
        let answer = self
            .poster
            .ask_menu(Event { id, url: &menu.url, content_type: JSON, body }, webhook, rules, now)
            .await?;
        read(&answer)
    }
}

/// The account whose menu serves a code, with its webhook and its menu.
fn menu_of<'a>(rules: &'a Rules, code: &str) -> Option<(&'a Account, &'a Webhook, &'a Menu)> {
    rules.accounts().filter(|account| account.enabled).find_map(|account| {
        let webhook = account.webhook.as_deref()?;
        let menu = webhook.menu.as_ref()?;
        menu.codes.iter().any(|declared| serves(declared, code)).then_some((&**account, webhook, menu))
    })
}

/// A page: JSON with `text` and `continue`, or plain text behind `CON` or `END`.
fn read(answer: &EndpointAnswer) -> Result<Page, String> {
    if let Ok(Written { text, r#continue }) = serde_json::from_slice(&answer.body) {
        return Ok(Page { text: text.into(), goes_on: r#continue });
    }
    let text = str::from_utf8(&answer.body).map_err(|_| "the page is no text".to_owned())?.trim();
    let plain = |word: &str| text.strip_prefix(word).filter(|rest| rest.starts_with(char::is_whitespace));
    match (plain(GOES_ON), plain(ENDS)) {
        (Some(rest), _) => Ok(Page { text: rest.trim_start().into(), goes_on: true }),
        (None, Some(rest)) => Ok(Page { text: rest.trim_start().into(), goes_on: false }),
        (None, None) => Err(format!(
            "the answer ({}) is no page: write JSON with 'text' and 'continue', or a text behind CON or END",
            answer.content_type
        )),
    }
}

fn count(upstream: &str, result: &'static str) {
    metrics::counter!("postrider_ussd_turns_total", "upstream" => upstream.to_owned(), "result" => result)
        .increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use crate::webhook::testing::webhook;

    fn page(body: &str) -> Result<Page, String> {
        let content_type = "text/plain".to_owned();
        read(&EndpointAnswer { content_type, body: body.as_bytes().to_vec(), kannel: None })
    }

    #[test]
    fn a_page_is_json_or_begins_with_con_or_end() {
        let shown = |text: &str, goes_on| Ok(Page { text: text.into(), goes_on });
        for (body, expected) in [
            (r#"{"text":"1 Balance\n2 Help","continue":true}"#, shown("1 Balance\n2 Help", true)),
            (r#"{"text":"Bye"}"#, shown("Bye", false)),
            ("CON 1 Balance\n2 Help\n", shown("1 Balance\n2 Help", true)),
            ("END Bye", shown("Bye", false)),
        ] {
            assert_eq!(page(body), expected, "{body}");
        }
        for wrong in ["", "OK", "CONTINUE", "{}", "<html>", r#"{"text":7}"#] {
            assert!(page(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_code_leads_to_the_menu_of_its_account() {
        let menu = Menu { url: "https://shop.example/menu".into(), codes: vec!["*123#".into()] };
        let webhook = Webhook { menu: Some(menu), ..webhook("https://shop.example/") };
        let rules = rules(Account { webhook: Some(webhook.clone().into()), ..account() });
        let found = |code| menu_of(&rules, code).map(|(account, ..)| &*account.name);
        assert_eq!((found("*123#"), found("*123*4#"), found("*124#")), (Some("shop"), Some("shop"), None));
        let disabled = Account { webhook: Some(webhook.into()), enabled: false, ..account() };
        assert!(menu_of(&crate::testing::rules(disabled), "*123#").is_none());
    }
}
