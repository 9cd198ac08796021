//! Operation of the process: logs, metrics, signals, the data directory, and notifications to the service manager.

pub(crate) mod data;
mod disk;
pub(crate) mod files;
pub(crate) mod live;
pub(crate) mod logs;
mod meanings;
pub(crate) mod metrics;
pub(crate) mod process;
mod repeated;
pub(crate) mod service;
pub(crate) mod signals;
