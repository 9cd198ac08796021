//! The other side: carriers and handsets.
