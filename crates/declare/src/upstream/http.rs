//! Settings of upstreams that are HTTP providers. The adapter runs with them as they are.

mod given;

pub use given::GivenSecrets;

use super::connection::TlsDocument;
use super::{Speaks, Traits};
use crate::document::SecretPlace;
use crate::limit::{AtMost, check_count};
use crate::mistake::Notes;
use crate::secret::{Secret, Secrets};
use crate::settings;
use crate::span::Span;
use crate::tree::Step;
use crate::url_form::read_url;
use crate::written::{FromText, Written};
use postrider_core::account::Network;
use postrider_core::carriage::{Carriage, MediaCarriage};
use postrider_core::delivery::FaultKind;
use postrider_core::reference::ReferenceForm;
use postrider_core::rules::Ask;
pub use postrider_provider::Preset as KnownPreset;
use postrider_provider::{Missing, Preset, Provider, Values, cases, presets};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most addresses of which callbacks are taken.
const NETWORKS_MAX: usize = 256;
/// The most codes that are read otherwise than the preset does.
const CODES_MAX: usize = 256;
/// The fewest characters of a key of callbacks.
const KEY_MIN: usize = 16;

settings! {
    /// Settings of HTTP providers.
    pub struct HttpUpstream {
        /// The [preset](http-upstreams.md#presets) that describes the provider's interface. Default: none; `preset_file` is needed then.
        preset: String = String::new();
        /// A file with a preset of your own. Default: none.
        preset_file: Option<String> = None;
        /// The preset's variables that are no secrets, by their names: `{ account_sid = "AC..." }`. Default: none.
        values: BTreeMap<String, String> = BTreeMap::new();
        /// The preset's variables that are secrets, by their names: `{ auth_token = { env = "TOKEN" } }`. Over the API a secret that
        /// was given before may be `null`: then it is kept. Default: none.
        secret_values: GivenSecrets = GivenSecrets::default();
        /// The URL at which the provider reaches this gateway's API, such as `https://sms.example.org`. Callbacks come to
        /// `/v1/callbacks/NAME` below it. Default: none, and no callbacks are asked for.
        public_url: Option<Written<PublicUrl>> = None;
        /// A secret in the query of the callbacks' URL (`?key=...`), without which none is taken; at least 16 characters. It is
        /// needed where the provider signs nothing. Default: none.
        callback_key: Option<Secret> = None;
        /// The addresses and networks that callbacks are taken from. Default: any.
        callback_from: Vec<Written<Network>> = Vec::new(), AtMost(NETWORKS_MAX);
        /// How many nodes send at a time, at most: each holds one of these.
        binds: u16 = 1, 1..=64;
        /// Requests that may be unanswered at a time, for each of `binds`.
        window: u16 = 20, 1..=1000;
        /// The time for which a link sends nothing after a code that means `pause`.
        pause: Span = "60s".into(), "1s"..="1h";
        /// The time limit of an answer, once the request is written. After it the message is in doubt.
        response_timeout: Span = "30s".into(), "1s"..="10m";
        /// The longest pause between attempts to connect. The first pause is 1 second, and each doubles.
        reconnect_max: Span = "60s".into(), "1s"..="1h";
        /// The time after which the provider is asked about a message without a receipt, and again after each further such time. Only
        /// for presets with an inquiry. 0s means never.
        ask_after: Span = "30s".into(), "0s"..="1d";
        /// The most such questions a second.
        ask_rate: u16 = 10, 1..=1000;
        /// How often receipts and messages are fetched, for presets with a poll alone.
        poll_every: Span = "30s".into(), "1s"..="1d";
        /// The meaning of the provider's error codes, where the preset's reading is wrong, up to 256 of them: by code, such as
        /// `21211`; each `retry`, `throttled`, `queue_full`, `elsewhere`, `never` or `pause`. Default: none.
        errors: BTreeMap<String, FaultKind> = BTreeMap::new();
        /// The encryption of the connection, where the system's authorities are not the right ones, or a client certificate is shown.
        /// Default: as URLs with `https` usually are.
        tls: Option<TlsDocument> = None;
    }
}

/// A URL at which the gateway is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(pub String);

impl FromText for PublicUrl {
    fn from_text(text: &str) -> Result<Self, String> {
        let url = read_url(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(
                "this URL has neither query nor fragment: write https://host or https://host/path".to_owned()
            );
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// The presets that the program has, in the order of their names.
pub fn known_presets() -> impl Iterator<Item = KnownPreset> {
    presets::names().filter_map(presets::find).filter_map(Result::ok)
}

impl HttpUpstream {
    /// The preset, if it is one of the program's own or its file can be read.
    ///
    /// # Errors
    /// Why there is none.
    pub fn find_preset(&self) -> Result<Preset, String> {
        match &self.preset_file {
            Some(file) => read_preset(file),
            None => match presets::find(&self.preset) {
                Some(found) => found.map_err(|error| error.to_string()),
                None => Err(format!("there is no preset '{}'", self.preset)),
            },
        }
    }

    /// The provider, with the values that are declared.
    ///
    /// # Errors
    /// Why there is none.
    pub fn provider(&self, secrets: &Secrets) -> Result<Provider, String> {
        let preset = self.find_preset()?;
        let values = self.given(secrets);
        match values.missing(&preset.variables).first() {
            Some(missing) => Err(missing.to_string()),
            None => Ok(Provider::new(Arc::new(preset), values)),
        }
    }

    /// The URL of callbacks to the upstream of this name, if they are wanted.
    #[must_use]
    pub fn callback_url(&self, name: &str, secrets: &Secrets) -> Option<String> {
        let PublicUrl(base) = &**self.public_url.as_ref()?;
        let path = format!("{base}/v1/callbacks/{name}");
        Some(match secrets.get("callback_key") {
            Some(key) => {
                let query =
                    url::form_urlencoded::Serializer::new(String::new()).append_pair("key", key).finish();
                format!("{path}?{query}")
            }
            None => path,
        })
    }

    fn given(&self, secrets: &Secrets) -> Values {
        let secret = |name: &String| secrets.get(&format!("secret_values.{name}")).map(ToOwned::to_owned);
        let secrets: Vec<(String, String)> =
            self.secret_values.names().filter_map(|name| Some((name.clone(), secret(name)?))).collect();
        let values = self.values.iter().chain(secrets.iter().map(|(name, value)| (name, value)));
        Values::new(values.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    fn check_values(&self, preset: &Preset, secrets: &Secrets, notes: &Notes<'_>) {
        for missing in self.given(secrets).missing(&preset.variables) {
            let (key, name) = match &missing {
                Missing::Value { name, secret: true, .. } => ("secret_values", name),
                Missing::Value { name, .. } => ("values", name),
                Missing::Unknown { name, .. } if self.values.contains_key(&**name) => ("values", name),
                Missing::Unknown { name, .. } => ("secret_values", name),
            };
            notes.key(key).key(name).wrong(&missing, "");
        }
        let secret =
            |name: &&String| preset.variables.get(name.as_str()).is_some_and(|variable| variable.secret);
        if let Some(name) = self.values.keys().find(secret) {
            notes
                .key("values")
                .key(name)
                .wrong("this value is a secret", format_args!("write it to 'secret_values.{name}'"));
        }
    }

    /// Whoever can guess a URL must not be able to end messages.
    fn check_callbacks(&self, provider: &Provider, secrets: &Secrets, notes: &Notes<'_>) {
        let is_open = secrets.get("callback_key").is_none() && self.callback_from.is_empty();
        if self.public_url.is_some() && is_open && !provider.checks_callbacks() {
            notes.key("callback_key").wrong(
                "nothing tells this provider's callbacks from forged ones",
                "write callback_key = '...' with at least 16 characters, or callback_from, or give the preset's key of signatures",
            );
        }
    }
}

fn read_preset(file: &str) -> Result<Preset, String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let words = error.to_string();
        format!("can't read the file {file}: {}", words.split(" (os error").next().unwrap_or(&words))
    })?;
    Preset::parse(&text).map_err(|error| format!("{file}: {error}"))
}

impl Speaks for HttpUpstream {
    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        visit(SecretPlace::at(&["callback_key"]), &mut self.callback_key);
        self.secret_values.each(&mut |name, slot| {
            let path = vec![Step::Key("secret_values".to_owned()), Step::Key(name.to_owned())];
            visit(SecretPlace { name: format!("secret_values.{name}"), path }, slot);
        });
    }

    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.preset_file.iter_mut().for_each(&mut *visit);
        self.tls.iter_mut().for_each(|tls| tls.each_file(visit));
    }

    fn tls(&self) -> Option<&TlsDocument> {
        self.tls.as_ref()
    }

    fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
        check_count(self.errors.len(), CODES_MAX, &notes.key("errors"));
        if secrets.get("callback_key").is_some_and(|key| key.len() < KEY_MIN) {
            notes
                .key("callback_key")
                .wrong("this key is short enough to be guessed", "write at least 16 characters");
        }
        if let Some(tls) = &self.tls {
            tls.check(&notes.key("tls"));
        }
        match (self.preset.is_empty(), &self.preset_file) {
            (true, None) => {
                notes.key("preset").wrong("no preset is named", "write preset = '...', or preset_file");
            }
            (false, Some(_)) => {
                notes.key("preset_file").wrong("a preset is named already", "leave one of them out");
            }
            (true, Some(_)) => {}
            (false, None) => match self.find_preset() {
                Ok(preset) => {
                    self.check_values(&preset, secrets, notes);
                    self.check_callbacks(
                        &Provider::new(Arc::new(preset), self.given(secrets)),
                        secrets,
                        notes,
                    );
                }
                Err(why) => {
                    let known: Vec<&str> = presets::names().collect();
                    notes.key("preset").wrong(why, format_args!("write one of {}", known.join(", ")));
                }
            },
        }
    }

    /// Reads a preset's file, and runs its cases.
    fn check_files(&self, notes: &Notes<'_>) {
        let Some(file) = &self.preset_file else { return };
        let notes = notes.key("preset_file");
        let Some(preset) = notes.take(read_preset(file)) else { return };
        for case in cases::run(&preset) {
            if let Some(failure) = case.failure {
                notes.wrong(format_args!("{file}: the case '{}' fails: {failure}", case.name), "");
            }
        }
    }

    fn traits(&self) -> Traits {
        let preset = self.find_preset().ok();
        let asks = preset.as_ref().is_some_and(Preset::has_inquiry) && !self.ask_after.get().is_zero();
        Traits {
            // Each request in flight has as many messages as the provider takes.
            window: usize::from(self.window)
                * usize::from(self.binds)
                * preset.as_ref().map_or(1, Preset::messages_max),
            binds: self.binds,
            each_bind: Vec::new(),
            links_per_bind: 1,
            // The preset says how a receipt's name is that of the answer.
            reference_form: ReferenceForm::Exact,
            one_receipt: false,
            ask: asks.then(|| Ask { after: self.ask_after.get(), rate: self.ask_rate }),
            carriage: Carriage {
                media: match preset.as_ref().is_some_and(Preset::carries_media) {
                    true => MediaCarriage::ByLink,
                    false => MediaCarriage::No,
                },
                ..Carriage::default()
            },
            place: format!("{} {:?}", self.preset, self.values).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Documents, Set};
    use crate::set::Entry;

    fn mistakes(settings: &str) -> Vec<String> {
        let file = format!("[upstreams.acme]\nprotocol = 'http'\n{settings}");
        let documents: Documents = toml::from_str(&file).unwrap();
        let mut mistakes = Vec::new();
        let set = Set::of_file(documents, &mut mistakes);
        let found = crate::mistake::Found::after(mistakes);
        let entry: &Entry<_> = &set.upstreams["acme"];
        entry.document.protocol.check(&entry.secrets, &found.notes());
        found.into_mistakes().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_provider_needs_its_values_and_a_way_to_know_its_callbacks() {
        let twilio =
            "preset = 'twilio'\nvalues = { account_sid = 'AC1' }\nsecret_values = { auth_token = 'x' }";
        let kannel = "preset = 'kannel'\nvalues = { username = 'u', base_url = 'http://k' }\nsecret_values = { password = 'x' }";
        for (settings, expected) in [
            (twilio.to_owned(), ""),
            (format!("{twilio}\npublic_url = 'https://gw.example.org'"), ""),
            (kannel.to_owned(), ""),
            (
                format!("{kannel}\npublic_url = 'https://gw.example.org'"),
                "nothing tells this provider's callbacks",
            ),
            (format!("{kannel}\npublic_url = 'https://gw.example.org'\ncallback_from = ['192.0.2.1']"), ""),
            (format!("{kannel}\npublic_url = 'https://gw.example.org'\ncallback_key = 'short'"), "guessed"),
            (
                format!("{kannel}\npublic_url = 'https://gw.example.org'\ncallback_key = '0123456789abcdef'"),
                "",
            ),
            ("preset = 'twilio'\nsecret_values = { auth_token = 'x' }".to_owned(), "needs 'account_sid'"),
            ("preset = 'twilio'\nvalues = { account_sid = 'AC1' }".to_owned(), "needs 'auth_token'"),
            (
                format!("{twilio}\ncallback_from = []\nwindow = 5").replace("AC1'", "AC1', sid = 'x'"),
                "no variable 'sid'",
            ),
            ("preset = 'twilo'".to_owned(), "there is no preset 'twilo'"),
            (String::new(), "no preset is named"),
            (
                "preset = 'twilio'\nvalues = { account_sid = 'AC1', auth_token = 'x' }".to_owned(),
                "is a secret",
            ),
        ] {
            let found = mistakes(&settings);
            let is_expected = if expected.is_empty() {
                found.is_empty()
            } else {
                found.iter().any(|mistake| mistake.contains(expected))
            };
            assert!(is_expected, "{settings}: {found:?}");
        }
    }

    #[test]
    fn secrets_are_kept_beside_the_document_by_the_names_of_variables() {
        use crate::document::Document;
        let mut document: crate::upstream::UpstreamDocument = serde_json::from_value(serde_json::json!({
            "protocol": "http", "preset": "twilio", "secret_values": { "auth_token": "x", "kept": null },
        }))
        .unwrap();
        let mut seen = Vec::new();
        document.each_secret(&mut |place, slot| seen.push((place.name, slot.take())));
        let literal = |text: &str| Some(Secret::Literal(text.to_owned()));
        assert_eq!(
            seen[1..],
            [("secret_values.auth_token".to_owned(), literal("x")), ("secret_values.kept".to_owned(), None)]
        );
        let shown = serde_json::to_value(&document).unwrap();
        assert_eq!(shown["secret_values"], serde_json::json!({ "auth_token": null, "kept": null }));
    }

    #[test]
    fn the_url_of_callbacks_has_the_key() {
        let mut secrets = Secrets::default();
        let mut http = HttpUpstream::defaults().unwrap();
        assert_eq!(http.callback_url("acme", &secrets), None);
        http.public_url = Some(Written::read("https://gw.example.org/sms/").unwrap());
        let plain = "https://gw.example.org/sms/v1/callbacks/acme";
        assert_eq!(http.callback_url("acme", &secrets).as_deref(), Some(plain));
        secrets.set("callback_key", "a&b c".to_owned());
        assert_eq!(http.callback_url("acme", &secrets).unwrap(), format!("{plain}?key=a%26b+c"));
        assert!(Written::<PublicUrl>::read("https://gw.example.org/?x=1").is_err());
    }
}
