//! Messages from handsets over HTTP: lists and look-up.

mod list;
mod one;
mod view;

pub(super) use list::*;
pub(super) use one::*;
pub(crate) use view::ReceivedView;
