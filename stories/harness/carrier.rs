//! Carriers as stories want them.

use postrider_simulator::carrier::{Carrier, Settings};

/// A good-natured carrier: it lets everybody in, and reports everything delivered a moment later.
pub(crate) async fn carrier() -> Carrier {
    carrier_with(Settings::default()).await
}

/// A carrier with manners of its own.
pub(crate) async fn carrier_with(settings: Settings) -> Carrier {
    Carrier::start("127.0.0.1:0", settings).await.unwrap()
}
