//! Which columns a table of recipients must have, by the templates that are filled in with them.

use super::desk::{NotDone, Runs};
use super::document::Run;
use postrider_core::account::AccountId;
use std::collections::BTreeSet;

impl Runs {
    /// The variables that the templates of a run need and that a table with these columns gives to nobody.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn missing_columns(
        &self,
        account: AccountId,
        run: &Run,
        columns: &BTreeSet<&str>,
    ) -> Result<BTreeSet<String>, NotDone> {
        let variants = run.trial.iter().flat_map(|trial| &trial.variants);
        let named = run.outgoing.template.iter().chain(variants.filter_map(|it| it.template.as_ref()));
        let mut missing = BTreeSet::new();
        for template in named {
            if let Some(compiled) = self.templates.compiled(account, &template.name, template.version).await?
            {
                missing.extend(compiled.never_filled(columns));
            }
        }
        Ok(missing)
    }
}
