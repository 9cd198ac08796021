//! What must hold for an answer that an HTTP server sends: no panic, pieces within what was sent, and nothing read twice.

use bytes::BytesMut;
use postrider_http::answer::{HEAD_MAX, Head, Piece};

/// Reads answers out of `octets`, which come in two pieces, cut where the first octet says.
pub(crate) fn octets(octets: &[u8]) {
    let Some((cut, octets)) = octets.split_first() else { return };
    let (first, second) = octets.split_at(usize::from(*cut).min(octets.len()));
    let (mut input, mut read) = (BytesMut::from(first), 0);
    let mut later = Some(second);
    let mut more = |input: &mut BytesMut| later.take().map(|piece| input.extend_from_slice(piece)).is_some();
    loop {
        let before = input.len();
        let head = match Head::take(&mut input) {
            Ok(Some(head)) => head,
            Ok(None) if more(&mut input) => continue,
            Ok(None) => {
                assert!(input.len() < HEAD_MAX);
                return;
            }
            Err(_) => return,
        };
        assert!((200..1_000).contains(&head.status) && input.len() < before);
        let _ = head.field("retry-after");
        let mut body = head.body.clone();
        loop {
            match body.take(&mut input) {
                Ok(Piece::Data(data)) => {
                    assert!(!data.is_empty());
                    read += data.len();
                    assert!(read <= octets.len());
                }
                Ok(Piece::Wanting) if more(&mut input) => {}
                Ok(Piece::Wanting) | Err(_) => return,
                Ok(Piece::End) => break,
            }
        }
    }
}
