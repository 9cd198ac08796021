//! The HTTP clients of posts: by the authorities that are trusted, and by the addresses that may be connected to.

use super::address::is_public;
use super::client::Client;
use super::{Settings, TlsError};
use postrider_core::account::Webhook;
use postrider_core::rules::Rules;
use postrider_http::{Admitted, system_authorities, trusting};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// The HTTP clients for posts.
pub(super) struct Clients {
    /// It connects to public addresses only.
    guarded: Arc<Client>,
    /// It connects to any address.
    open: Arc<Client>,
    /// Those that trust authorities of accounts' own.
    own: Mutex<HashMap<Place, Own>>,
}

/// What clients with authorities of an account's own are found by.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    ca_file: Box<str>,
    allow_private: bool,
}

impl Place {
    fn of(webhook: &Webhook) -> Option<Self> {
        Some(Self { ca_file: webhook.ca_file.clone()?, allow_private: webhook.allow_private })
    }
}

/// Clients that trust the authorities of a file.
struct Own {
    /// The rules for which the file was read last.
    rules: Weak<Rules>,
    /// What the file held.
    pem: Vec<u8>,
    client: Arc<Client>,
}

impl Clients {
    pub(super) fn new(settings: &Settings) -> Result<Self, TlsError> {
        let tls = trusting(system(settings)).map_err(|error| TlsError(error.to_string()))?;
        let client = |allow_private| Arc::new(Client::new(Arc::clone(&tls), admitted(allow_private)));
        Ok(Self { guarded: client(false), open: client(true), own: Mutex::default() })
    }

    /// Closes the connections that were idle for too long.
    pub(super) async fn sweep(&self) {
        self.guarded.sweep();
        self.open.sweep();
        self.own.lock().await.values().for_each(|own| own.client.sweep());
    }

    /// The client for a webhook's posts. Authorities of its own are read once for each set of rules; connections are kept
    /// while the file holds the same.
    ///
    /// # Errors
    /// The file can't be used now: the words say why. They don't contain its path, since the account sees them.
    pub(super) async fn of(&self, webhook: &Webhook, rules: &Arc<Rules>) -> Result<Arc<Client>, String> {
        let Some(place) = Place::of(webhook) else {
            return Ok(Arc::clone(if webhook.allow_private { &self.open } else { &self.guarded }));
        };
        let mut own = self.own.lock().await;
        let known = own.get(&place);
        if let Some(known) = known.filter(|known| std::ptr::eq(known.rules.as_ptr(), Arc::as_ptr(rules))) {
            return Ok(Arc::clone(&known.client));
        }
        let pem = read(&place).await?;
        let client = match known.filter(|known| known.pem == pem) {
            Some(known) => Arc::clone(&known.client),
            None => Arc::new(client_of(&pem, place.allow_private)?),
        };
        let named: Vec<Place> = rules.accounts().filter_map(|it| Place::of(it.webhook.as_ref()?)).collect();
        own.retain(|place, _| named.contains(place));
        own.insert(place, Own { rules: Arc::downgrade(rules), pem, client: Arc::clone(&client) });
        Ok(client)
    }
}

/// The addresses that may be connected to.
fn admitted(allow_private: bool) -> Admitted {
    if allow_private { |_| true } else { is_public }
}

/// The system's authorities and those of the settings.
fn system(settings: &Settings) -> RootCertStore {
    let mut roots = system_authorities();
    roots.add_parsable_certificates(settings.trusted.iter().cloned());
    if roots.is_empty() {
        tracing::warn!("the system has no certificates of authorities: https webhooks will fail");
    }
    roots
}

async fn read(place: &Place) -> Result<Vec<u8>, String> {
    let path = place.ca_file.clone();
    let read = spawn_blocking(move || std::fs::read(&*path)).await.unwrap_or_else(|error| Err(error.into()));
    read.map_err(|error| format!("the webhook's `ca_file` can't be read: {}", error.kind()))
}

/// A client that trusts the authorities in a file, and no others.
fn client_of(pem: &[u8], allow_private: bool) -> Result<Client, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "the webhook's `ca_file` is damaged".to_owned())?;
        let added = roots.add(certificate);
        added.map_err(|error| format!("a certificate in the webhook's `ca_file` can't be used: {error}"))?;
    }
    if roots.is_empty() {
        return Err("the webhook's `ca_file` holds no certificate".to_owned());
    }
    let tls = trusting(roots).map_err(|error| error.to_string())?;
    Ok(Client::new(tls, admitted(allow_private)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::batch::Batch;
    use crate::webhook::client::NOT_PUBLIC;
    use crate::webhook::outcome::PostOutcome;
    use crate::webhook::post::Poster;
    use crate::webhook::testing;
    use postrider_core::account::AccountId;
    use postrider_core::time::Time;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use std::fs;
    use std::path::Path;
    use tempfile::TempDir;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    /// An authority, and a folder with its certificate.
    struct Authority {
        issuer: Issuer<'static, KeyPair>,
        folder: TempDir,
    }

    impl Authority {
        fn new() -> Self {
            let mut params = CertificateParams::new([]).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let (key, folder) = (KeyPair::generate().unwrap(), tempfile::tempdir().unwrap());
            fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
            Self { issuer: Issuer::new(params, key), folder }
        }

        fn ca_file(&self) -> Box<Path> {
            self.folder.path().join("ca.pem").into()
        }

        /// The TLS of a receiver on this machine that the authority vouches for.
        fn acceptor(&self) -> TlsAcceptor {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &self.issuer).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            let builder = builder.unwrap().with_no_client_auth();
            let config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
            Arc::new(config).into()
        }
    }

    /// The URL of a receiver that answers every post with 204.
    async fn receiver(tls: TlsAcceptor) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = tls.accept(stream).await else { continue };
                let mut read = Vec::new();
                while !read.ends_with(b"}}") {
                    assert!(stream.read_buf(&mut read).await.unwrap() > 0);
                }
                stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await.unwrap();
            }
        });
        url
    }

    fn webhook(url: &str, ca_file: Option<&Path>, allow_private: bool) -> Webhook {
        let ca_file = ca_file.map(|file| file.to_str().unwrap().into());
        Webhook { ca_file, allow_http: false, allow_private, ..testing::webhook(url) }
    }

    #[tokio::test]
    async fn a_receiver_is_trusted_by_the_accounts_own_authority_alone() {
        let (authority, other) = (Authority::new(), Authority::new());
        let url = receiver(authority.acceptor()).await;
        let poster = Poster::new(&Settings::default()).unwrap();
        let (right, wrong) = (authority.ca_file(), other.ca_file());
        for (file, answer) in [
            (Some(&*right), "204 in"),
            (Some(&*wrong), "invalid peer certificate"),
            (None, "invalid peer certificate"),
            (Some(Path::new("/none")), "the webhook's `ca_file` can't be read: entity not found"),
        ] {
            let webhook = webhook(&url, file, true);
            let posted = poster
                .post(&Batch::single(testing::notice(AccountId(1), 7)), &webhook, &Arc::default(), Time(0))
                .await;
            let words = posted.outcome.to_string();
            assert!(words.starts_with(answer), "{file:?}: {words}");
        }
        let private = webhook("https://127.0.0.1/", Some(&right), false);
        let posted = poster
            .post(&Batch::single(testing::notice(AccountId(1), 7)), &private, &Arc::default(), Time(0))
            .await;
        assert_eq!(posted.outcome, PostOutcome::Failed(NOT_PUBLIC.into()));
    }

    #[tokio::test]
    async fn the_file_is_read_once_for_each_set_of_rules() {
        let (authority, other) = (Authority::new(), Authority::new());
        let file = authority.ca_file();
        let webhook = webhook("https://x.example/", Some(&file), true);
        let clients = Clients::new(&Settings::default()).unwrap();
        let rules = [(); 4].map(|()| Arc::new(Rules::default()));
        let first = clients.of(&webhook, &rules[0]).await.unwrap();
        let same = async |rules| Arc::ptr_eq(&first, &clients.of(&webhook, rules).await.unwrap());
        assert!(same(&rules[1]).await, "connections are lost though the file is the same");
        fs::copy(other.ca_file(), &file).unwrap();
        assert!(same(&rules[1]).await, "the file is read for each post");
        assert!(!same(&rules[2]).await, "what was trusted before is trusted on");
        fs::write(&file, "").unwrap();
        let refused = clients.of(&webhook, &rules[3]).await.err();
        assert_eq!(refused.as_deref(), Some("the webhook's `ca_file` holds no certificate"));
    }

    #[tokio::test]
    async fn clients_that_no_account_needs_are_dropped() {
        let (one, other) = (Authority::new(), Authority::new());
        let clients = Clients::new(&Settings::default()).unwrap();
        for authority in [&one, &other] {
            let webhook = webhook("https://x.example/", Some(&authority.ca_file()), true);
            clients.of(&webhook, &Arc::default()).await.unwrap();
        }
        assert_eq!(clients.own.lock().await.len(), 1);
    }
}
