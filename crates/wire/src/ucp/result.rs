//! Results: how an operation is answered (sections 4 to 6).

use super::ErrorCode;
use super::fields::{Fields, put};
use super::frame::{self, Header, Kind};
use super::operation::Ot;
use bytes::BytesMut;

/// A result, as far as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// `A`.
    Done {
        /// The validity period as the service centre changed it; empty for operations without one.
        mvp: &'a [u8],
        /// The system message: for 30 and 51 to 53 the recipient, `:`, and the service centre's time stamp.
        sm: &'a [u8],
    },
    /// `N`.
    Refused {
        /// The error.
        code: ErrorCode,
        /// The system message, mostly in words.
        sm: &'a [u8],
    },
    /// Neither.
    Unreadable,
}

/// A result to write.
pub type Answer<'a> = Outcome<'a>;

/// Whether a positive result of this operation has a field for the modified validity period.
const fn has_mvp(ot: Ot) -> bool {
    matches!(ot.0, 30) || ot.is_message()
}

impl<'a> Outcome<'a> {
    /// Reads the data fields of a result of this type. Missing fields are taken for empty ones.
    #[must_use]
    pub fn read(ot: Ot, data: &'a [u8]) -> Self {
        let mut fields = Fields::new(data);
        match fields.next() {
            Some(b"A") => {
                let first = fields.next().unwrap_or_default();
                if !has_mvp(ot) {
                    return Self::Done { mvp: &[], sm: first };
                }
                match fields.next() {
                    Some(sm) => Self::Done { mvp: first, sm },
                    // Some service centres leave the validity period out.
                    None => Self::Done { mvp: &[], sm: first },
                }
            }
            Some(b"N") => {
                let code = ErrorCode::read(fields.next().unwrap_or_default());
                Self::Refused { code, sm: fields.next().unwrap_or_default() }
            }
            _ => Self::Unreadable,
        }
    }

    /// Appends it as a frame, an unreadable one as a refusal.
    pub fn write(&self, trn: u8, ot: Ot, out: &mut BytesMut) {
        let header = Header { trn, kind: Kind::Result, ot: ot.0 };
        frame::write(header, out, |out| match *self {
            Self::Done { mvp, sm } => {
                put(b"A", out);
                if has_mvp(ot) {
                    put(mvp, out);
                }
                put(sm, out);
            }
            Self::Refused { code, sm } => {
                put(b"N", out);
                put(&code.digits(), out);
                put(sm, out);
            }
            Self::Unreadable => {
                put(b"N", out);
                put(&ErrorCode::SYNTAX.digits(), out);
                put(&[], out);
            }
        });
    }
}
