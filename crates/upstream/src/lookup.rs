//! Providers of look-ups: asked about numbers by HTTP or ENUM.

mod dns;

use crate::http::client::Client;
use async_trait::async_trait;
use dns::EnumServer;
use postrider_core::contract::NumberLookup;
use postrider_core::lookup::Said;
use postrider_core::number::Number;
use postrider_declare::lookup::{LookupDocument, LookupProtocol};
use postrider_declare::{Declared, Entry};
use postrider_provider::{Lookup, Reply};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The longest time to make a connection, and to answer, where the declared limit is longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections that are kept to one provider.
const CONNECTIONS: usize = 16;

/// All providers that are declared. They are asked by their names.
#[derive(Default)]
pub struct NumberLookups {
    providers: RwLock<BTreeMap<String, Arc<Provider>>>,
}

struct Provider {
    declared: Arc<Entry<LookupDocument>>,
    way: Result<Way, String>,
}

/// How a provider is asked.
enum Way {
    Http { lookup: Lookup, client: Client },
    Enum(EnumServer),
}

impl NumberLookups {
    /// Takes on the providers that are declared. Those that stay as they were keep their connections.
    pub fn configure(&self, declared: &Declared) {
        let before = self.providers.read().unwrap_or_else(PoisonError::into_inner).clone();
        let kept = |name: &String, entry: &Arc<Entry<LookupDocument>>| {
            before.get(name).filter(|known| known.declared == *entry).cloned()
        };
        let provider = |(name, entry): (&String, &Arc<Entry<LookupDocument>>)| {
            let made = || Arc::new(Provider { declared: Arc::clone(entry), way: Way::of(entry) });
            (name.clone(), kept(name, entry).unwrap_or_else(made))
        };
        let providers = declared.set.lookups.iter().map(provider).collect();
        *self.providers.write().unwrap_or_else(PoisonError::into_inner) = providers;
    }
}

impl Way {
    fn of(entry: &Entry<LookupDocument>) -> Result<Self, String> {
        let document = &entry.document;
        match document.protocol {
            LookupProtocol::Http => {
                let lookup = document.lookup(&entry.secrets)?;
                let client =
                    Client::plain(CONNECTIONS, PATIENCE, PATIENCE).map_err(|error| error.to_string())?;
                Ok(Self::Http { lookup, client })
            }
            LookupProtocol::Enum => Ok(Self::Enum(EnumServer {
                address: document.server()?,
                domain: document.domain.clone(),
                service: document.service.clone(),
                no_name: document.no_name,
            })),
        }
    }
}

#[async_trait]
impl NumberLookup for NumberLookups {
    async fn ask(&self, provider: &str, number: Number) -> Result<Said, String> {
        let provider = self.providers.read().unwrap_or_else(PoisonError::into_inner).get(provider).cloned();
        let provider = provider.ok_or("it is not declared")?;
        match provider.way.as_ref().map_err(Clone::clone)? {
            Way::Http { lookup, client } => {
                let request = lookup.request(number).map_err(|error| error.to_string())?;
                let received = client.ask(&request, true).await.map_err(|failed| failed.to_string())?;
                lookup.read(&Reply { status: received.status, body: &received.body })
            }
            Way::Enum(server) => server.ask(number).await,
        }
    }
}
