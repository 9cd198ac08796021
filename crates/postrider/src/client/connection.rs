//! Options of commands that choose the gateway and the API key.

use super::Client;
use crate::failure::Failure;
use crate::operations::data::{admin_key_path, read_admin_key};
use reqwest::Url;
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
        value_name = "URL",
        value_parser = gateway_url
    )]
    url: Url,
    /// The API key: an account's to send, an administrator's to manage resources
    #[arg(long, global = true, env = "POSTRIDER_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<String>,
    /// The gateway's data directory, whose administrator's key is used then, whatever other key there is
    /// [default: postrider-data, if no key is given]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Reads the address of a gateway.
fn gateway_url(text: &str) -> Result<Url, String> {
    if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err("a URL has no spaces and no line ends: remove them".into());
    }
    match text.split_once("://") {
        Some(("http" | "https", _)) => text.parse().map_err(|error| format!("{error}")),
        Some((scheme, _)) => {
            Err(format!("the API is at http or https, not {scheme}: write http://127.0.0.1:8080"))
        }
        None => Err(format!("the URL has no scheme: write http://{text}")),
    }
}

impl Connection {
    /// The gateway.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_or_with_a_line_end_is_named() {
        for (text, expected) in [
            ("localhost:8080", "the URL has no scheme: write http://localhost:8080"),
            ("127.0.0.1:8080", "the URL has no scheme: write http://127.0.0.1:8080"),
            ("http://127.0.0.1:8080\n", "a URL has no spaces and no line ends: remove them"),
            (" http://127.0.0.1:8080", "a URL has no spaces and no line ends: remove them"),
            (
                "postgres://127.0.0.1",
                "the API is at http or https, not postgres: write http://127.0.0.1:8080",
            ),
            ("http://", "empty host"),
        ] {
            assert_eq!(gateway_url(text).unwrap_err(), expected, "{text:?}");
        }
        assert_eq!(gateway_url("https://sms.example.com/api").unwrap().path(), "/api");
    }
}
