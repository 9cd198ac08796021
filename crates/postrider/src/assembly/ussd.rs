//! USSD: menus of accounts for handsets' dialogues, and the networks of modems for people's requests.

use crate::failure::Failure;
use postrider_core::contract::Live;
use postrider_downstream::rest::{NotAnswered, UssdAsker, UssdBalance};
use postrider_downstream::webhook::{self, Menus};
use postrider_engine::Engine;
use postrider_upstream::ussd::{Lines, NotAsked};
use std::sync::Arc;

/// The lines of upstreams; turns of handsets lead to menus of accounts.
pub(super) fn lines(engine: &Arc<Engine>) -> Result<Arc<Lines>, Failure> {
    let menus = Menus::new(Arc::clone(engine) as _, &webhook::Settings::default())
        .map_err(|error| Failure::failed(error.to_string()))?;
    let (menus, clock) = (Arc::new(menus), Arc::clone(engine));
    Ok(Arc::new(Lines::new(
        Box::new(move |upstream, turn| {
            let menus = Arc::clone(&menus);
            Box::pin(async move { menus.page(&upstream, &turn).await })
        }),
        Box::new(move || Live::now(&*clock)),
    )))
}

/// Lets the API ask.
pub(super) fn asker(lines: &Arc<Lines>) -> UssdAsker {
    let (asking, known) = (Arc::clone(lines), Arc::clone(lines));
    UssdAsker {
        ask: Box::new(move |upstream, link, text| {
            let lines = Arc::clone(&asking);
            Box::pin(async move {
                lines.ask(&upstream, link, &text).await.map_err(|error| match error {
                    NotAsked::NoLine => NotAnswered::NoModem,
                    NotAsked::Busy => NotAnswered::Busy,
                    NotAsked::Failed(why) => NotAnswered::Failed(why),
                })
            })
        }),
        balance: Box::new(move |upstream, link| {
            let balance = known.balance(upstream, link)?;
            Some(UssdBalance { amount: balance.amount, text: balance.text.into(), at: balance.at })
        }),
    }
}
