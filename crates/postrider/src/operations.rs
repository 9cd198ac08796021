//! What a process needs around the gateway to be operated: logs, metrics, signals, the data directory, and
//! word to the service manager. What the gateway does is not here.

pub(crate) mod data;
mod disk;
pub(crate) mod live;
pub(crate) mod logs;
mod meanings;
pub(crate) mod metrics;
pub(crate) mod process;
pub(crate) mod service;
pub(crate) mod signals;
