//! SQLite's errors, and their meaning for callers of the store.

use postrider_core::contract::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

/// The store's word for an error of SQLite's.
pub(super) fn meaning(error: &Error) -> StoreError {
    if let Some(why) = damage(error) {
        return StoreError::Damaged(why);
    }
    match error {
        Error::SqliteFailure(failure, _)
            if matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) =>
        {
            StoreError::Damaged(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// The damage of a row, if that is the error.
pub(super) fn damage(error: &Error) -> Option<String> {
    match error {
        Error::FromSqlConversionFailure(_, _, why) => Some(why.to_string()),
        Error::IntegralValueOutOfRange(..) | Error::InvalidColumnType(..) | Error::Utf8Error(..) => {
            Some(error.to_string())
        }
        _ => None,
    }
}

/// Whether an error is for want of room on the disk, or of a quota.
pub(super) fn is_full(error: &Error) -> bool {
    const WRITE: i32 = ffi::SQLITE_IOERR_WRITE;
    const SHARED_MEMORY: i32 = ffi::SQLITE_IOERR_SHMSIZE;
    match error {
        Error::SqliteFailure(failure, _) => {
            failure.code == ErrorCode::DiskFull || matches!(failure.extended_code, WRITE | SHARED_MEMORY)
        }
        _ => false,
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
