//! Routes as people declare them.

use super::{Document, Entry, Secret, Set};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Which way messages go whose numbers start alike. The longest prefix that fits a number decides.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteDocument {
    /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. Where it stands in a URL or
    /// is a table's name it need not be repeated.
    #[serde(default)]
    pub name: String,
    /// The first digits of the numbers it takes, up to 15, without `+`. Default: none, which takes every number that no
    /// other route takes. No two routes may have the same.
    #[serde(default)]
    pub prefix: String,
    /// Names of the upstreams, the best first, 1 to 16 of them: the first that is up sends, the next ones when an
    /// attempt there has failed.
    pub upstreams: Vec<String>,
}

impl Document for RouteDocument {
    const KIND: &'static str = "route";
    const PLURAL: &'static str = "routes";

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, _visit: &mut dyn FnMut(String, &mut Option<Secret>)) {}

    fn of(set: &Set) -> &BTreeMap<String, Arc<Entry<Self>>> {
        &set.routes
    }

    fn of_mut(set: &mut Set) -> &mut BTreeMap<String, Arc<Entry<Self>>> {
        &mut set.routes
    }
}
