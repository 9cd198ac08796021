//! The message brokers that a file declares, at work.

use crate::config::{BrokerLink, Config};
use crate::failure::Failure;
use futures_util::future::join_all;
use postrider_downstream::brokers::{Broker, BrokerSettings};
use postrider_downstream::rest::Rest;
use postrider_link::tls::{Tls, Trust};
use std::sync::Arc;
use tokio::task::AbortHandle;

/// Works with all brokers of a node until it is aborted.
pub(super) fn start(config: &Config, node: u8, rest: &Arc<Rest>) -> Result<AbortHandle, Failure> {
    let used = |link: &BrokerLink| Ok(Broker::new(Arc::clone(rest), settings(link, node)?).run());
    let running = config.brokers.iter().map(used).collect::<Result<Vec<_>, Failure>>()?;
    Ok(tokio::spawn(async move { drop(join_all(running).await) }).abort_handle())
}

fn settings(link: &BrokerLink, node: u8) -> Result<BrokerSettings, Failure> {
    let trust = link.authorities.clone().map_or(Trust::System, Trust::Authorities);
    let tls = link.address.is_tls.then(|| Tls::new(&trust, None)).transpose();
    let tls = tls.map_err(|error| Failure::failed(format!("can't use the broker {}: {error}", link.name)))?;
    let text = |text: &Option<String>| text.as_deref().map(Into::into);
    Ok(BrokerSettings {
        name: link.name.as_str().into(),
        address: link.address.clone(),
        tls,
        account: text(&link.account),
        events: text(&link.events),
        types: link.types.clone(),
        messages: text(&link.messages),
        results: text(&link.results),
        node,
    })
}
