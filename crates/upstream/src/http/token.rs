//! Tokens of OAuth2: fetched once for all requests, kept until shortly before their end, and fetched anew when one is refused.

use super::client::{Client, Failed};
use super::settings::Settings;
use postrider_core::time::Time;
use postrider_link::now;
use std::time::Instant;
use tokio::sync::Mutex;

/// The token of one upstream.
#[derive(Default)]
pub(super) struct Tokens {
    current: Mutex<Option<Token>>,
}

struct Token {
    text: String,
    until: Instant,
}

impl Tokens {
    /// The token to send requests with; `None` if the provider wants none. Who comes while it is fetched waits for it.
    pub(super) async fn get(
        &self,
        settings: &Settings,
        client: &Client,
        time: Time,
    ) -> Result<Option<String>, String> {
        let around = settings.surroundings(time, "", None);
        let Some(request) = settings.provider.token_request(&around) else { return Ok(None) };
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| token.until > now()) {
            return Ok(Some(token.text.clone()));
        }
        let request = request.map_err(|error| error.to_string())?.request;
        let received = client.ask_unrecorded(&request).await.map_err(|failed| match failed {
            Failed::NotSent(why) | Failed::Unanswered(why) => format!("no token: {why}"),
        })?;
        let (text, valid) = settings.provider.token(received.status, &received.body)?;
        *current = Some(Token { text: text.clone(), until: now() + valid });
        Ok(Some(text))
    }

    /// Forgets a token that was refused.
    pub(super) async fn refuse(&self, text: &str) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|token| token.text == text) {
            *current = None;
        }
    }
}
