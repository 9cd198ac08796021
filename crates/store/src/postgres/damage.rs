//! Damaged rows are set aside: in the transaction that meets them, or in the next one where that only reads.

use super::errand::Errand;
use super::error::Error;
use super::link::{Transaction, Value};
use crate::damage::{Damage, Row};

/// Rows to be set aside.
pub(super) struct SettingAside(pub(super) Damage);

impl Errand for SettingAside {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        set_aside(transaction, &self.0).await
    }
}

/// Sets rows aside.
pub(super) async fn set_aside(transaction: &mut Transaction<'_>, damage: &Damage) -> Result<(), Error> {
    transaction.set_aside();
    for row in damage.rows() {
        let (sql, values) = row.set_aside();
        let values: Vec<Value<'_>> = values.iter().map(|value| value as Value<'_>).collect();
        transaction.execute(sql, &values).await?;
    }
    Ok(())
}

/// The value of a row; `None`, and a note of it, if the row is damaged.
pub(super) fn readable<T>(
    read: Result<T, Error>,
    noted: &mut Damage,
    row: impl FnOnce() -> Result<Row, Error>,
) -> Result<Option<T>, Error> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::Damaged(why)) => {
            noted.note(row()?, why);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
