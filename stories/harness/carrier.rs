//! Simulated carriers.

use postrider_simulator::carrier::{Carrier, Settings};

/// A carrier that accepts every bind and message, and reports each delivered a moment later.
pub(crate) async fn carrier() -> Carrier {
    carrier_with(Settings::default()).await
}

/// A carrier with these settings.
pub(crate) async fn carrier_with(settings: Settings) -> Carrier {
    Carrier::start("127.0.0.1:0", settings).await.unwrap()
}
