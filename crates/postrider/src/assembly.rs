//! How the parts of the gateway are put together: the store under the engine, doors and upstreams around it, and
//! the order in which they start and stop. What any of them does is not here.

mod certificates;
mod doctor;
mod doors;
mod gateway;
mod peers;
mod store;
mod translate;
mod upstreams;

pub(crate) use gateway::Gateway;
