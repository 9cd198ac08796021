//! An operator, who looks at what rules against fraud hold now and then, and releases some of it.

use crate::dice::Dice;
use crate::process::Process;
use crate::seen::Seen;
use crate::world::World;
use postrider_core::contract::{Action, Archive, Bulk, Filter};
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;
use postrider_core::selector::Selector;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The most messages that are looked at.
const LOOKED_AT: usize = 20;

/// Releases messages for as long as the run is busy.
pub(crate) async fn release(world: Arc<World>, mut dice: Dice) {
    if world.scenario.accounts.iter().all(|account| account.policy.fraud.is_empty()) {
        return;
    }
    while !world.is_calm() {
        sleep(dice.span(Duration::from_secs(5), Duration::from_mins(3))).await;
        let Some(process) = world.node(&mut dice) else { continue };
        tokio::select! {
            biased;
            () = process.life.over() => {}
            () = release_some(&world, &process, &mut dice) => {}
        }
    }
}

async fn release_some(world: &World, process: &Process, dice: &mut Dice) {
    let (node, engine) = (process.life.node, &process.engine);
    let held = Filter { held_by: Some("".into()), ..Filter::all(Viewer::Everything, LOOKED_AT) };
    let Ok(page) = engine.list(held).await else { return };
    let messages: Vec<MessageId> =
        page.entries.iter().map(|entry| entry.message.id).filter(|_| dice.chance(500)).collect();
    for message in messages {
        world.witness.saw(node, Seen::Releasing(message));
        let bulk = Bulk {
            filter: Filter::all(Viewer::Everything, LOOKED_AT),
            selector: Selector { messages: vec![message], ..Selector::default() },
            action: Action::Release,
            reason: None,
            dry_run: false,
            most: LOOKED_AT,
        };
        if engine.act(bulk).await.is_ok_and(|done| done.done == 1) {
            world.witness.saw(node, Seen::Released(message));
        }
    }
}
