//! Callbacks of HTTP providers, and requests of centres for multimedia messages, from the API's door to the upstreams' desks.

use super::upstreams;
use postrider_core::contract::Live;
use postrider_core::route::UpstreamId;
use postrider_declare::{DeclaredUpstream, Registry};
use postrider_downstream::rest::{CallbackAnswer, ProviderCallback, ProviderCallbacks};
use postrider_engine::Engine;
use postrider_upstream::{http, mm7};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// A declaration, and what callbacks are read with by it.
type Reader = (Arc<DeclaredUpstream>, ReadWith);

/// What callbacks are read with, by the upstream's protocol.
#[derive(Clone)]
enum ReadWith {
    Http(Arc<http::Settings>),
    Mm7(Arc<mm7::Settings>),
}

/// What callbacks are read with, made once for each declaration.
#[derive(Default)]
struct Readers(Mutex<HashMap<UpstreamId, Reader>>);

impl Readers {
    fn of(&self, id: UpstreamId, declared: &Arc<DeclaredUpstream>) -> Option<ReadWith> {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, settings)) = readers.get(&id)
            && Arc::ptr_eq(known, declared)
        {
            return Some(settings.clone());
        }
        let settings = match upstreams::settings(declared).ok()? {
            upstreams::Settings::Http(settings) => ReadWith::Http(Arc::new(*settings)),
            upstreams::Settings::Mm7(settings) => ReadWith::Mm7(Arc::new(*settings)),
            _ => return None,
        };
        readers.insert(id, (Arc::clone(declared), settings.clone()));
        Some(settings)
    }
}

/// Takes callbacks for the upstreams that are declared.
pub(super) fn callbacks(engine: &Arc<Engine>, registry: &Arc<Registry>) -> ProviderCallbacks {
    let (engine, registry) = (Arc::clone(engine), Arc::clone(registry));
    let readers = Arc::new(Readers::default());
    Box::new(move |callback| -> Pin<Box<dyn Future<Output = Option<CallbackAnswer>> + Send>> {
        let (engine, registry, readers) = (Arc::clone(&engine), Arc::clone(&registry), Arc::clone(&readers));
        Box::pin(async move { take(&engine, &registry, &readers, callback).await })
    })
}

async fn take(
    engine: &Engine,
    registry: &Registry,
    readers: &Readers,
    callback: ProviderCallback,
) -> Option<CallbackAnswer> {
    let declared = registry.declared();
    let (id, upstream) =
        declared.upstreams.iter().find(|(_, upstream)| upstream.document.name == callback.upstream)?;
    let settings = readers.of(*id, upstream)?;
    let desk = engine.desk(*id)?;
    let ProviderCallback { path_query, headers, body, peer, .. } = callback;
    let callback = http::Callback { path_query, headers, body, peer };
    let answer = match settings {
        ReadWith::Http(settings) => http::take(&settings, &*desk, &callback, Live::now(engine)).await,
        ReadWith::Mm7(settings) => mm7::take(&settings, &*desk, &*engine.media(), &callback).await,
    };
    Some(CallbackAnswer {
        status: answer.status,
        content_type: answer.content_type.into(),
        body: answer.body.into(),
    })
}
