//! Trials of routes: the table that there would be, without putting it in force.

use super::Registry;
use crate::document::Document;
use crate::mistake::Mistakes;
use crate::route::RouteDocument;
use crate::rules;
use crate::secret::Secrets;
use crate::set::{Entry, Origin};
use postrider_core::route::Table;
use std::sync::Arc;

impl Registry {
    /// The table with these routes in the place of those of their names; `None` takes one away.
    ///
    /// # Errors
    /// Everything that is wrong with the routes.
    pub async fn try_routes(&self, routes: Vec<(String, Option<RouteDocument>)>) -> Result<Table, Mistakes> {
        let state = self.state.lock().await;
        let mut set = state.whole();
        for (name, route) in routes {
            match route {
                None => {
                    set.routes.remove(&name);
                }
                Some(mut document) => {
                    document.set_name(&name);
                    let secrets = Secrets::default();
                    let entry = Entry { document, origin: Origin::Store, updated: None, secrets };
                    set.routes.insert(name, Arc::new(entry));
                }
            }
        }
        rules::table(&set, &state.ids)
    }
}
