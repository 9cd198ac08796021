//! Visitors: people whose session is open, with what they may do and how they like it.

use crate::api::{Asker, Failed};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::last_account as last;
use crate::preferences::Preferences;
use crate::{Console, Ports, clock};
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::DateTime;
use serde::Deserialize;
use std::sync::Arc;
use url::form_urlencoded;

/// The page where users keep their own password and codes.
const ME: &str = "/console/me";

/// Who looks, as the API knows them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Who {
    pub(crate) name: String,
    /// The account whose messages they see alone.
    pub(crate) account: Option<String>,
    /// What they may do, such as `read_messages`.
    may: Vec<String>,
    /// The role of a user.
    pub(crate) role: Option<String>,
    /// Whether they must make a key of one-time codes before anything else.
    #[serde(default)]
    codes_needed: bool,
    /// Whether they prove by one-time codes.
    #[serde(default)]
    uses_codes: bool,
    /// Whether they sign in, and prove, at the identity provider.
    #[serde(default)]
    by_provider: bool,
    /// Whether they must prove again who they are before they export lists.
    #[serde(default)]
    pub(crate) proof_needed: bool,
}

impl Who {
    /// Whether they see all accounts.
    pub(crate) fn sees_all(&self) -> bool {
        self.account.is_none()
    }

    /// Whether they have signed in by name and password, rather than by a key.
    pub(crate) fn is_user(&self) -> bool {
        self.role.is_some()
    }

    pub(crate) fn codes_needed(&self) -> bool {
        self.codes_needed
    }

    pub(crate) fn uses_codes(&self) -> bool {
        self.uses_codes
    }

    pub(crate) fn by_provider(&self) -> bool {
        self.by_provider
    }

    /// Whether they may do this, such as `read_messages`.
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.may.iter().any(|may| may == permission)
    }
}

/// Somebody whose session is open.
pub(crate) struct Visitor {
    pub(crate) who: Who,
    pub(crate) ask: Asker,
    pub(crate) liked: Preferences,
    /// The path and query of the request.
    pub(crate) here: String,
    /// The ports at which customers reach the node by SMPP.
    pub(crate) ports: Ports,
    /// The account that was chosen last in this browser, if one was.
    pub(crate) last_account: Option<String>,
    /// The address that the browser has of this gateway: `https://sms.example`.
    origin: String,
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        let here = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        let key = console.sessions.key(&parts.headers, clock::now());
        let key = key.ok_or_else(|| to_sign_in(parts, &here))?;
        let ask = Asker::new(&console.api, key, &parts.extensions);
        let liked = Preferences::of(&parts.headers);
        match ask.get::<Who>("/v1/whoami", &[]).await {
            Ok(who) if who.codes_needed && !here.starts_with(ME) => Err(Redirect::to(ME).into_response()),
            Ok(who) => {
                let (last_account, origin) = (last(&parts.headers).map(str::to_owned), origin(parts));
                Ok(Self { who, ask, liked, here, ports: console.ports, last_account, origin })
            }
            Err(failed) if failed.status == StatusCode::UNAUTHORIZED => Err(to_sign_in(parts, &here)),
            Err(failed) => Err(show_failed(failed, frame(None, liked, here))),
        }
    }
}

/// Leads to the page for signing in, and from there back to a page that was asked for.
fn to_sign_in(parts: &Parts, here: &str) -> Response {
    let next = if parts.method == Method::GET { here } else { "/console" };
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    Redirect::to(&format!("/console/sign-in?next={next}")).into_response()
}

fn frame(who: Option<Who>, liked: Preferences, here: String) -> Frame {
    Frame { who, liked, place: "", title: String::new(), here, now: clock::now(), notice: None }
}

/// The address that the browser has of this gateway, as far as it says.
fn origin(parts: &Parts) -> String {
    let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), _) if origin.contains("://") => origin.to_owned(),
        (_, Some(host)) => format!("http://{host}"),
        _ => String::new(),
    }
}

impl Visitor {
    /// A path of this gateway as a whole address.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The name of the host that the browser has of this gateway.
    pub(crate) fn host(&self) -> &str {
        let host = self.origin.split_once("://").map_or("", |(_, host)| host);
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    }

    /// A date and time of a field, in the visitor's time zone, as the API takes moments.
    pub(crate) fn moment(&self, field: &str, local: &str) -> Result<String, Failed> {
        let wrong = || Failed::wrong(field, "this is no date and time: write 2030-01-31T09:00");
        let local: DateTime = local.parse().map_err(|_| wrong())?;
        let at = local.to_zoned(self.liked.zone.clone()).map_err(|_| wrong())?;
        Ok(at.timestamp().to_string())
    }

    /// The frame of a page at this place, with its title in English.
    pub(crate) fn frame(&self, place: &'static str, title: &str) -> Frame {
        let title = self.liked.language.text(title).to_owned();
        let frame = frame(Some(self.who.clone()), self.liked.clone(), self.here.clone());
        let query = self.here.split_once('?').map_or("", |(_, query)| query);
        let notice = frame.done(Form::read(query.as_bytes()).get("done")).map(str::to_owned);
        Frame { place, title, notice, ..frame }
    }

    /// A page, or why there is none.
    pub(crate) fn show<T: Template>(&self, page: Result<T, Failed>) -> Response {
        match page {
            Ok(page) => render(&page),
            Err(failed) if failed.status == StatusCode::UNAUTHORIZED => {
                Redirect::to("/console/sign-in").into_response()
            }
            Err(failed) => self.refused(failed, &self.here),
        }
    }

    /// What is shown in the place of something that failed. Whoever must prove again who they are does so first, and comes back.
    pub(crate) fn refused(&self, failed: Failed, back: &str) -> Response {
        if failed.code == "proof_needed" {
            let next: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
            return Redirect::to(&format!("/console/proof?next={next}")).into_response();
        }
        show_failed(failed, frame(Some(self.who.clone()), self.liked.clone(), back.to_owned()))
    }
}

/// A page of somebody who hasn't signed in.
pub(crate) fn outside(parts: &Parts, title: &str) -> Frame {
    let liked = Preferences::of(&parts.headers);
    let title = liked.language.text(title).to_owned();
    let here = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    Frame { title, ..frame(None, liked, here) }
}

#[derive(Template)]
#[template(path = "failed.html")]
struct FailedPage {
    frame: Frame,
    failed: Failed,
}

fn show_failed(failed: Failed, frame: Frame) -> Response {
    let status = failed.status;
    let title = match status {
        StatusCode::NOT_FOUND => frame.t("There is nothing here"),
        StatusCode::FORBIDDEN => frame.t("You may not do this"),
        _ if status.is_server_error() => frame.t("This can't be shown now"),
        _ => frame.t("That was not done"),
    };
    let page = FailedPage { frame: Frame { title: title.to_owned(), ..frame }, failed };
    let mut response = render(&page);
    *response.status_mut() = status;
    response
}

/// A page as an answer.
pub(crate) fn render(template: &impl Template) -> Response {
    let mut response = Html(written(template)).into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    response
}

/// A template, written out. Writing to memory doesn't fail.
pub(crate) fn written(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}
