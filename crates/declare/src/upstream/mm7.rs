//! Settings of MM7: the interface of centres for multimedia messages (MMSC), over HTTP.

use super::connection::TlsDocument;
use super::http::PublicUrl;
use super::{Speaks, Traits};
use crate::document::SecretPlace;
use crate::limit::{Ascii, AtMost, check_count};
use crate::mistake::{Found, Notes};
use crate::secret::{Secret, Secrets};
use crate::setting::Settings;
use crate::settings;
use crate::span::Span;
use crate::tree::{Entry, Node, Value};
use crate::url_form::read_url;
use crate::written::{FromText, Written};
use postrider_core::account::Network;
use postrider_core::carriage::{Carriage, MediaCarriage};
use postrider_core::delivery::FaultKind;
use postrider_core::reference::ReferenceForm;
use std::collections::BTreeMap;

/// The most addresses that requests are taken from.
const NETWORKS_MAX: usize = 256;
/// The most codes that are read otherwise than usual.
const CODES_MAX: usize = 256;
/// The fewest characters of a key of callbacks.
const KEY_MIN: usize = 16;
/// The longest identifier, in characters.
const IDENTIFIER_MAX: usize = 64;

settings! {
    /// Settings of MM7.
    pub struct Mm7Upstream {
        /// The URL of the carrier's centre for multimedia messages (MMSC), of http or https.
        url: Written<CentreUrl>;
        /// The user name of HTTP Basic authentication there. Default: none.
        username: String = String::new(), Ascii(0..=IDENTIFIER_MAX);
        /// The password there. Over the API it may be left out: then it is kept. Default: none.
        password: Option<Secret> = None;
        /// The carrier's identifier of you (`VASPID`). Default: none.
        vaspid: String = String::new(), Ascii(0..=IDENTIFIER_MAX);
        /// The carrier's identifier of your service (`VASID`). Default: none.
        vasid: String = String::new(), Ascii(0..=IDENTIFIER_MAX);
        /// The carrier's word for billing (`ServiceCode`). Default: none.
        service_code: String = String::new(), Ascii(0..=IDENTIFIER_MAX);
        /// The release of MM7 that requests are written in, as the namespace has it.
        release: String = "REL-6-MM7-1-4".into(), Ascii(1..=32);
        /// The version of MM7 that requests say (`MM7Version`).
        version: String = "6.8.0".into(), Ascii(1..=16);
        /// The largest message that the carrier takes, in octets: all media together. Pictures are scaled to fit; a message that is too
        /// large all the same goes by the next upstream of its route.
        size_max: u32 = 300_000, 10_000..=52_428_800;
        /// Whether the carrier may adapt media to the handset.
        adaptations: bool = true;
        /// Whether the carrier is asked to report deliveries. Without that messages stay `sent`, and end as `unknown`.
        delivery_reports: bool = true;
        /// Whether the carrier is asked to report that messages were read. Such a report counts as a delivery.
        read_reports: bool = false;
        /// The URL at which the carrier reaches this gateway's API, such as `https://sms.example.org`. It posts messages from handsets
        /// and reports to `/v1/callbacks/NAME` below it. Default: none; tell the carrier the URL all the same.
        public_url: Option<Written<PublicUrl>> = None;
        /// A secret in the query of that URL (`?key=...`), without which nothing is taken; at least 16 characters. This or
        /// `callback_from` must be given. Default: none.
        callback_key: Option<Secret> = None;
        /// The addresses and networks that the carrier posts from. Default: any.
        callback_from: Vec<Written<Network>> = Vec::new(), AtMost(NETWORKS_MAX);
        /// How many nodes send at a time, at most: each holds one of these.
        binds: u16 = 1, 1..=64;
        /// Requests that may be unanswered at a time, for each of `binds`.
        window: u16 = 5, 1..=1000;
        /// The time for which a link sends nothing after a code that means `pause`.
        pause: Span = "60s".into(), "1s"..="1h";
        /// The time limit of an answer, once the request is written. After it the message is in doubt.
        response_timeout: Span = "60s".into(), "1s"..="10m";
        /// The longest pause between attempts to connect. The first pause is 1 second, and each doubles.
        reconnect_max: Span = "60s".into(), "1s"..="1h";
        /// The meaning of the carrier's status codes, where the [usual reading](mms.md#what-answers-mean) is wrong, up to 256 of them: by
        /// code, such as `2003`; each `retry`, `throttled`, `queue_full`, `elsewhere`, `never` or `pause`. Default: none.
        errors: BTreeMap<String, FaultKind> = BTreeMap::new();
        /// The encryption of the connection, where the system's authorities are not the right ones, or a client certificate is shown.
        /// Default: as URLs with `https` usually are.
        tls: Option<TlsDocument> = None;
    }
}

/// The URL of a centre, of http or https.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CentreUrl(pub String);

impl FromText for CentreUrl {
    fn from_text(text: &str) -> Result<Self, String> {
        let url = read_url(text)?;
        match url.fragment() {
            None => Ok(Self(url.into())),
            Some(_) => Err("this URL has no fragment: write https://host/path".to_owned()),
        }
    }
}

impl Mm7Upstream {
    /// The settings with nothing given but the centre's URL.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let node = Node::new(Value::Text(url.to_owned()));
        let entry = Entry { key: "url".to_owned(), key_span: 0..0, node };
        Self::read_fields(&Node::new(Value::Table(vec![entry])), &Found::default().notes())
    }
}

impl Speaks for Mm7Upstream {
    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        visit(SecretPlace::at(&["password"]), &mut self.password);
        visit(SecretPlace::at(&["callback_key"]), &mut self.callback_key);
    }

    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.tls.iter_mut().for_each(|tls| tls.each_file(visit));
    }

    fn tls(&self) -> Option<&TlsDocument> {
        self.tls.as_ref()
    }

    fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
        check_count(self.errors.len(), CODES_MAX, &notes.key("errors"));
        let key = secrets.get("callback_key");
        if key.is_some_and(|key| key.len() < KEY_MIN) {
            notes
                .key("callback_key")
                .wrong("this key is short enough to be guessed", "write at least 16 characters");
        }
        if key.is_none() && self.callback_from.is_empty() {
            notes.key("callback_key").wrong(
                "nothing tells this carrier's requests from forged ones",
                "write callback_key = '...' with at least 16 characters, or callback_from",
            );
        }
        if self.username.is_empty() && self.password.is_some() {
            notes.key("password").wrong("this password is not used", "write username = '...'");
        }
        if let Some(tls) = &self.tls {
            tls.check(&notes.key("tls"));
        }
    }

    fn traits(&self) -> Traits {
        Traits {
            window: usize::from(self.window) * usize::from(self.binds),
            binds: self.binds,
            each_bind: Vec::new(),
            links_per_bind: 1,
            reference_form: ReferenceForm::Exact,
            one_receipt: false,
            ask: None,
            carriage: Carriage { short_codes: true, media: MediaCarriage::Only, ..Carriage::default() },
            place: self.url.text().into(),
        }
    }
}
