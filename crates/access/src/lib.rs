//! Who comes in: users with passwords, one-time codes and sessions, guesses that are slowed down, and what is noted of all who
//! come.

mod access;
pub mod audit;
mod clock;
pub mod code;
mod lock_outs;
mod oidc;
mod setup;
mod sign_in;
mod signed_in;
pub mod wrong_logins;

pub use access::{Access, NotAllowed, Settings};
pub use lock_outs::{LockOut, LockOutScope};
pub use oidc::{Begun, Flow, OidcSettings, Returned};
pub use setup::{NewLink, SetupFor};
pub use sign_in::{Credentials, NewSession, is_session_token};
pub use signed_in::{FreshProof, SignedIn};
