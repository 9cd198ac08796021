//! Recommended settings: printed as lines of the configuration file, and applied.

use super::show::text;
use crate::client::Client;
use crate::commands::resource::set_upstream;
use crate::failure::Failure;
use crate::terminal::{self, Style, paint};
use serde_json::Value;

/// A recommended setting, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    field: String,
    /// Its value in TOML.
    value: String,
    why: String,
}

impl Setting {
    /// Reads one from the gateway's answer.
    pub(super) fn read(told: &Value) -> Option<Self> {
        let value = toml::Value::try_from(told.get("value")?).ok()?.to_string();
        Some(Self { field: text(told, "field")?, value, why: text(told, "why").unwrap_or_default() })
    }
}

/// Prints the settings, and applies them if asked to and if the upstream isn't declared in the file.
pub(super) async fn conclude(
    client: &Client,
    upstream: &str,
    settings: &[Setting],
    write: bool,
    quietly: bool,
) -> Result<(), Failure> {
    if settings.is_empty() {
        return Ok(());
    }
    if !quietly {
        terminal::say("");
        terminal::print(&toml(upstream, settings));
    }
    if !write {
        return Ok(());
    }
    let declared = client.get(&["upstreams", upstream], &[]).await?;
    if declared.get("origin").and_then(Value::as_str) == Some("file") {
        let what = format!(
            "the upstream {upstream} is declared in the configuration file, where only you can write"
        );
        return Err(Failure::refused(what)
            .help("write the lines above there, then `postrider check` and `kill -HUP` the gateway"));
    }
    let fields = settings.iter().map(|setting| format!("{}={}", setting.field, setting.value)).collect();
    set_upstream(client, upstream, fields).await
}

/// The settings as lines of the file, each below its reason.
fn toml(upstream: &str, settings: &[Setting]) -> String {
    let begin = format!("[upstreams.{upstream}]\n");
    settings.iter().fold(begin, |all, Setting { field, value, why }| {
        format!("{all}{}\n{field} = {value}\n", paint(Style::Faint, &format!("# {why}")))
    })
}
