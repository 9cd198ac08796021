//! The zoo: every known bad manner of carriers and clients, reproduced by the simulator one at a time, and the outcome of
//! messages meanwhile. A manner without a row in a table fails its story; so does a wrong row, even if the outcome got better.

mod carriers;
mod cases;
mod clients;
mod turns;
