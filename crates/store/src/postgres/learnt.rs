//! What was found out of how carriers spell their names for parts.

use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction};
use super::rows::upstream;
use postrider_core::reference::NameForm;
use postrider_core::route::UpstreamId;

/// All that was found out. A form that this version doesn't know is for another to use.
pub(super) async fn all(link: &Link) -> Result<Vec<(UpstreamId, NameForm)>, Error> {
    let mut all = Vec::new();
    for row in link.query("SELECT upstream, form FROM learnt", &[]).await? {
        if let Some(form) = NameForm::from_word(row.try_get(1)?) {
            all.push((upstream(&row, 0)?, form));
        }
    }
    Ok(all)
}

/// A form to be kept.
pub(super) struct Learning(pub(super) UpstreamId, pub(super) NameForm);

impl Errand for Learning {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let sql =
            "INSERT INTO learnt VALUES ($1, $2) ON CONFLICT (upstream) DO UPDATE SET form = excluded.form";
        transaction.execute(sql, &[&i64::from(self.0.0), &self.1.word()]).await?;
        Ok(())
    }
}
