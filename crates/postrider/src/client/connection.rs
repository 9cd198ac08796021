//! Which gateway a command speaks to, and with which key.

use super::Client;
use crate::failure::Failure;
use crate::operations::data::{admin_key_path, read_admin_key};
use std::path::{Path, PathBuf};

/// The data directory of a gateway that was started without a configuration file.
const DATA: &str = "postrider-data";

/// Where an administrator's key is found.
pub(crate) const DATA_HELP: &str =
    "on the gateway's machine `--data DIR` finds the administrator's key, in the file DIR/admin.key";

/// Which gateway, and with which key.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The gateway's address
    #[arg(long, env = "POSTRIDER_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    url: reqwest::Url,
    /// The key: an account's to send, an administrator's to declare
    #[arg(long, env = "POSTRIDER_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<String>,
    /// The gateway's data directory: its administrator's key is used if no key is given
    /// [default: postrider-data if it is there]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Connection {
    /// The gateway.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        if !matches!(self.url.scheme(), "http" | "https") {
            return Err(Failure::usage(format!("{} is no address of a gateway", self.url))
                .help("write it as http://127.0.0.1:8080"));
        }
        Client::new(self.url.clone(), self.key()?)
    }

    fn key(&self) -> Result<String, Failure> {
        let given = self.key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        if let Some(key) = given {
            return Ok(key.to_owned());
        }
        let directory = self.data.as_deref().unwrap_or(Path::new(DATA));
        match (read_admin_key(directory)?, &self.data) {
            (Some(key), _) => Ok(key),
            (None, Some(_)) => Err(Failure::usage(format!(
                "there is no administrator's key in {}",
                admin_key_path(directory).display()
            ))
            .help("name the directory that the gateway runs with; where the configuration names administrators, use `--key`")),
            (None, None) => Err(Failure::usage("no key was given")
                .help(format!("pass one with `--key` or POSTRIDER_KEY; {DATA_HELP}"))),
        }
    }
}
