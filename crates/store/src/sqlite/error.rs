//! What SQLite's errors mean to those who use the store.

use postrider_core::contract::StoreError;
use rusqlite::{Error, ErrorCode};

/// The store's word for an error of SQLite's.
pub(super) fn meaning(error: &Error) -> StoreError {
    match error {
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => StoreError::Damaged(error.to_string()),
        Error::SqliteFailure(failure, _)
            if matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) =>
        {
            StoreError::Damaged(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Whether an error is of the disk or the file, so that other operations would meet it too.
pub(super) fn is_outage(error: &Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => {
            !matches!(code, ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch)
        }
        None => false,
    }
}
