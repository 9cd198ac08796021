//! Media that the messages of a request name: looked up, or fetched and kept, before the messages are read.

use crate::rest::Rest;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use postrider_core::account::AccountId;
use postrider_core::contract::{MediaLimits, StoreError};
use postrider_core::id::MessageId;
use postrider_core::media::{MediaItem, MediaType};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The most different media of one request.
const NAMED_MAX: usize = 20;
/// The characters of a page's secret.
pub(super) const TOKEN_LENGTH: usize = 22;

/// A medium of a message: one that was uploaded, or a URL from which it is fetched.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Media)]
pub(in crate::rest) struct MediaRef {
    /// The identifier that its upload was given.
    #[serde(default)]
    id: Option<String>,
    /// A URL of http or https, instead of an identifier. The gateway fetches it once, at once; it follows no redirects.
    #[serde(default)]
    #[schema(format = "uri", max_length = 2_048)]
    url: Option<String>,
}

/// The media that a request names, each with what came of it.
#[derive(Debug, Default)]
pub(in crate::rest) struct NamedMedia {
    found: BTreeMap<MediaRef, Result<MediaItem, Problem>>,
    /// Whether nothing is looked up: what is named stands for some picture.
    is_sketch: bool,
    /// A link as long as the messages' own.
    pub(in crate::rest) link: Option<Box<str>>,
}

/// As much of a request as says which media it needs. What can't be read is told when it is read whole.
#[derive(Deserialize)]
struct Naming {
    #[serde(default)]
    media: Option<Vec<MediaRef>>,
    #[serde(default)]
    messages: Vec<Naming>,
}

impl NamedMedia {
    /// No media.
    pub(in crate::rest) const NONE: Self = Self { found: BTreeMap::new(), is_sketch: false, link: None };

    /// Looks the media up that a body names, and fetches what is named by a URL. Bodies without any cost a look for the word.
    ///
    /// # Errors
    /// There are too many, or the store failed.
    pub(in crate::rest) async fn of(rest: &Rest, account: AccountId, body: &[u8]) -> Result<Self, Problem> {
        let named = named(body);
        if named.len() > NAMED_MAX {
            let detail = format!("{} media are named; {NAMED_MAX} are allowed in a request", named.len());
            return Err(wrong("too_many_media", detail));
        }
        let found = futures_util::future::join_all(named.into_iter().map(async |it| {
            let found = find(rest, account, &it).await?;
            Ok::<_, StoreError>((it, found))
        }));
        let found = found.await.into_iter().collect::<Result<_, _>>()?;
        Ok(Self { found, is_sketch: false, link: placeholder_link(rest.media.desk.limits()) })
    }

    /// Media of which nothing is looked up, for previews.
    pub(in crate::rest) fn sketch(rest: &Rest) -> Self {
        let link = placeholder_link(rest.media.desk.limits());
        Self { found: BTreeMap::new(), is_sketch: true, link }
    }

    /// What came of a medium.
    pub(in crate::rest) fn item(&self, named: &MediaRef) -> Result<MediaItem, Problem> {
        if named.id.is_some() == named.url.is_some() {
            return Err(wrong("invalid_media", "give a medium by 'id' or by 'url'".to_owned()));
        }
        match self.found.get(named) {
            Some(found) => found.clone(),
            None if self.is_sketch => {
                Ok(MediaItem { id: MessageId::from_number(0), kind: MediaType::Jpeg, size: 0, print: 0 })
            }
            None => Err(unknown()),
        }
    }
}

/// A link as long as those of messages, if there are links.
fn placeholder_link(limits: &MediaLimits) -> Option<Box<str>> {
    limits.public_url.as_ref().map(|url| format!("{url}/m/{}", "x".repeat(TOKEN_LENGTH)).into())
}

fn wrong(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

fn unknown() -> Problem {
    let detail = "there is no medium with this identifier: upload it to /v1/media".to_owned();
    wrong("unknown_media", detail)
}

/// The media that a body names, each once.
fn named(body: &[u8]) -> Vec<MediaRef> {
    let has_word = str::from_utf8(body).is_ok_and(|body| body.contains("\"media\""));
    let naming = has_word.then(|| serde_json::from_slice::<Naming>(body).ok()).flatten();
    let Some(Naming { media, messages }) = naming else { return Vec::new() };
    let each = media.into_iter().chain(messages.into_iter().filter_map(|message| message.media));
    let mut named: Vec<MediaRef> = each.flatten().collect();
    named.sort_unstable();
    named.dedup();
    named
}

async fn find(
    rest: &Rest,
    account: AccountId,
    named: &MediaRef,
) -> Result<Result<MediaItem, Problem>, StoreError> {
    match (&named.id, &named.url) {
        (Some(id), None) => {
            let Ok(id) = id.parse() else { return Ok(Err(unknown())) };
            let held = rest.media.desk.hold(account, vec![id], rest.live.now()).await?;
            Ok(held.into_iter().next().flatten().ok_or_else(unknown))
        }
        (None, Some(url)) => {
            let most = rest.media.desk.limits().size_max;
            match rest.media.fetcher.fetch(url, usize::try_from(most).unwrap_or(usize::MAX)).await {
                Ok(octets) => keep(rest, account, octets).await,
                Err(why) => Ok(Err(wrong("media_not_fetched", why.0))),
            }
        }
        _ => Ok(Err(wrong("invalid_media", "give a medium by 'id' or by 'url'".to_owned()))),
    }
}

/// Keeps octets that an account gave, if their type is one that is carried and there is room for them.
pub(super) async fn keep(
    rest: &Rest,
    account: AccountId,
    octets: Vec<u8>,
) -> Result<Result<MediaItem, Problem>, StoreError> {
    let Some(kind) = MediaType::sniff(&octets) else {
        let detail = "its first octets are none of a picture, video or sound that is carried: see the manual for types";
        return Ok(Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type_not_supported", detail)));
    };
    Ok(rest.media.desk.keep(account, kind, octets).await?.ok_or_else(|| {
        let most = rest.media.desk.limits().account_max;
        let detail = format!("the account may have {most} octets of media stored: wait until some expire");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "media_storage_full", detail)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_are_found_in_every_form_of_a_request() {
        let id = |id: &str| MediaRef { id: Some(id.into()), url: None };
        let url = |url: &str| MediaRef { id: None, url: Some(url.into()) };
        for (body, expected) in [
            (r#"{"to":"+4","text":"media"}"#, vec![]),
            (
                r#"{"to":"+4","media":[{"id":"7"},{"url":"https://a/b"},{"id":"7"}]}"#,
                vec![url("https://a/b"), id("7")],
            ),
            (
                r#"{"messages":[{"media":[{"id":"7"}]},{"text":"x"},{"media":[{"id":"8"}]}]}"#,
                vec![id("7"), id("8")],
            ),
            (r#"{"to":"+4","media":null}"#, vec![]),
            (r#"{"to":"+4","media":"x"}"#, vec![]),
        ] {
            assert_eq!(named(body.as_bytes()), expected, "{body}");
        }
    }
}
