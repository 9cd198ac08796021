//! Whatever is sent to its ports, the gateway answers what can be answered, says what is wrong, counts it, and goes on.

mod http;
mod smpp;
