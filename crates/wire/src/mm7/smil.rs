//! The presentation of a message (SMIL): a slide for each medium, with the text on the first.

use std::fmt::Write;

/// How a medium is shown.
fn element(content_type: &str) -> Option<(&'static str, &'static str)> {
    match content_type.split('/').next()? {
        "image" => Some(("img", " region=\"Image\"")),
        "video" => Some(("video", " region=\"Image\"")),
        "audio" => Some(("audio", "")),
        _ => None,
    }
}

/// The presentation of media, each by its type and the name of its part, with a text if there is one.
pub(super) fn presentation<'m>(
    media: impl Iterator<Item = (&'m str, &'m str)>,
    text: Option<&str>,
) -> String {
    let mut slides = String::new();
    let mut text = text.map(|name| format!("<text src=\"{name}\" region=\"Text\"/>"));
    for (content_type, name) in media {
        let Some((element, region)) = element(content_type) else { continue };
        let with_text = text.take().unwrap_or_default();
        // A string takes whatever is written.
        let _ = write!(slides, "<par dur=\"5000ms\"><{element} src=\"{name}\"{region}/>{with_text}</par>");
    }
    if let Some(text) = text {
        let _ = write!(slides, "<par dur=\"5000ms\">{text}</par>");
    }
    format!(
        "<smil><head><layout><root-layout width=\"100%\" height=\"100%\"/>\
         <region id=\"Image\" left=\"0\" top=\"0\" width=\"100%\" height=\"70%\" fit=\"meet\"/>\
         <region id=\"Text\" left=\"0\" top=\"70%\" width=\"100%\" height=\"30%\" fit=\"scroll\"/>\
         </layout></head><body>{slides}</body></smil>"
    )
}
