//! What must hold for any octets read as MM7: no panic, nothing larger than what came, and whatever is read and written again reads back
//! the same.

use postrider_wire::mm7::{Content, Read, read, write};

/// A type up to the first line end, and a body.
pub(crate) fn body(data: &[u8]) {
    let place = data.iter().position(|octet| *octet == b'\n').unwrap_or(data.len());
    let (content_type, body) = data.split_at(place);
    let content_type = String::from_utf8_lossy(content_type);
    let Ok(found) = read(&content_type, body.get(1..).unwrap_or_default()) else { return };
    let octets: usize = found.contents.iter().map(|content| content.octets.len()).sum();
    assert!(octets <= data.len());
    again(&found);
}

/// What was read is written, and read as the same.
fn again(found: &Read) {
    let written = write(&found.envelope, None, &[]);
    let back = read(&written.content_type, &written.body).expect("what is written can be read").envelope;
    let rewritten = write(&back, None, &[]);
    assert_eq!(rewritten.body, written.body);
    let media = [Content {
        content_type: "image/png".to_owned(),
        name: "1.png".to_owned(),
        octets: found.contents.first().map_or_else(Vec::new, |content| content.octets.clone()),
    }];
    let written = write(&found.envelope, Some("content"), &media);
    let back = read(&written.content_type, &written.body).expect("what is written can be read");
    assert_eq!(back.contents.last(), media.first());
}
