//! The harness of stories: the real program on free ports, a simulated carrier, clients of each kind, and a receiver of
//! webhooks. Everything started here ends with its story.

mod books;
mod browser;
mod carrier;
mod certificates;
mod client;
mod events;
mod gateway;
mod http;
mod older;
mod patience;
mod ports;
mod process;
mod small_disk;
mod webhook;

pub(crate) use books::{Books, Entry};
pub(crate) use browser::Browser;
pub(crate) use carrier::{carrier, carrier_with};
pub(crate) use certificates::{Authority, Certified};
pub(crate) use client::{Asked, Client, Packet, Receipt, frame, text_to};
pub(crate) use events::{Event, Events};
pub(crate) use gateway::{ADMIN_KEY, Gateway, Plan, key_of, password_of};
pub(crate) use http::{Answer, Http};
pub(crate) use older::{Older, OlderClient, digits};
pub(crate) use patience::{PATIENCE, eventually, until, within};
pub(crate) use ports::free_port;
pub(crate) use process::Process;
pub(crate) use small_disk::SmallDisk;
pub(crate) use webhook::{Told, Webhook};
