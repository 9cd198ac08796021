//! How a client behaves.

use crate::twist::Octets;
use postrider_text::Alphabet;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;
use std::time::Duration;

/// The settings of a client. The default is a well-behaved one that hands in a short text, a long one, and one that
/// needs UCS-2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The user name, at most 15 octets.
    pub system_id: String,
    /// With which password, at most 8 octets; a longer one is written all the same.
    pub password: String,
    /// Which bind.
    pub mode: BindMode,
    /// system_type of the bind.
    pub system_type: String,
    /// interface_version of the bind.
    pub version: u8,
    /// address_range of the bind.
    pub address_range: String,
    /// The sender of the texts: a name.
    pub from: String,
    /// The recipient, in international form.
    pub to: String,
    /// The texts.
    pub texts: Vec<String>,
    /// The alphabet of data_coding 0; `None` for the GSM alphabet.
    pub alphabet: Option<Alphabet>,
    /// How UCS-2 is written.
    pub units: Units,
    /// How they are put into PDUs.
    pub carrying: Carrying,
    /// Whether the parts of a text are sent in the opposite order.
    pub backwards: bool,
    /// registered_delivery of the texts.
    pub registered_delivery: u8,
    /// Requests that may be unanswered.
    pub window: usize,
    /// Whether it hands in texts without waiting for the answer to its bind.
    pub hurried: bool,
    /// Further requests, once its texts are answered.
    pub errands: Vec<Errand>,
    /// How it answers what is delivered: the first of these to the first, and so on; after them it takes everything.
    pub responses: Vec<Response>,
    /// Whether it closes the connection without a word when its texts are answered, and fetches receipts on another.
    pub hangs_up: bool,
    /// Whether it closes the connection at the end without unbinding.
    pub leaves: bool,
    /// Silence of the server after which it is asked whether it is there; `None` for never.
    pub enquire_link: Option<Duration>,
    /// Changes to octets before they are written.
    pub octets: Octets,
    /// How long all of it may take.
    pub patience: Duration,
}

/// How UCS-2 is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Units {
    /// Big-endian, as it should be.
    #[default]
    Big,
    /// Little-endian.
    Little,
    /// Big-endian after a byte order mark.
    Marked,
    /// Big-endian, with half a unit at the end.
    Odd,
}

/// How texts are put into PDUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Carrying {
    /// In parts with a user data header and an 8-bit reference.
    #[default]
    Header,
    /// In parts with a user data header and a 16-bit reference.
    WideHeader,
    /// In parts with a user data header that no bit of esm_class tells of.
    SecretHeader,
    /// In parts with sar_* parameters.
    Sar,
    /// In parts with sar_* parameters that are numbered from 0, and a reference of one octet.
    SarFromZero,
    /// In parts with a user data header and with sar_* parameters.
    HeaderAndSar,
    /// In parts, each with its user data header in message_payload.
    HeaderInPayload,
    /// Whole, in message_payload.
    Payload,
    /// Whole where short_message has room, and the same in message_payload.
    Both,
}

/// Something else that a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// The state of the first text.
    Query,
    /// To take the first text back.
    Cancel,
    /// To replace the first text.
    Replace,
}

/// An answer to what is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// With this status.
    Status(Status),
    /// None.
    Never,
}

impl Settings {
    /// A well-behaved client.
    pub fn new(system_id: &str, password: &str) -> Self {
        Self { system_id: system_id.to_owned(), password: password.to_owned(), ..Self::default() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            system_id: "simulator".to_owned(),
            password: String::new(),
            mode: BindMode::Transceiver,
            system_type: String::new(),
            version: 0x34,
            address_range: String::new(),
            from: "Simulator".to_owned(),
            to: "15005550006".to_owned(),
            texts: [
                "A short text.",
                "A text that is too long for one part. The alphabet of GSM has 160 characters for one, and this sentence \
                 goes on for as long as it takes to need another one, which is about now.",
                "Привет, 世界 🥐",
            ]
            .map(str::to_owned)
            .to_vec(),
            alphabet: None,
            units: Units::default(),
            carrying: Carrying::default(),
            backwards: false,
            registered_delivery: 1,
            window: 10,
            hurried: false,
            errands: Vec::new(),
            responses: Vec::new(),
            hangs_up: false,
            leaves: false,
            enquire_link: Some(Duration::from_secs(30)),
            octets: Octets::default(),
            patience: Duration::from_secs(15),
        }
    }
}
