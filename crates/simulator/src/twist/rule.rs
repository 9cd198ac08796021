//! Rules: changes to PDUs.

use postrider_wire::smpp::{Command, Header, Status};

/// How somebody treats the octets that he sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Octets {
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// How requests are numbered.
    pub sequence: Sequence,
    /// Whether every octet is written by itself.
    pub one_by_one: bool,
}

/// Something that is done to some PDUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// To which.
    pub which: Which,
    /// To what status they must have: `None` for any.
    pub refused: Option<bool>,
    /// How often on one connection; `None` for always.
    pub times: Option<u64>,
    /// On how many connections, from the first on; `None` for all.
    pub connections: Option<u64>,
    /// What.
    pub twist: Twist,
}

/// Kinds of PDUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The beginning of the connection, where there is none yet: only `Before` means something.
    Beginning,
    /// One of the three binds.
    Bind,
    /// The answer to one.
    BindResp,
    /// submit_sm, deliver_sm or data_sm.
    Message,
    /// The answer to one.
    MessageResp,
    /// deliver_sm_resp.
    DeliverResp,
    /// enquire_link_resp.
    EnquireLinkResp,
    /// enquire_link.
    EnquireLink,
    /// unbind.
    Unbind,
    /// unbind_resp.
    UnbindResp,
    /// query_sm_resp.
    QueryResp,
    /// Any request.
    Request,
}

/// A change to a PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twist {
    /// It isn't sent.
    Vanish,
    /// It is sent twice.
    Twice,
    /// It is sent after everything else that is ready.
    Last,
    /// A generic_nack is sent in its place, with its own sequence number or 0.
    Nack {
        /// Whether the number is 0.
        zero: bool,
    },
    /// Its command_id.
    Command(Command),
    /// Its command_status.
    Status(u32),
    /// All that follows its header.
    Body(Vec<u8>),
    /// Octets at its end, inside it.
    Append(Vec<u8>),
    /// So many octets of its end are missing.
    Cut(usize),
    /// Octets before it, outside.
    Before(Vec<u8>),
    /// Octets after it, outside.
    After(Vec<u8>),
    /// A mandatory field, by its place from 0, NUL included.
    Field(usize, Vec<u8>),
    /// Octets in front of what a mandatory field holds.
    Prefix(usize, Vec<u8>),
    /// A NUL after short_message, counted in its length or not.
    NulAfterText {
        /// Whether sm_length counts it.
        counted: bool,
    },
    /// sm_length says this, whatever there is.
    TextLength(u8),
    /// An optional parameter more.
    Parameter(u16, Vec<u8>),
    /// One optional parameter less.
    Without(u16),
    /// An optional parameter under another tag.
    Rename(u16, u16),
    /// An optional parameter's value.
    Value(u16, Vec<u8>),
    /// Octets around the text of an optional parameter, in place of its NUL.
    Around(u16, Vec<u8>, Vec<u8>),
    /// An optional parameter with a zero in front of its value.
    Widen(u16),
    /// All optional parameters once more, with other values.
    Repeat,
    /// Optional parameters in the opposite order.
    Reverse,
}

/// How requests are numbered. Answers always have the number of what they answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sequence {
    /// 1, 2, 3...
    #[default]
    Counted,
    /// All are 0.
    Zero,
    /// Above 0x7FFFFFFF.
    High,
    /// Without any order.
    Random,
    /// From 1 to 5, and again.
    Short,
}

impl Octets {
    /// Adds a rule.
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Adds a twist for all PDUs of a kind.
    pub fn twist(&mut self, which: Which, twist: Twist) {
        self.rules.push(Rule::new(which, twist));
    }
}

impl Rule {
    /// A twist for all PDUs of a kind.
    pub fn new(which: Which, twist: Twist) -> Self {
        Self { which, refused: None, times: None, connections: None, twist }
    }

    /// Only for refusals.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { refused: Some(true), ..self }
    }

    /// Only for answers that refuse nothing.
    #[must_use]
    pub fn granted(self) -> Self {
        Self { refused: Some(false), ..self }
    }

    /// Only so often on one connection.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Only on so many connections.
    #[must_use]
    pub fn connections(self, connections: u64) -> Self {
        Self { connections: Some(connections), ..self }
    }

    /// Whether a PDU is one of those meant.
    pub(super) fn means(&self, header: &Header) -> bool {
        self.which.holds(header.command)
            && self.refused.is_none_or(|refused| refused == (header.status != Status::ROK))
    }
}

impl Which {
    fn holds(self, command: Command) -> bool {
        match self {
            Self::Beginning => false,
            Self::Bind => (1..=2).contains(&command.0) || command == Command::BIND_TRANSCEIVER,
            Self::BindResp => command.is_response() && Self::Bind.holds(Command(command.0 & 0x7FFF_FFFF)),
            Self::Message => {
                matches!(command, Command::SUBMIT_SM | Command::DELIVER_SM | Command::DATA_SM)
            }
            Self::MessageResp => {
                matches!(command, Command::SUBMIT_SM_RESP | Command::DELIVER_SM_RESP | Command::DATA_SM_RESP)
            }
            Self::DeliverResp => command == Command::DELIVER_SM_RESP,
            Self::EnquireLinkResp => command == Command::ENQUIRE_LINK_RESP,
            Self::EnquireLink => command == Command::ENQUIRE_LINK,
            Self::Unbind => command == Command::UNBIND,
            Self::UnbindResp => command == Command::UNBIND_RESP,
            Self::QueryResp => command == Command::QUERY_SM_RESP,
            Self::Request => !command.is_response(),
        }
    }
}
