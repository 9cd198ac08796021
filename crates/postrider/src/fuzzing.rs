//! Configuration files, read without being put in force. Only fuzz targets call this.

use crate::config::{Examined, Source};
use std::path::Path;

/// The mistakes and warnings of a configuration file, as a terminal shows them. Every environment variable is set.
#[must_use]
pub fn mistakes(text: &str) -> Vec<String> {
    let source = Source { name: "fuzzed.toml".to_owned(), text: text.to_owned() };
    let examined = Examined::of(source, Path::new(""), &|_| Some("a secret of 20 characters".to_owned()));
    examined.diagnostics().into_iter().map(|diagnostic| diagnostic.show(&examined.source)).collect()
}
