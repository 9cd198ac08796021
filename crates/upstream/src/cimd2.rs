//! CIMD2 towards a carrier: operation 03 out, status reports (23) and messages from handsets (20) in. The protocol's own
//! state is `postrider_wire`'s, how links are kept is `postrider_link`'s, and how fast and how often is decided at the desk.

mod answer;
mod conversation;
mod encode;
mod inbound;
mod report;
#[cfg(test)]
mod testing;

pub use answer::codes_of;

use crate::stamped::{self, Dialect, Names};
use conversation::Conversation;
use postrider_declare::upstream::Timers;
use postrider_declare::upstream::cimd2::Cimd2Upstream;
use postrider_declare::upstream::connection::Connection;
use std::sync::Arc;
use std::time::Instant;

pub use crate::stamped::{examine, run, run_in};

/// Everything about one upstream that speaks CIMD2.
pub type Settings = stamped::Settings<Cimd2Upstream>;

impl Dialect for Cimd2Upstream {
    type Conversation = Conversation;

    fn begin(settings: &Arc<Settings>, names: &Names, now: Instant) -> Result<Conversation, String> {
        Conversation::begin(settings, &names.0, now)
    }

    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn binds(&self) -> u16 {
        self.binds
    }

    fn bind_rate(&self) -> Option<f64> {
        self.bind_rate
    }

    fn window(&self) -> u16 {
        self.window
    }

    fn timers(&self) -> &Timers {
        &self.timers
    }
}
