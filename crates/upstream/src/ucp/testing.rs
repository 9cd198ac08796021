//! Settings for this module's tests.

use super::Settings;
use postrider_declare::Secrets;
use postrider_declare::upstream::ucp::UcpUpstream;

/// Settings with nothing declared but where to connect, and then changed.
pub(super) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut secrets = Secrets::default();
    secrets.set("password", "secret".into());
    let mut settings = Settings::new("acme", &UcpUpstream::new("localhost", 3_024), &secrets);
    settings.login = "1234".to_owned();
    change(&mut settings);
    settings
}
