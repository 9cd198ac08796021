//! The listener of an examination.

use super::Finding;
use tokio::sync::mpsc::Sender;

/// Hears of each finding as it is made.
pub struct Listener(Sender<Finding>);

impl Listener {
    /// Findings go there.
    #[must_use]
    pub const fn new(findings: Sender<Finding>) -> Self {
        Self(findings)
    }

    /// Tells a finding.
    pub async fn tell(&self, finding: Finding) {
        // A listener that is gone ends the examination elsewhere.
        let _ = self.0.send(finding).await;
    }
}
