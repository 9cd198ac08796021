//! The zoo: every bad manner of carriers and clients that anybody met, played by the simulator one at a time, and what
//! becomes of messages meanwhile. A manner that isn't in a table fails its story; so does one that a table is wrong
//! about, be it that something got better.

mod carriers;
mod cases;
mod clients;
mod turns;
