//! The assets are small, and every pair of colours can be read.

use super::{ASSETS, address, answer};
use std::collections::HashMap;

const STYLE: &str = include_str!("../../assets/console.css");

#[test]
fn an_asset_is_kept_for_good_under_its_own_address_alone() {
    let path = address("console.css");
    let version = path.split('/').nth(3).unwrap();
    assert_eq!(
        answer(version, "console.css").headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(answer("old", "console.css").headers()["cache-control"], "no-store");
    assert_eq!(answer(version, "../lib.rs").status(), 404);
}

#[test]
fn the_assets_of_a_first_view_are_small() {
    let octets: usize = ASSETS.iter().map(|asset| asset.octets.len()).sum();
    assert!(octets < 100_000, "{octets} octets");
}

/// A colour of the table of tokens: its lightness, chroma and hue (OKLCH).
type Colour = [f64; 3];

/// The tokens: `--name: light-dark(oklch(L C H), oklch(L C H));`.
fn tokens() -> HashMap<&'static str, [Colour; 2]> {
    let colour = |text: &str| -> Colour {
        let numbers = text.trim_start_matches("oklch(").trim_end_matches(')');
        let numbers: Vec<f64> = numbers.split_whitespace().map(|number| number.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    };
    let line = |line: &'static str| {
        let (name, pair) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
        let (light, dark) = pair.strip_suffix(");")?.split_once(", ")?;
        Some((name, [colour(light), colour(dark)]))
    };
    STYLE.lines().filter_map(line).collect()
}

/// The relative luminance of a colour (WCAG 2.2), by way of OKLab and linear sRGB.
fn luminance([lightness, chroma, hue]: Colour) -> f64 {
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let red = 4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s;
    let green = -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s;
    let blue = -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s;
    0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
}

fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_pair_of_colours_can_be_read() {
    let tokens = tokens();
    // Text and what it stands on (4.5:1); borders of fields, marks and focus rings (3:1).
    let text = [
        ("text", "ground"),
        ("text", "panel"),
        ("text", "raised"),
        ("muted", "ground"),
        ("muted", "panel"),
        ("muted", "raised"),
        ("link", "ground"),
        ("link", "panel"),
        ("link", "raised"),
        ("on-accent", "accent"),
        ("on-danger", "danger"),
        ("quiet-text", "quiet-soft"),
        ("active-text", "active-soft"),
        ("good-text", "good-soft"),
        ("doubt-text", "doubt-soft"),
        ("bad-text", "bad-soft"),
        ("bad-text", "panel"),
        ("doubt-text", "panel"),
        ("good-text", "panel"),
        ("active-text", "panel"),
    ];
    let marks = [
        ("border", "panel"),
        ("border", "ground"),
        ("focus", "panel"),
        ("focus", "ground"),
        ("one", "panel"),
        ("two", "panel"),
        ("three", "panel"),
    ];
    let wanted = text.map(|pair| (pair, 4.5)).into_iter().chain(marks.map(|pair| (pair, 3.0)));
    for ((front, back), least) in wanted {
        for theme in [0, 1] {
            let found = contrast(tokens[front][theme], tokens[back][theme]);
            assert!(found >= least, "{front} on {back} in theme {theme}: {found:.2}");
        }
    }
}

#[test]
fn contrast_is_measured_right() {
    assert!((contrast([1.0, 0.0, 0.0], [0.0, 0.0, 0.0]) - 21.0).abs() < 0.01);
    assert!((contrast([0.5, 0.0, 0.0], [0.5, 0.0, 0.0]) - 1.0).abs() < 0.01);
}
