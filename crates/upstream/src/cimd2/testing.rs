//! Settings for this module's tests.

use super::Settings;
use postrider_declare::Secrets;
use postrider_declare::upstream::cimd2::Cimd2Upstream;

/// Settings with nothing declared but where to log in as whom, and then changed.
pub(super) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut secrets = Secrets::default();
    secrets.set("password", "secret".into());
    let mut settings = Settings::new("acme", &Cimd2Upstream::new("localhost", 9_971, "user"), &secrets);
    change(&mut settings);
    settings
}
