//! Learnt forms of carriers' references.

use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::rows::upstream;
use postrider_core::reference::{Learnt, ReferenceForm};

/// All forms that were learnt. A form that this version doesn't know is for another to use.
pub(super) async fn all(link: &Link) -> Result<Vec<Learnt>, Error> {
    let mut all = Vec::new();
    for row in link.query("SELECT upstream, form, place FROM learnt", &[]).await? {
        if let Some(form) = ReferenceForm::from_word(row.try_get(1)?) {
            all.push(Learnt { upstream: upstream(&row, 0)?, form, place: row.try_get::<_, &str>(2)?.into() });
        }
    }
    Ok(all)
}

/// A form to be kept.
pub(super) struct Learning(pub(super) Learnt);

impl Errand for Learning {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let Learnt { upstream, form, place } = &self.0;
        let sql = "INSERT INTO learnt (upstream, form, place) VALUES ($1, $2, $3) \
                   ON CONFLICT (upstream) DO UPDATE SET form = excluded.form, place = excluded.place";
        let values: [Value<'_>; 3] = [&i64::from(upstream.0), &form.word(), &&**place];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}
