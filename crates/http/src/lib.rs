//! Speaks HTTP/1.1 as a client: to the endpoints of webhooks, and for commands to a gateway. Redirects are not followed, and
//! no proxy is used.

pub mod answer;
mod clock;
mod connection;
mod connector;
mod error;
mod pool;
mod request;
mod target;
mod trust;

pub use connection::{Answer, Connection, Stream};
pub use connector::{Admitted, Connector, Dial, Opening, Tcp};
pub use error::Error;
pub use pool::Pool;
pub use request::Request;
pub use target::{NotHttp, Origin, Target};
pub use trust::{system_authorities, trusting};
