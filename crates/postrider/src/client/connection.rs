//! Options of commands that choose the gateway and the API key.

use super::Client;
use crate::failure::Failure;
use crate::operations::data::{admin_key_path, read_admin_key};
use std::path::{Path, PathBuf};

/// The data directory of a gateway that was started without a configuration file.
const DATA: &str = "postrider-data";

/// Advice on the administrator's key.
pub(crate) const DATA_HELP: &str =
    "on the gateway's machine `--data DIR` finds the administrator's key, in the file DIR/admin.key";

/// The gateway and the API key.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The gateway's address
    #[arg(
        long,
        global = true,
        env = "POSTRIDER_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080",
        value_name = "URL"
    )]
    url: reqwest::Url,
    /// The API key: an account's to send, an administrator's to manage resources
    #[arg(long, global = true, env = "POSTRIDER_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<String>,
    /// The gateway's data directory, whose administrator's key is used then, whatever other key there is
    /// [default: postrider-data, if no key is given]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Connection {
    /// The gateway.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        if !matches!(self.url.scheme(), "http" | "https") {
            return Err(Failure::usage(format!("invalid gateway URL: {}", self.url))
                .help("write it as http://127.0.0.1:8080"));
        }
        Client::new(self.url.clone(), self.key()?)
    }

    /// The key: the administrator's in the directory of `--data`, else the one of `--key`, else the administrator's in the
    /// default directory.
    fn key(&self) -> Result<String, Failure> {
        let given = self.key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        match (&self.data, given) {
            (Some(directory), _) => read_admin_key(directory)?.ok_or_else(|| no_key_in(directory)),
            (None, Some(key)) => Ok(key.to_owned()),
            (None, None) => read_admin_key(Path::new(DATA))?.ok_or_else(|| {
                Failure::usage("no key was given")
                    .help(format!("pass one with `--key` or POSTRIDER_KEY; {DATA_HELP}"))
            }),
        }
    }
}

fn no_key_in(directory: &Path) -> Failure {
    Failure::usage(format!("there is no administrator's key at {}", admin_key_path(directory).display())).help(
        "name the directory that the gateway runs with; where its configuration names administrators, use `--key`",
    )
}
