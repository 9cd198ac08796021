//! The columns of tables of sessions and links, as both engines have them.

use postrider_core::contract::EndedSessions;
use postrider_core::user::UserId;

/// The columns of table `user_session`, in the order of a session.
pub(crate) const SESSION: &str = "id, token, user_id, created, seen, proved, address, agent";
/// The columns of table `user_link`, in the order of a link.
pub(crate) const LINK: &str = "token, user_id, expires";

/// The user of a link as a column keeps it: 0 is the first owner, who has no number yet.
pub(crate) fn first_owner(user: Option<UserId>) -> i64 {
    user.map_or(0, |user| user.0.into())
}

/// Sessions that are to end: the column that names them, its value, and the session that is spared. No session has number 0.
pub(crate) fn ended(which: EndedSessions) -> (&'static str, i64, i64) {
    match which {
        EndedSessions::One(id) => ("id", id.0.cast_signed(), 0),
        EndedSessions::OfUser(user) => ("user_id", user.0.into(), 0),
        EndedSessions::OthersOfUser(user, spared) => ("user_id", user.0.into(), spared.0.cast_signed()),
    }
}
