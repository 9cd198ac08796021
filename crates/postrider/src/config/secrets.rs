//! Secrets that a file refers to: found in files and in the environment. They are handed on and never shown.

use crate::failure::plain;
use postrider_declare::Secret;
use std::path::{Path, PathBuf};

/// How environment variables are found.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The largest file that is read as a secret, in octets: none is longer, and a wrong path may lead anywhere.
const SECRET_FILE_MAX: u64 = 64 * 1024;

/// The secret's text, or why it can't be had and what to do about it.
pub(crate) fn resolve(
    secret: &Secret,
    base: &Path,
    variables: Variables<'_>,
) -> Result<String, (String, String)> {
    match secret {
        Secret::Literal(text) => Ok(text.clone()),
        Secret::Env { env } => match variables(env) {
            Some(value) if !value.is_empty() => Ok(value),
            Some(_) => Err((format!("the environment variable `{env}` is empty"), "give it a value".into())),
            None => Err((
                format!("the environment variable `{env}` is not set"),
                format!(
                    "set it where the gateway is started: `export {env}=...`, or `Environment=` in the unit"
                ),
            )),
        },
        Secret::File { file } => read_file(&beside(base, file)),
    }
}

/// A path as the file means it: relative to the file itself.
pub(crate) fn beside(base: &Path, path: &str) -> PathBuf {
    base.join(path)
}

fn read_file(path: &Path) -> Result<String, (String, String)> {
    let shown = path.display();
    let unreadable = |error: &std::io::Error| {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("write the secret there: `install -m 600 /dev/stdin {shown}`")
            }
            _ => "it must be readable for the user that the gateway runs as".to_owned(),
        };
        (format!("can't read the secret's file {shown}: {}", plain(&error.to_string())), help)
    };
    let size = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > SECRET_FILE_MAX {
        return Err((
            format!("{shown} is too large for a secret: {size} octets"),
            "is it the right file?".into(),
        ));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        Err((format!("the secret's file {shown} is empty"), "write the secret into it".into()))
    } else {
        Ok(text.to_owned())
    }
}
