//! The releases of MM7: each has a namespace and a version of its own, and an answer has those of its request.

/// The beginning of every namespace of MM7; behind it stands the release.
const SCHEMA: &str = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/";

/// The release that a message is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The namespace, such as `.../schema/REL-6-MM7-1-4`.
    pub namespace: Box<str>,
    /// The text of `MM7Version`, such as `6.8.0`.
    pub version: Box<str>,
}

impl Dialect {
    /// The dialect of a release such as `REL-6-MM7-1-4`, and a version such as `6.8.0`.
    #[must_use]
    pub fn new(release: &str, version: &str) -> Self {
        Self { namespace: format!("{SCHEMA}{release}").into(), version: version.into() }
    }

    /// Whether a namespace is one of MM7.
    pub(super) fn is_namespace(namespace: &str) -> bool {
        namespace.starts_with(SCHEMA)
    }
}

impl Default for Dialect {
    /// The last release: 6.8.0.
    fn default() -> Self {
        Self::new("REL-6-MM7-1-4", "6.8.0")
    }
}
