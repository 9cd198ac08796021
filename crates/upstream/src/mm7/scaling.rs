//! Pictures made smaller, for carriers that take fewer octets. What a picture unpacks to is limited before anything is unpacked.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use postrider_core::media::MediaType;
use std::io::Cursor;

/// The longest side of a picture that is unpacked, in pixels.
const SIDE_MAX: u32 = 12_000;
/// The most memory that unpacking takes, in octets.
const MEMORY_MAX: u64 = 192 * 1024 * 1024;
/// The longest side of a scaled picture, in pixels: more than handsets show.
const SHOWN_MAX: u32 = 1_600;
/// The shortest longer side: what is smaller is a picture of nothing.
const SHOWN_MIN: u32 = 64;
/// The quality of JPEG that is written.
const QUALITY: u8 = 78;
/// The share of the side that is left by each attempt.
const SHRINK: f32 = 0.75;

/// A picture of up to so many octets, as JPEG; as it is if that can't be. It works in a thread for such.
pub(super) async fn scaled(kind: MediaType, octets: Vec<u8>, most: usize) -> (MediaType, Vec<u8>) {
    let scaling = tokio::task::spawn_blocking(move || {
        let smaller = shrunk(kind, &octets, most);
        smaller.map_or((kind, octets), |smaller| (MediaType::Jpeg, smaller))
    });
    // It neither panics nor is aborted; nothing else would be a picture.
    scaling.await.unwrap_or((kind, Vec::new()))
}

fn shrunk(kind: MediaType, octets: &[u8], most: usize) -> Option<Vec<u8>> {
    if octets.len() <= most {
        return None;
    }
    let picture = unpacked(kind, octets)?;
    let longer = picture.width().max(picture.height());
    let mut side = longer.min(SHOWN_MAX);
    while side >= SHOWN_MIN.min(longer) {
        let resized =
            if side == longer { picture.clone() } else { picture.resize(side, side, FilterType::Triangle) };
        let packed = packed(&resized)?;
        if packed.len() <= most {
            return Some(packed);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "sides are of a few thousand pixels"
        )]
        let next = (side as f32 * SHRINK) as u32;
        side = next;
    }
    None
}

/// The picture, upright; `None` if it is damaged, too large, or of another kind.
fn unpacked(kind: MediaType, octets: &[u8]) -> Option<DynamicImage> {
    let format = match kind {
        MediaType::Jpeg => ImageFormat::Jpeg,
        MediaType::Png => ImageFormat::Png,
        MediaType::Gif => ImageFormat::Gif,
        _ => return None,
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(octets), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if decoder.total_bytes() > MEMORY_MAX || pixels * 8 > MEMORY_MAX {
        return None;
    }
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(orientation);
    Some(picture)
}

/// A picture as JPEG, which knows no transparency: what shows through is white.
fn packed(picture: &DynamicImage) -> Option<Vec<u8>> {
    let picture = picture.to_rgba8();
    let over_white = |channel: u8, alpha: u8| {
        let (channel, alpha) = (u16::from(channel), u16::from(alpha));
        u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let mut opaque = RgbImage::new(picture.width(), picture.height());
    for (to, from) in opaque.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0;
        to.0 = [red, green, blue].map(|channel| over_white(channel, alpha));
    }
    let mut octets = Vec::new();
    JpegEncoder::new_with_quality(&mut octets, QUALITY).encode_image(&opaque).ok()?;
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    /// A picture that doesn't pack well.
    fn noise(width: u32, height: u32) -> DynamicImage {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        RgbaImage::from_fn(width, height, |_, _| Rgba([next(), next(), next(), 255])).into()
    }

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut octets = Cursor::new(Vec::new());
        picture.write_to(&mut octets, ImageFormat::Png).unwrap();
        octets.into_inner()
    }

    #[tokio::test]
    async fn a_picture_is_scaled_to_the_limit_and_keeps_its_proportions() {
        let octets = png(&noise(400, 200));
        assert!(octets.len() > 200_000);
        let (kind, smaller) = scaled(MediaType::Png, octets, 20_000).await;
        assert_eq!((kind, MediaType::sniff(&smaller)), (MediaType::Jpeg, Some(MediaType::Jpeg)));
        assert!(smaller.len() <= 20_000 && smaller.len() > 5_000, "{}", smaller.len());
        let picture = unpacked(MediaType::Jpeg, &smaller).unwrap();
        assert!(picture.width().abs_diff(picture.height() * 2) <= 1);
    }

    #[tokio::test]
    async fn what_fits_or_can_not_be_scaled_stays_as_it_is() {
        let octets = png(&noise(8, 8));
        let whole = octets.len();
        assert_eq!(scaled(MediaType::Png, octets.clone(), whole).await, (MediaType::Png, octets.clone()));
        assert_eq!(scaled(MediaType::Png, octets.clone(), 10).await, (MediaType::Png, octets));
        let damaged = b"\x89PNG\r\n\x1a\nnonsense".to_vec();
        assert_eq!(scaled(MediaType::Png, damaged.clone(), 10).await, (MediaType::Png, damaged));
        let webp = b"RIFF\0\0\0\0WEBP".to_vec();
        assert_eq!(scaled(MediaType::Webp, webp.clone(), 1).await, (MediaType::Webp, webp));
    }

    /// A few hundred octets that say they are 65,000 pixels wide and high.
    #[test]
    fn a_picture_that_unpacks_to_gigabytes_is_not_unpacked() {
        let mut octets = png(&noise(2, 2));
        for side in [16, 20] {
            octets[side..side + 4].copy_from_slice(&65_000u32.to_be_bytes());
        }
        assert!(unpacked(MediaType::Png, &octets).is_none());
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        let clear = DynamicImage::from(RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0])));
        let octets = packed(&clear).unwrap();
        let picture = unpacked(MediaType::Jpeg, &octets).unwrap().to_rgb8();
        assert!(picture.pixels().all(|pixel| pixel.0.iter().all(|channel| *channel > 250)));
    }
}
