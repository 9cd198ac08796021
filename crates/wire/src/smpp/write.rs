//! Writing PDUs strictly: a field beyond its maximum is an error, never a shorter field.
//! Every PDU is appended to one buffer; on an error the buffer doesn't change.

use super::header::HEADER_LEN;
use super::{Address, Command, Header, Status, Tlvs};
use bytes::BytesMut;
use std::fmt;

/// A PDU that can be written: each PDU's own struct, and `Pdu`.
pub trait Encode {
    /// The command_id to write.
    fn command(&self) -> Command;

    /// Writes the body, everything after the header.
    ///
    /// # Errors
    /// When a field is longer than its maximum or holds an invalid value.
    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError>;

    /// Appends the whole PDU to `out`, which doesn't change on an error.
    ///
    /// # Errors
    /// When a field is longer than its maximum or holds an invalid value.
    #[inline]
    fn encode(&self, status: Status, sequence: u32, out: &mut BytesMut) -> Result<(), EncodeError> {
        let start = out.len();
        let header = Header { length: 0, command: self.command(), status, sequence };
        out.extend_from_slice(&header.encode());
        if let Err(error) = self.body(&mut Writer { out }) {
            out.truncate(start);
            return Err(error);
        }
        let Ok(length) = u32::try_from(out.len() - start) else {
            out.truncate(start);
            return Err(EncodeError {
                field: "command_length",
                problem: Problem::TooLong { max: u32::MAX as usize },
            });
        };
        if let Some(patch) = out.get_mut(start..start + 4) {
            patch.copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    /// The whole PDU with this sequence number.
    ///
    /// # Errors
    /// When a field is longer than its maximum or holds an invalid value.
    fn to_octets(&self, sequence: u32) -> Result<Vec<u8>, EncodeError> {
        let mut out = BytesMut::new();
        self.encode(Status::ROK, sequence, &mut out)?;
        Ok(out.to_vec())
    }

    /// Checks the fields as `encode` does, without output. A server learns by it whether a leniently read PDU conforms to
    /// the specification, and which status to answer if not.
    ///
    /// # Errors
    /// When a field is longer than its maximum or holds an invalid value.
    fn check(&self) -> Result<(), EncodeError> {
        self.encode(Status::ROK, 0, &mut BytesMut::with_capacity(HEADER_LEN))
    }
}

/// A field that can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// The field, as the specification names it.
    pub field: &'static str,
    /// The problem with it.
    pub problem: Problem,
}

/// A problem with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is longer than `max` octets, a string's NUL not counted.
    TooLong {
        /// The maximum length in octets.
        max: usize,
    },
    /// It is a string with a NUL inside, where a reader would end it.
    Nul,
}

impl EncodeError {
    /// The command_status that refuses a PDU for this field.
    pub fn status(&self) -> Status {
        match self.field {
            "system_id" => Status::RINVSYSID,
            "password" => Status::RINVPASWD,
            "system_type" => Status::RINVSYSTYP,
            "service_type" => Status::RINVSERTYP,
            "source_addr" => Status::RINVSRCADR,
            "destination_addr" => Status::RINVDSTADR,
            "dl_name" => Status::RINVDLNAME,
            "message_id" => Status::RINVMSGID,
            "schedule_delivery_time" => Status::RINVSCHED,
            "validity_period" => Status::RINVEXPIRY,
            "short_message" => Status::RINVMSGLEN,
            "number_of_dests" => Status::RINVNUMDESTS,
            _ => Status::RINVCMDLEN,
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            Problem::TooLong { max } => write!(f, "{} is longer than {max} octets", self.field),
            Problem::Nul => write!(f, "{} has a NUL inside", self.field),
        }
    }
}

impl std::error::Error for EncodeError {}

/// Appends fields to a PDU.
pub struct Writer<'b> {
    out: &'b mut BytesMut,
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer at octet {}", self.out.len())
    }
}

impl<'b> Writer<'b> {
    pub(crate) fn new(out: &'b mut BytesMut) -> Self {
        Self { out }
    }

    /// Appends one octet.
    #[inline]
    pub fn octet(&mut self, octet: u8) {
        self.out.extend_from_slice(&[octet]);
    }

    /// Appends octets as they are.
    #[inline]
    pub fn octets(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }

    /// Appends a C-octet string of at most `max` octets and its NUL.
    ///
    /// # Errors
    /// When the string is longer or has a NUL inside.
    #[inline]
    pub fn string(&mut self, field: &'static str, string: &[u8], max: usize) -> Result<(), EncodeError> {
        if string.len() > max {
            return Err(EncodeError { field, problem: Problem::TooLong { max } });
        }
        if string.contains(&0) {
            return Err(EncodeError { field, problem: Problem::Nul });
        }
        self.out.extend_from_slice(string);
        self.octet(0);
        Ok(())
    }

    /// Appends ton, npi and an address of at most `max` octets with its NUL.
    ///
    /// # Errors
    /// When the address is longer or has a NUL inside.
    #[inline]
    pub fn address(
        &mut self,
        field: &'static str,
        address: &Address<'_>,
        max: usize,
    ) -> Result<(), EncodeError> {
        self.out.extend_from_slice(&[address.ton.0, address.npi.0]);
        self.string(field, address.digits, max)
    }

    /// Appends sm_length and short_message.
    ///
    /// # Errors
    /// When the message is longer than sm_length can say, 254 octets.
    #[inline]
    pub fn short_message(&mut self, message: &[u8]) -> Result<(), EncodeError> {
        const MAX: usize = 254;
        match u8::try_from(message.len()) {
            Ok(length) if message.len() <= MAX => {
                self.octet(length);
                self.octets(message);
                Ok(())
            }
            _ => Err(EncodeError { field: "short_message", problem: Problem::TooLong { max: MAX } }),
        }
    }

    /// Appends the optional parameters.
    #[inline]
    pub fn tlvs(&mut self, tlvs: &Tlvs<'_>) {
        self.octets(tlvs.as_bytes());
    }
}
