//! Operations (sections 4 and 5): what each asks, as fields by position.

use super::fields::{Fields, fields, put};
use super::frame::{self, Header, Kind};
use bytes::BytesMut;
use std::fmt;

/// An operation type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ot(pub u8);

impl Ot {
    /// Call input.
    pub const CALL_INPUT: Self = Self(1);
    /// Multiple address call input.
    pub const MULTIPLE: Self = Self(2);
    /// Call input with supplementary services.
    pub const SUPPLEMENTARY: Self = Self(3);
    /// SMS message transfer.
    pub const TRANSFER: Self = Self(30);
    /// SMT alert.
    pub const ALERT: Self = Self(31);
    /// Submit short message.
    pub const SUBMIT: Self = Self(51);
    /// Deliver short message.
    pub const DELIVER: Self = Self(52);
    /// Deliver notification.
    pub const NOTIFY: Self = Self(53);
    /// Modify message.
    pub const MODIFY: Self = Self(54);
    /// Inquiry message.
    pub const INQUIRE: Self = Self(55);
    /// Delete message.
    pub const DELETE: Self = Self(56);
    /// Response inquiry message.
    pub const INQUIRED: Self = Self(57);
    /// Response delete message.
    pub const DELETED: Self = Self(58);
    /// Session management.
    pub const SESSION: Self = Self(60);
    /// List management.
    pub const LIST: Self = Self(61);

    /// Whether it is one of 51 to 58, which share their fields.
    #[must_use]
    pub const fn is_message(self) -> bool {
        matches!(self.0, 51..=58)
    }

    /// Its name, if it has one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "call input",
            2 => "multiple address call input",
            3 => "call input with supplementary services",
            30 => "SMS message transfer",
            31 => "SMT alert",
            51 => "submit short message",
            52 => "deliver short message",
            53 => "deliver notification",
            54 => "modify message",
            55 => "inquiry message",
            56 => "delete message",
            57 => "response inquiry message",
            58 => "response delete message",
            60 => "session management",
            61 => "list management",
            _ => return None,
        })
    }
}

impl fmt::Display for Ot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:02} {name}", self.0),
            None => write!(f, "{:02}", self.0),
        }
    }
}

fields! {
    /// The 33 fields of operations 51 to 58 (section 5.1).
    Message {
        /// The recipient, at most 16 digits; in a notification the sender of the original.
        adc,
        /// The sender, at most 16 digits, or with `otoa` 5039 hexadecimal digits; in a notification the recipient of the
        /// original.
        oadc,
        /// The authentication code of the sender.
        ac,
        /// 1 asks for a notification.
        nrq,
        /// The address of notifications.
        nadc,
        /// The sum of 1 for delivered, 2 for not delivered, 4 for buffered.
        nt,
        /// The protocol identifier of notifications.
        npid,
        /// 1 asks for a last resort address.
        lrq,
        /// The last resort address.
        lrad,
        /// The protocol identifier of the last resort address.
        lpid,
        /// 1 asks for deferred delivery.
        dd,
        /// The time of deferred delivery, DDMMYYHHmm.
        ddt,
        /// The validity period, absolute, DDMMYYHHmm.
        vp,
        /// The protocol identifier for the handset, 4 digits.
        rpid,
        /// The service centre's time stamp, DDMMYYHHmmss.
        scts,
        /// 0 delivered, 1 buffered, 2 not delivered.
        dst,
        /// The reason, 3 digits.
        rsn,
        /// The time of delivery, DDMMYYHHmmss.
        dscts,
        /// The message type: 2 numeric, 3 alphanumeric, 4 transparent data.
        mt,
        /// The number of bits in `msg`, if `mt` is 4.
        nb,
        /// The message: digits, or hexadecimal digits.
        msg,
        /// 1 if more messages follow.
        mms,
        /// The priority.
        pr,
        /// Deprecated data coding: 0 default alphabet, 1 octets.
        dcs,
        /// The message class, 0 to 3.
        mcls,
        /// The reply path.
        rpi,
        /// Reserved.
        cpg,
        /// Reserved.
        rply,
        /// The type of `oadc`: 1139 international, 5039 alphanumeric, empty for digits.
        otoa,
        /// The home network of the sender.
        hplmn,
        /// Extra services, in hexadecimal digits.
        xser,
        /// Reserved.
        res4,
        /// Reserved.
        res5,
    }
}

fields! {
    /// The fields of operation 31 (section 4.6).
    Alert {
        /// The address to be alerted.
        adc,
        /// The protocol identifier, 4 digits.
        pid,
    }
}

fields! {
    /// The fields of operation 60 (section 6.1).
    Login {
        /// The login number.
        oadc,
        /// The type of number: 1 international, 2 national, 6 abbreviated.
        oton,
        /// The numbering plan: 1 E.164, 3 X.121, 5 private.
        onpi,
        /// 1 opens a session, 3 changes the password, 4 opens a provisioning session, 6 changes its password.
        styp,
        /// The password, as hexadecimal digits of its characters.
        pwd,
        /// The new password, in the same form.
        npwd,
        /// The version, 0100.
        vers,
        /// The address for operations on lists.
        ladc,
        /// Its type of number.
        lton,
        /// Its numbering plan.
        lnpi,
        /// The originator's protocol identifier: 00 mobile station, 39 computer.
        opid,
        /// Reserved.
        res1,
    }
}

fields! {
    /// The fields of operation 61 (section 6.2).
    List {
        /// The login number.
        oadc,
        /// The type of number.
        oton,
        /// The numbering plan.
        onpi,
        /// 1 adds to, 2 removes from, 3 verifies in the list of inbound messages; 4 to 6 the same for outbound ones.
        styp,
        /// The password.
        pwd,
        /// The new password.
        npwd,
        /// The version, 0100.
        vers,
        /// The address in the list.
        ladc,
        /// Its type of number.
        lton,
        /// Its numbering plan.
        lnpi,
        /// Reserved.
        res1,
        /// Reserved.
        res2,
    }
}

fields! {
    /// The fields of operation 30 (section 4.5).
    Transfer {
        /// The recipient.
        adc,
        /// The sender, digits.
        oadc,
        /// The authentication code of the sender.
        ac,
        /// 1 asks for a notification.
        nrq,
        /// The address of notifications.
        nadc,
        /// The protocol identifier of notifications.
        npid,
        /// 1 asks for deferred delivery.
        dd,
        /// The time of deferred delivery, DDMMYYHHmm.
        ddt,
        /// The validity period, absolute, DDMMYYHHmm.
        vp,
        /// The text, in hexadecimal digits.
        amsg,
    }
}

/// The message of operations 01 to 03: `nb` is there if `mt` is 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Content<'a> {
    /// The message type: 2 numeric, 3 alphanumeric, 4 transparent data.
    pub mt: &'a [u8],
    /// The number of bits in `msg`, if `mt` is 4.
    pub nb: &'a [u8],
    /// The message: digits, or hexadecimal digits.
    pub msg: &'a [u8],
}

/// The fields of operation 01 (section 4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallInput<'a> {
    /// The recipient.
    pub adc: &'a [u8],
    /// The sender.
    pub oadc: &'a [u8],
    /// The authentication code of the sender.
    pub ac: &'a [u8],
    /// The message.
    pub content: Content<'a>,
}

/// The fields of operation 02 (section 4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multiple<'a> {
    /// The recipients, at most 99.
    pub recipients: Vec<&'a [u8]>,
    /// The sender.
    pub oadc: &'a [u8],
    /// The authentication code of the sender.
    pub ac: &'a [u8],
    /// The message.
    pub content: Content<'a>,
}

fields! {
    /// The services of operation 03, between the group addresses and the message (section 4.4).
    Services {
        /// Repetition.
        rp,
        /// The legitimisation code of repetition.
        lrp,
        /// Priority.
        pr,
        /// The legitimisation code of priority.
        lpr,
        /// Urgent message.
        um,
        /// The legitimisation code of urgent messages.
        lum,
        /// Reverse charging.
        rc,
        /// The legitimisation code of reverse charging.
        lrc,
        /// 1 asks for deferred delivery.
        dd,
        /// The time of deferred delivery.
        ddt,
    }
}

/// The fields of operation 03 (section 4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supplementary<'a> {
    /// The recipient.
    pub adc: &'a [u8],
    /// The sender.
    pub oadc: &'a [u8],
    /// The authentication code of the sender.
    pub ac: &'a [u8],
    /// Group addresses, at most 99.
    pub groups: Vec<&'a [u8]>,
    /// The services.
    pub services: Services<'a>,
    /// The message.
    pub content: Content<'a>,
}

/// An operation with its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// 01.
    CallInput(CallInput<'a>),
    /// 02.
    Multiple(Multiple<'a>),
    /// 03.
    Supplementary(Box<Supplementary<'a>>),
    /// 30.
    Transfer(Transfer<'a>),
    /// 31.
    Alert(Alert<'a>),
    /// 51 to 58.
    Message(Ot, Box<Message<'a>>),
    /// 60.
    Login(Login<'a>),
    /// 61.
    List(List<'a>),
}

/// Why an operation can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// There is no such operation.
    Unknown,
    /// It has fewer fields than its type says, or a count of fields that is none.
    Fields,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "there is no operation of this type",
            Self::Fields => "the operation has fewer fields than its type needs",
        })
    }
}

impl<'a> Operation<'a> {
    /// Reads the data fields of an operation of this type.
    ///
    /// # Errors
    /// When the type is not known, or fields are missing.
    pub fn read(ot: Ot, data: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::new(data);
        let fields = &mut fields;
        let read = match ot {
            Ot::CALL_INPUT => CallInput::read(fields).map(Self::CallInput),
            Ot::MULTIPLE => Multiple::read(fields).map(Self::Multiple),
            Ot::SUPPLEMENTARY => Supplementary::read(fields).map(|it| Self::Supplementary(Box::new(it))),
            Ot::TRANSFER => Transfer::read(fields).map(Self::Transfer),
            Ot::ALERT => Alert::read(fields).map(Self::Alert),
            ot if ot.is_message() => Message::read(fields).map(|it| Self::Message(ot, Box::new(it))),
            Ot::SESSION => Login::read(fields).map(Self::Login),
            Ot::LIST => List::read(fields).map(Self::List),
            _ => return Err(Malformed::Unknown),
        };
        read.ok_or(Malformed::Fields)
    }

    /// Its type.
    #[must_use]
    pub const fn ot(&self) -> Ot {
        match self {
            Self::CallInput(_) => Ot::CALL_INPUT,
            Self::Multiple(_) => Ot::MULTIPLE,
            Self::Supplementary(_) => Ot::SUPPLEMENTARY,
            Self::Transfer(_) => Ot::TRANSFER,
            Self::Alert(_) => Ot::ALERT,
            Self::Message(ot, _) => *ot,
            Self::Login(_) => Ot::SESSION,
            Self::List(_) => Ot::LIST,
        }
    }

    /// Appends it as a frame.
    pub fn write(&self, trn: u8, out: &mut BytesMut) {
        let header = Header { trn, kind: Kind::Operation, ot: self.ot().0 };
        frame::write(header, out, |out| match self {
            Self::CallInput(fields) => fields.write(out),
            Self::Multiple(fields) => fields.write(out),
            Self::Supplementary(fields) => fields.write(out),
            Self::Transfer(fields) => fields.write(out),
            Self::Alert(fields) => fields.write(out),
            Self::Message(_, fields) => fields.write(out),
            Self::Login(fields) => fields.write(out),
            Self::List(fields) => fields.write(out),
        });
    }
}

impl<'a> Content<'a> {
    fn read(fields: &mut Fields<'a>) -> Option<Self> {
        let mt = fields.next()?;
        let nb = if mt == b"4" { fields.next()? } else { &[] };
        Some(Self { mt, nb, msg: fields.next()? })
    }

    fn write(&self, out: &mut BytesMut) {
        put(self.mt, out);
        if self.mt == b"4" {
            put(self.nb, out);
        }
        put(self.msg, out);
    }
}

impl<'a> CallInput<'a> {
    fn read(fields: &mut Fields<'a>) -> Option<Self> {
        let (adc, oadc, ac) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Self { adc, oadc, ac, content: Content::read(fields)? })
    }

    fn write(&self, out: &mut BytesMut) {
        [self.adc, self.oadc, self.ac].into_iter().for_each(|field| put(field, out));
        self.content.write(out);
    }
}

impl<'a> Multiple<'a> {
    fn read(fields: &mut Fields<'a>) -> Option<Self> {
        let recipients = read_list(fields)?;
        let (oadc, ac) = (fields.next()?, fields.next()?);
        Some(Self { recipients, oadc, ac, content: Content::read(fields)? })
    }

    fn write(&self, out: &mut BytesMut) {
        write_list(&self.recipients, out);
        [self.oadc, self.ac].into_iter().for_each(|field| put(field, out));
        self.content.write(out);
    }
}

impl<'a> Supplementary<'a> {
    fn read(fields: &mut Fields<'a>) -> Option<Self> {
        let (adc, oadc, ac) = (fields.next()?, fields.next()?, fields.next()?);
        let groups = read_list(fields)?;
        let services = Services::read(fields)?;
        Some(Self { adc, oadc, ac, groups, services, content: Content::read(fields)? })
    }

    fn write(&self, out: &mut BytesMut) {
        [self.adc, self.oadc, self.ac].into_iter().for_each(|field| put(field, out));
        write_list(&self.groups, out);
        self.services.write(out);
        self.content.write(out);
    }
}

/// The most addresses of a list: two digits say how many.
const LIST_MAX: usize = 99;

/// A list: how many, and each. An empty count is none.
fn read_list<'a>(fields: &mut Fields<'a>) -> Option<Vec<&'a [u8]>> {
    let count = match fields.next()? {
        [] => 0,
        digits => std::str::from_utf8(digits).ok()?.parse().ok().filter(|count| *count <= LIST_MAX)?,
    };
    (0..count).map(|_| fields.next()).collect()
}

fn write_list(list: &[&[u8]], out: &mut BytesMut) {
    let list = list.get(..LIST_MAX).unwrap_or(list);
    put(list.len().to_string().as_bytes(), out);
    list.iter().for_each(|field| put(field, out));
}
