//! Assembly of the gateway: the store under the engine, listeners and upstreams around it, and the order in which they
//! start and stop.

mod brokers;
mod callbacks;
mod certificates;
mod console;
mod doctor;
mod doors;
mod gateway;
mod peers;
mod store;
mod upstreams;
mod ussd;

pub(crate) use gateway::Gateway;
