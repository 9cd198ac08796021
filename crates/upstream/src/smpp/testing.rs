//! Settings for this module's tests.

use super::settings::Settings;
pub(super) use crate::testing::{delivery, message};
use postrider_declare::Secrets;
use postrider_declare::upstream::smpp::SmppUpstream;

/// Settings with nothing declared but where to bind as whom, and then changed.
pub(super) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut secrets = Secrets::default();
    secrets.set("password", "longer-than-eight".into());
    let mut settings = Settings::new("acme", &SmppUpstream::new("localhost", 2775, "user"), &secrets);
    change(&mut settings);
    settings
}
