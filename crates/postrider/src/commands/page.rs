//! Options of lists that come in pages, the newest first.

/// The page of a list.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct PageArgs {
    /// The most entries, 1 to 500
    #[arg(long, default_value_t = 50)]
    pub(super) limit: u16,
    /// The cursor at the end of the previous page
    #[arg(long)]
    pub(super) cursor: Option<String>,
}

/// The times of a list's entries.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct TimeArgs {
    /// At or after this time: 2030-01-31T09:00:00Z, or 1h for the last hour
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time, likewise
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// A query of the API.
pub(super) type Query = Vec<(&'static str, String)>;

/// The parameters of these that are given.
pub(super) fn given<'v>(values: impl IntoIterator<Item = (&'static str, &'v Option<String>)>) -> Query {
    values.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
}

impl PageArgs {
    /// Its parameters.
    pub(super) fn query(&self) -> Query {
        let mut query = given([("cursor", &self.cursor)]);
        query.push(("limit", self.limit.to_string()));
        query
    }
}

impl TimeArgs {
    /// Their parameters.
    pub(super) fn query(&self) -> Query {
        given([("since", &self.since), ("until", &self.until)])
    }
}
