//! Types of media, known by their first octets.

/// What a medium is to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaClass {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A sound.
    Audio,
    /// Something else: a business card, a calendar's entry, a document.
    Document,
}

macro_rules! media_types {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $mime:literal, $extension:literal, $class:ident;)+) => {
        /// The type of a medium.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum MediaType {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl MediaType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its number in the store.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Its name (RFC 2046).
            #[must_use]
            pub const fn mime(self) -> &'static str {
                match self { $(Self::$variant => $mime,)+ }
            }

            /// The usual ending of files' names.
            #[must_use]
            pub const fn extension(self) -> &'static str {
                match self { $(Self::$variant => $extension,)+ }
            }

            /// What it is to people.
            #[must_use]
            pub const fn class(self) -> MediaClass {
                match self { $(Self::$variant => MediaClass::$class,)+ }
            }
        }
    };
}

media_types! {
    /// JPEG.
    Jpeg = 1, "image/jpeg", "jpg", Image;
    /// PNG.
    Png = 2, "image/png", "png", Image;
    /// GIF.
    Gif = 3, "image/gif", "gif", Image;
    /// WebP.
    Webp = 4, "image/webp", "webp", Image;
    /// MPEG-4.
    Mp4 = 5, "video/mp4", "mp4", Video;
    /// 3GPP's form of MPEG-4 (3GPP TS 26.244).
    ThreeGpp = 6, "video/3gpp", "3gp", Video;
    /// QuickTime.
    QuickTime = 7, "video/quicktime", "mov", Video;
    /// WebM.
    Webm = 8, "video/webm", "webm", Video;
    /// MP3.
    Mp3 = 9, "audio/mpeg", "mp3", Audio;
    /// Adaptive multi-rate speech (RFC 4867).
    Amr = 10, "audio/amr", "amr", Audio;
    /// AAC in MPEG-4.
    M4a = 11, "audio/mp4", "m4a", Audio;
    /// Ogg.
    Ogg = 12, "audio/ogg", "ogg", Audio;
    /// RIFF waves.
    Wav = 13, "audio/wav", "wav", Audio;
    /// MIDI.
    Midi = 14, "audio/midi", "mid", Audio;
    /// A business card.
    Vcard = 15, "text/vcard", "vcf", Document;
    /// A calendar's entry.
    Calendar = 16, "text/calendar", "ics", Document;
    /// PDF.
    Pdf = 17, "application/pdf", "pdf", Document;
    /// Anything else. Only handsets' media have it.
    Other = 18, "application/octet-stream", "bin", Document;
}

impl MediaType {
    /// The type with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// The type of these octets, by how they begin; `None` if it is none that is carried. Nobody's word is taken for it: what
    /// calls itself a picture may be a page with a script.
    #[must_use]
    pub fn sniff(octets: &[u8]) -> Option<Self> {
        let starts = |with: &[u8]| octets.starts_with(with);
        let at = |place: usize, with: &[u8]| octets.get(place..).is_some_and(|rest| rest.starts_with(with));
        Some(match octets {
            [0xFF, 0xD8, 0xFF, ..] => Self::Jpeg,
            [0xFF, second, ..] if second & 0xE6 == 0xE2 => Self::Mp3,
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Self::Webm,
            _ if starts(b"\x89PNG\r\n\x1a\n") => Self::Png,
            _ if starts(b"GIF87a") || starts(b"GIF89a") => Self::Gif,
            _ if starts(b"RIFF") && at(8, b"WEBP") => Self::Webp,
            _ if starts(b"RIFF") && at(8, b"WAVE") => Self::Wav,
            _ if at(4, b"ftyp") => Self::of_brand(octets.get(8..12)?),
            _ if starts(b"#!AMR") => Self::Amr,
            _ if starts(b"ID3") => Self::Mp3,
            _ if starts(b"OggS") => Self::Ogg,
            _ if starts(b"MThd") => Self::Midi,
            _ if starts(b"%PDF-") => Self::Pdf,
            _ if starts(b"BEGIN:VCARD") => Self::Vcard,
            _ if starts(b"BEGIN:VCALENDAR") => Self::Calendar,
            _ => return None,
        })
    }

    /// The type of a file of the MPEG-4 family, by its brand.
    fn of_brand(brand: &[u8]) -> Self {
        match brand {
            [b'3', b'g', b'p' | b'2' | b'r' | b's', _] => Self::ThreeGpp,
            b"qt  " => Self::QuickTime,
            b"M4A " | b"M4B " => Self::M4a,
            _ => Self::Mp4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_its_first_octets() {
        for (octets, kind) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Some(MediaType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(MediaType::Png)),
            (b"GIF89a....", Some(MediaType::Gif)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(MediaType::Webp)),
            (b"RIFF\0\0\0\0WAVEfmt ", Some(MediaType::Wav)),
            (b"\0\0\0\x18ftypisom....", Some(MediaType::Mp4)),
            (b"\0\0\0\x18ftyp3gp4....", Some(MediaType::ThreeGpp)),
            (b"\0\0\0\x14ftypqt  ....", Some(MediaType::QuickTime)),
            (b"\0\0\0\x18ftypM4A ....", Some(MediaType::M4a)),
            (b"\x1a\x45\xdf\xa3....", Some(MediaType::Webm)),
            (b"\xff\xfb\x90\0", Some(MediaType::Mp3)),
            (b"\xff\xf3\x90\0", Some(MediaType::Mp3)),
            (b"ID3\x04....", Some(MediaType::Mp3)),
            (b"#!AMR\n", Some(MediaType::Amr)),
            (b"OggS....", Some(MediaType::Ogg)),
            (b"MThd....", Some(MediaType::Midi)),
            (b"BEGIN:VCARD\r\n", Some(MediaType::Vcard)),
            (b"BEGIN:VCALENDAR\r\n", Some(MediaType::Calendar)),
            (b"%PDF-1.7", Some(MediaType::Pdf)),
            (b"<!doctype html>", None),
            (b"<svg xmlns=", None),
            (b"\0\0\0\x18ftyp", None),
            (b"MZ\x90\0", None),
            (b"", None),
        ] {
            assert_eq!(MediaType::sniff(octets), kind, "{octets:?}");
        }
    }

    #[test]
    fn a_type_is_kept_by_its_number() {
        for kind in MediaType::ALL {
            assert_eq!(MediaType::from_code(kind.code()), Some(*kind));
        }
        assert_eq!(MediaType::from_code(0), None);
    }
}
