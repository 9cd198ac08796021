//! Clients that submit over HTTP.
