//! Opt-outs in the store of the gateway that is measured: of numbers that get no messages, so that each look-up goes all the
//! way.

use crate::failure::Failure;
use crate::terminal::complain;
use postrider_core::account::AccountId;
use postrider_core::consent::{Change, Scope, Source};
use postrider_core::contract::{Store, StoreError};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::time::Time;
use postrider_store::sqlite::{Settings, Sqlite};
use std::path::Path;
use std::sync::Arc;

/// The first number that has opted out.
const FIRST: u64 = 491_500_000_000;
/// Opt-outs that are written at once.
const AT_ONCE: u64 = 10_000;

/// Writes so many opt-outs into a new embedded store.
pub(super) async fn write(directory: &Path, count: u64) -> Result<(), Failure> {
    let failed = |error: StoreError| Failure::failed(format!("can't write opt-outs: {error}"));
    complain(&format!("Writing {count} opt-outs."));
    std::fs::create_dir_all(directory)
        .map_err(|error| Failure::failed(format!("can't make {}: {error}", directory.display())))?;
    let store = Sqlite::open(directory, Settings::default())
        .map_err(|error| Failure::failed(format!("can't open the store: {error}")))?;
    for first in (0..count).step_by(usize::try_from(AT_ONCE).unwrap_or(1)) {
        let changes = (first..count.min(first + AT_ONCE)).filter_map(change).map(Arc::new).collect();
        store.consent(changes, Vec::new()).await.map_err(failed)?;
    }
    store.close().await;
    Ok(())
}

fn change(number: u64) -> Option<Change> {
    Some(Change {
        id: MessageId::from_number(number + 1),
        at: Time(0),
        number: Number::from_digits(FIRST + number)?,
        scope: Scope::opt_out(Some(AccountId(1)), None),
        holds: true,
        source: Source::Import,
        reason: None,
        by: None,
        inbound: None,
        obtained: None,
        shown: None,
        proof: None,
    })
}
