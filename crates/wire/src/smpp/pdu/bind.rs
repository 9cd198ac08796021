//! bind_transmitter, bind_receiver and bind_transceiver with their responses (SMPP 3.4 section 4.1).
//! The server's adapter decides whether the credentials are right.

use super::max;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Command, Encode, EncodeError, Header, Npi, Tlvs, Ton, Writer};

/// The directions of messages in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindMode {
    /// From the client to the server: bind_transmitter.
    Transmitter,
    /// From the server to the client: bind_receiver.
    Receiver,
    /// Both: bind_transceiver, since SMPP 3.4.
    Transceiver,
}

/// A request to bind (SMPP 3.4 sections 4.1.1, 4.1.3 and 4.1.5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bind<'a> {
    /// Which of the three binds this is.
    pub mode: BindMode,
    /// The system_id, at most 15 octets when written.
    pub system_id: &'a [u8],
    /// The password, at most 8 octets when written.
    pub password: &'a [u8],
    /// The kind of system, at most 12 octets when written; often empty or `SMPP`.
    pub system_type: &'a [u8],
    /// The version spoken: 0x33 or less, 0x34 or 0x50.
    pub interface_version: u8,
    /// Type of number of `address_range`.
    pub addr_ton: Ton,
    /// Numbering plan of `address_range`.
    pub addr_npi: Npi,
    /// Which addresses the client serves, at most 40 octets when written; often empty.
    pub address_range: &'a [u8],
    /// No version defines a parameter here; what is there is kept.
    pub tlvs: Tlvs<'a>,
}

/// The answer to a bind (SMPP 3.4 sections 4.1.2, 4.1.4 and 4.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindResp<'a> {
    /// Which of the three binds this answers.
    pub mode: BindMode,
    /// The server's own system_id, at most 15 octets when written.
    pub system_id: &'a [u8],
    /// sc_interface_version, mostly.
    pub tlvs: Tlvs<'a>,
}

impl BindMode {
    /// The command_id of this bind.
    pub const fn command(self) -> Command {
        match self {
            Self::Transmitter => Command::BIND_TRANSMITTER,
            Self::Receiver => Command::BIND_RECEIVER,
            Self::Transceiver => Command::BIND_TRANSCEIVER,
        }
    }

    /// The mode of a bind or its response, by its command_id.
    pub const fn of(command: Command) -> Option<Self> {
        match command {
            Command::BIND_TRANSMITTER | Command::BIND_TRANSMITTER_RESP => Some(Self::Transmitter),
            Command::BIND_RECEIVER | Command::BIND_RECEIVER_RESP => Some(Self::Receiver),
            Command::BIND_TRANSCEIVER | Command::BIND_TRANSCEIVER_RESP => Some(Self::Transceiver),
            _ => None,
        }
    }
}

impl<'a> Bind<'a> {
    /// A bind with version 3.4, no system_type and no address_range.
    pub const fn new(mode: BindMode, system_id: &'a [u8], password: &'a [u8]) -> Self {
        Self {
            mode,
            system_id,
            password,
            system_type: &[],
            interface_version: 0x34,
            addr_ton: Ton::UNKNOWN,
            addr_npi: Npi::UNKNOWN,
            address_range: &[],
            tlvs: Tlvs::EMPTY,
        }
    }

    pub(super) fn decode(command: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            mode: BindMode::of(command).unwrap_or(BindMode::Transceiver),
            system_id: read.string("system_id")?,
            password: read.string("password")?,
            system_type: read.string("system_type")?,
            interface_version: read.octet("interface_version")?,
            addr_ton: Ton(read.octet("addr_ton")?),
            addr_npi: Npi(read.octet("addr_npi")?),
            // Some leave the last NUL out, and with it the whole empty field.
            address_range: read.string_or_empty(),
            tlvs: read.tlvs(),
        })
    }
}

impl std::fmt::Debug for Bind<'_> {
    /// All fields except the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bind")
            .field("mode", &self.mode)
            .field("system_id", &String::from_utf8_lossy(self.system_id))
            .field("system_type", &String::from_utf8_lossy(self.system_type))
            .field("interface_version", &self.interface_version)
            .field("address_range", &String::from_utf8_lossy(self.address_range))
            .finish_non_exhaustive()
    }
}

impl Encode for Bind<'_> {
    fn command(&self) -> Command {
        self.mode.command()
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("system_id", self.system_id, max::SYSTEM_ID)?;
        out.string("password", self.password, max::PASSWORD)?;
        out.string("system_type", self.system_type, max::SYSTEM_TYPE)?;
        out.octets(&[self.interface_version, self.addr_ton.0, self.addr_npi.0]);
        out.string("address_range", self.address_range, max::ADDRESS_RANGE)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

impl<'a> BindResp<'a> {
    /// An answer without parameters.
    pub const fn new(mode: BindMode, system_id: &'a [u8]) -> Self {
        Self { mode, system_id, tlvs: Tlvs::EMPTY }
    }

    pub(super) fn decode(header: &Header, mut read: Reader<'a>) -> Self {
        Self {
            mode: BindMode::of(header.command).unwrap_or(BindMode::Transceiver),
            system_id: read.string_or_empty(),
            tlvs: read.tlvs_if_exact(),
        }
    }
}

impl Encode for BindResp<'_> {
    fn command(&self) -> Command {
        match self.mode {
            BindMode::Transmitter => Command::BIND_TRANSMITTER_RESP,
            BindMode::Receiver => Command::BIND_RECEIVER_RESP,
            BindMode::Transceiver => Command::BIND_TRANSCEIVER_RESP,
        }
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("system_id", self.system_id, max::SYSTEM_ID)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
