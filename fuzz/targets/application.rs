//! What must hold for any octets of an application that speaks UCP or CIMD2: no panic, and messages that are handed in have a
//! recipient, a content, and times that can be.

use postrider_core::message::Body;
use postrider_core::submission::VALIDITY_MAX;
use postrider_downstream::stamped::Protocol;
use postrider_downstream::stamped::fuzzing::submissions;

/// Octets as a door reads them, in pieces; the first octet says which protocol, whether somebody is logged in, and how long the
/// pieces are.
pub(crate) fn stream(data: &[u8]) {
    let Some((first, octets)) = data.split_first() else { return };
    let protocol = if first & 1 == 0 { Protocol::Ucp } else { Protocol::Cimd2 };
    let is_logged_in = first & 2 != 0;
    let handed_in = submissions(protocol, is_logged_in, octets.chunks(usize::from(first >> 2) + 1));
    assert!(is_logged_in || handed_in.is_empty(), "nobody is logged in");
    for submission in handed_in {
        assert!(submission.valid_for.is_none_or(|span| !span.is_zero() && span <= VALIDITY_MAX));
        let size = match submission.body.expect("a content") {
            Body::Text(text) => text.len(),
            Body::Data { header, data, .. } => header.len() + data.len(),
            // No client can send another content.
            _ => usize::MAX,
        };
        // A character of a few octets has three or four in UTF-8.
        assert!(size <= octets.len() * 4 + 4, "{size} octets of {}", octets.len());
    }
}
