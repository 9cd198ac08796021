//! Settings for this module's tests.

use super::settings::Settings;
use postrider_declare::Secrets;
use postrider_declare::upstream::modem::ModemUpstream;

/// Settings with nothing declared but the device and a PIN, and then changed.
pub(super) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut secrets = Secrets::default();
    secrets.set("pin", "1234".into());
    let mut settings = Settings::each("acme", &ModemUpstream::new("/dev/ttyUSB0"), &secrets).remove(0);
    change(&mut settings);
    settings
}
