//! Test numbers: they get a fixed code and no message, count towards no limit of sending, and cost nothing.

use super::code::{DIGITS_MAX, DIGITS_MIN};
use super::desk::Verifications;
use crate::kept::{Document, TRIES, contended, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppWrite, AppWritten, StoreError};
use postrider_core::number::Number;
use serde::{Deserialize, Serialize};

/// The most test numbers of an account.
const MOST: usize = 100;

/// A number with a fixed code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestNumber {
    /// The number, with `+`.
    pub number: Box<str>,
    /// Its code.
    pub code: Box<str>,
}

impl Document for TestNumber {
    const KIND: AppKind = AppKind::TestNumber;

    fn id(&self) -> Box<str> {
        self.number.clone()
    }
}

impl TestNumber {
    /// Whether a text can be a code.
    #[must_use]
    pub fn is_code(text: &str) -> bool {
        (usize::from(DIGITS_MIN)..=usize::from(DIGITS_MAX)).contains(&text.len())
            && text.bytes().all(|octet| octet.is_ascii_digit())
    }
}

impl Verifications {
    /// The test numbers of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn test_numbers(&self, account: AccountId) -> Result<Vec<TestNumber>, StoreError> {
        let filter = AppFilter::all(AppKind::TestNumber, Some(account), MOST);
        let found = self.parts.store.list_app_records(filter).await?;
        found.into_iter().map(|record| Ok(read::<TestNumber>(record)?.value)).collect()
    }

    /// Gives a number a fixed code, or takes it away. Returns whether it had one.
    ///
    /// # Errors
    /// When the store can't be written, or there are too many.
    pub async fn set_test_number(
        &self,
        account: AccountId,
        number: Number,
        code: Option<&str>,
    ) -> Result<bool, StoreError> {
        let name = number.to_string();
        for _ in 0..TRIES {
            let found = find::<TestNumber>(&*self.parts.store, account, &name).await?;
            let version = found.as_ref().map_or(0, |kept| kept.version);
            let write = match code {
                Some(code) => {
                    let new = TestNumber { number: name.as_str().into(), code: code.into() };
                    keep(account, &new, version)?
                }
                None if version == 0 => return Ok(false),
                None => AppWrite::Forget(key::<TestNumber>(account, &name), version),
            };
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(version > 0);
            }
        }
        Err(contended())
    }

    /// The fixed code of a number, if it has one.
    pub(super) async fn fixed_code(
        &self,
        account: AccountId,
        number: Number,
    ) -> Result<Option<Box<str>>, StoreError> {
        let found = find::<TestNumber>(&*self.parts.store, account, &number.to_string()).await?;
        Ok(found.map(|kept| kept.value.code))
    }
}
