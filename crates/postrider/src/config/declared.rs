//! What a file declares. What may stand in accounts, upstreams and routes is their own affair and is asked of
//! them; here their paths are made the file's, and their mistakes are found in it.

use super::check::{Checker, keys};
use super::diagnostic::Diagnostic;
use super::explain::value_span;
use super::pem::{self, Unusable};
use super::secrets::beside;
use postrider_declare::tree::Step;
use postrider_declare::upstream::connection::TlsDocument;
use postrider_declare::upstream::http::HttpUpstream;
use postrider_declare::upstream::{Protocol, Speaks};
use postrider_declare::{Document, Documents, EachKind, Found, Secret, WebhookDocument, each_kind};
use std::path::Path;

/// What holds while a file of an upstream is wrong.
const NOT_CONNECTED: &str = "this upstream is not connected";
/// What holds while a file of a webhook is wrong.
const NOT_POSTED: &str = "nothing is posted for this account";

/// Makes the paths in documents of each kind independent of where the file is.
struct Place<'a, 'c>(&'a mut Checker<'c>, &'a mut Documents);

impl EachKind for Place<'_, '_> {
    fn kind<D: Document>(&mut self) {
        let Self(checker, documents) = self;
        for (name, document) in D::declared_mut(documents) {
            document.each_file(&mut |file| *file = beside(checker.base, file).display().to_string());
            document.each_secret(&mut |place, slot| match slot {
                Some(Secret::File { file }) => *file = beside(checker.base, file).display().to_string(),
                Some(Secret::Literal(_)) => {
                    checker.warn_literal(&[keys(&[D::PLURAL, name]), place.path].concat());
                }
                Some(Secret::Env { .. }) | None => {}
            });
        }
    }
}

impl Checker<'_> {
    /// The documents, with paths that no longer depend on where the file is. Warns of secrets that are written out.
    pub(super) fn documents(&mut self, mut documents: Documents) -> Documents {
        each_kind(&mut Place(self, &mut documents));
        for (name, account) in &documents.accounts {
            if let Some(webhook) = &account.webhook {
                self.look_at_webhook(name, webhook);
            }
        }
        for (name, upstream) in &documents.upstreams {
            if let Some(tls) = upstream.protocol.tls() {
                self.look_at(name, tls);
            }
            if let Protocol::Http(http) = &upstream.protocol {
                self.look_at_preset(name, http);
            }
        }
        documents
    }

    /// Looks at the authorities of a webhook, and warns if notices may be posted in the clear.
    fn look_at_webhook(&mut self, account: &str, webhook: &WebhookDocument) {
        let place = |key: &str| keys(&["accounts", account, "webhook", key]);
        if let Some(file) = &webhook.ca_file {
            self.refuse(&place("ca_file"), pem::chain(Path::new(file)), NOT_POSTED);
        }
        if webhook.allow_http {
            self.warn(
                &place("allow_http"),
                "webhooks of this account may be posted in the clear: anybody on the way can read numbers and texts",
                "post to https, and leave `allow_http` out",
            );
        }
    }

    /// Looks at the files of an upstream's TLS. What is wrong with them is refused when it is declared. A gateway that starts
    /// goes on without this upstream, and tries again until they are right.
    fn look_at(&mut self, name: &str, tls: &TlsDocument) {
        let place = |key: &str| keys(&["upstreams", name, "tls", key]);
        if let Some(file) = &tls.ca_file {
            self.refuse(&place("ca_file"), pem::chain(Path::new(file)), NOT_CONNECTED);
        }
        let (Some(cert_file), Some(key_file)) = (&tls.cert_file, &tls.key_file) else { return };
        let chain = self.refuse(&place("cert_file"), pem::chain(Path::new(cert_file)), NOT_CONNECTED);
        let key = self.refuse(&place("key_file"), pem::key(Path::new(key_file)), NOT_CONNECTED);
        if let (Some(chain), Some(key)) = (chain, key) {
            self.refuse(&place("key_file"), pem::identity(chain, key), NOT_CONNECTED);
        }
    }

    /// Reads a preset of the operator's own, and runs its cases.
    fn look_at_preset(&mut self, name: &str, http: &HttpUpstream) {
        let found = Found::default();
        http.check_files(&found.notes());
        let place = keys(&["upstreams", name, "preset_file"]);
        for mistake in found.into_mistakes() {
            let mistake = Diagnostic::refused(value_span(self.root, &place), mistake.text());
            self.diagnostics
                .push(mistake.help("correct the preset: `postrider preset check FILE` runs its cases alone"));
        }
    }

    /// What a file holds, or a mistake noted. `meanwhile` says what holds until it is right.
    fn refuse<T>(&mut self, path: &[Step], result: Result<T, Unusable>, meanwhile: &str) -> Option<T> {
        let note = |Unusable { what, help }| {
            let mistake = Diagnostic::refused(value_span(self.root, path), what);
            self.diagnostics.push(mistake.help(format!("{help}; until it is right {meanwhile}")));
        };
        result.map_err(note).ok()
    }

    /// Warns of a secret that is in the file itself.
    pub(super) fn warn_literal(&mut self, path: &[Step]) {
        self.warn(
            path,
            "a secret is written out here: whoever reads this file has it",
            "refer to it: `{ file = \"/run/secrets/name\" }` or `{ env = \"NAME\" }`",
        );
    }
}
