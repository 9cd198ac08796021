//! Consent: what recipients allow. A handset's message that asks to stop is recognised ([`recognise`]), and becomes a
//! [`Change`] of what holds of its number; the [`Register`] answers, for each message, whether it may be sent.

mod answers;
mod calendars;
mod change;
pub(crate) mod fold;
mod keywords;
mod presets;
mod pseudonym;
mod quiet;
mod register;
mod requests;
mod suggestion;
mod words;
mod zones;

pub use answers::languages;
pub use calendars::{Calendar, CalendarSet};
pub use change::{Change, Kept, Kind, Scope, Source, folded};
pub use keywords::{Intent, Request, asks, recognise};
pub use presets::{Enforced, Preset};
pub use pseudonym::PseudonymKey;
pub use quiet::{QuietDate, QuietHours, SPREAD, spread};
pub(crate) use register::is_barred;
pub use register::{Register, SCOPES_MAX};
pub use requests::{Answer, Answers, Asking, Reach, Requests, Response, respond};
pub use suggestion::may_ask_to_stop;
pub use zones::zones;
