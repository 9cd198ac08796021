//! Charts, drawn on the server as SVG. They have no numbers: these stand beside them as text.

use crate::frame::escaped;
use std::fmt::Write;

/// The width of a chart's grid; it is stretched to the width of the page.
const WIDTH: usize = 600;
/// The height of a chart's grid.
const HEIGHT: usize = 140;
/// The width and height of a sparkline.
const SPARK: (usize, usize) = (96, 24);

/// A line of a chart.
pub(crate) struct Line<'a> {
    /// Its class, which has its colour.
    pub(crate) class: &'a str,
    pub(crate) values: &'a [u64],
}

/// Lines over one another, on a common scale from 0 to `top`.
pub(crate) fn lines(lines: &[Line<'_>], top: f64) -> String {
    let mut svg = begun();
    for line in lines {
        let points = points(line.values, top, (WIDTH, HEIGHT));
        let _ = write!(svg, "<polyline class=\"{}\" points=\"{points}\"/>", line.class);
    }
    svg.push_str("</svg>");
    svg
}

/// A bar of a chart: what went well, with the rest on top of it.
pub(crate) struct Bar {
    /// What the pointer shows.
    pub(crate) title: String,
    pub(crate) well: u64,
    pub(crate) rest: u64,
}

/// Bars beside one another, on a scale from 0 to `top`.
#[expect(clippy::cast_precision_loss, reason = "places on a screen are not that exact")]
pub(crate) fn bars(bars: &[Bar], top: f64) -> String {
    let mut svg = begun();
    let step = WIDTH as f64 / bars.len().max(1) as f64;
    let width = (step * 0.72).min(26.0);
    let high = |value: u64| HEIGHT as f64 * value as f64 / top.max(f64::MIN_POSITIVE);
    for (place, bar) in bars.iter().enumerate() {
        let x = step * place as f64 + (step - width) / 2.0;
        let (well, rest) = (high(bar.well), high(bar.rest));
        let (well_y, rest_y) = (HEIGHT as f64 - well, HEIGHT as f64 - well - rest);
        let _ = write!(
            svg,
            "<g><title>{}</title><rect class=\"area\" x=\"{:.1}\" y=\"0\" width=\"{step:.1}\" height=\"{HEIGHT}\"/>\
             <rect class=\"two\" x=\"{x:.1}\" y=\"{well_y:.1}\" width=\"{width:.1}\" height=\"{well:.1}\"/>\
             <rect class=\"three\" x=\"{x:.1}\" y=\"{rest_y:.1}\" width=\"{width:.1}\" height=\"{rest:.1}\"/></g>",
            escaped(&bar.title),
            step * place as f64
        );
    }
    svg.push_str("</svg>");
    svg
}

/// A line with gaps where there is nothing to tell.
pub(crate) struct Gapped<'a> {
    /// Its class, which has its colour.
    pub(crate) class: &'a str,
    pub(crate) values: Vec<Option<f64>>,
}

/// Lines with gaps over one another, on a common scale from 0 to `top`.
#[expect(clippy::cast_precision_loss, reason = "places on a screen are not that exact")]
pub(crate) fn gapped(lines: &[Gapped<'_>], top: f64) -> String {
    let mut svg = begun();
    for line in lines {
        // Each value stands in the middle of its time, as bars do.
        let step = WIDTH as f64 / line.values.len().max(1) as f64;
        let at = |place: usize, value: f64| {
            let y = HEIGHT as f64 * (1.0 - value / top.max(f64::MIN_POSITIVE));
            format!("{:.1},{y:.1}", step * (place as f64 + 0.5))
        };
        let mut pieces: Vec<Vec<String>> = vec![Vec::new()];
        for (place, value) in line.values.iter().enumerate() {
            match (value, pieces.last_mut()) {
                (Some(value), Some(piece)) => piece.push(at(place, *value)),
                _ => pieces.push(Vec::new()),
            }
        }
        for mut piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            // A point alone is a line to itself, which round ends make a dot.
            let is_alone = piece.len() == 1;
            if is_alone {
                piece.push(piece[0].clone());
            }
            let alone = if is_alone { " alone" } else { "" };
            let _ = write!(svg, "<polyline class=\"{}{alone}\" points=\"{}\"/>", line.class, piece.join(" "));
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A part of a whole as a small bar, for a cell of a table.
#[expect(clippy::cast_precision_loss, reason = "places on a screen are not that exact")]
pub(crate) fn share(part: u64, of: u64) -> String {
    let width = 100.0 * part as f64 / of.max(1) as f64;
    format!(
        "<svg class=\"share\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{width:.1}\" height=\"8\"/></svg>"
    )
}

/// The beginning of a chart, with the lines of its grid.
fn begun() -> String {
    let mut svg = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    for quarter in 0..=4 {
        let y = HEIGHT * quarter / 4;
        let _ = write!(svg, "<line class=\"grid\" x1=\"0\" y1=\"{y}\" x2=\"{WIDTH}\" y2=\"{y}\"/>");
    }
    svg
}

/// A small line without a scale, beside a number.
#[expect(clippy::cast_precision_loss, reason = "places on a screen are not that exact")]
pub(crate) fn spark(values: &[u64]) -> String {
    let (width, height) = SPARK;
    let top = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    format!(
        "<svg class=\"spark\" viewBox=\"0 -1 {width} {}\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><polyline class=\"one\" points=\"{}\"/></svg>",
        height + 2,
        points(values, top, SPARK)
    )
}

/// The top of a scale that has this: 1, 2 or 5 times a power of ten.
pub(crate) fn top(most: f64) -> f64 {
    let power = 10f64.powf(most.max(0.1).log10().floor());
    let tops = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    tops.into_iter().find(|top| *top >= most).unwrap_or(most)
}

#[expect(clippy::cast_precision_loss, reason = "places on a screen are not that exact")]
fn points(values: &[u64], top: f64, (width, height): (usize, usize)) -> String {
    let step = width as f64 / values.len().saturating_sub(1).max(1) as f64;
    let mut points = String::with_capacity(values.len() * 12);
    for (place, value) in values.iter().enumerate() {
        let y = height as f64 * (1.0 - *value as f64 / top.max(f64::MIN_POSITIVE));
        let _ = write!(points, "{:.1},{y:.1} ", step * place as f64);
    }
    points.truncate(points.trim_end().len());
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_edge_to_edge() {
        assert_eq!(points(&[0, 5, 10], 10.0, (100, 20)), "0.0,20.0 50.0,10.0 100.0,0.0");
        assert_eq!(points(&[], 1.0, (100, 20)), "");
        assert_eq!(points(&[0], 0.0, (100, 20)), "0.0,20.0");
    }

    #[test]
    fn a_scale_ends_at_a_round_number() {
        for (most, end) in
            [(0.0, 0.1), (0.13, 0.2), (1.0, 1.0), (3.6, 5.0), (7.0, 10.0), (101.0, 200.0), (4_321.0, 5_000.0)]
        {
            assert!((top(most) - end).abs() < 1e-9, "{most}: {}", top(most));
        }
    }

    #[test]
    fn a_chart_has_no_style_of_its_own() {
        let bar = Bar { title: "<1>".into(), well: 1, rest: 1 };
        let svg = lines(&[Line { class: "one", values: &[1, 2] }], 2.0) + &spark(&[1]) + &bars(&[bar], 2.0);
        assert!(!svg.contains("style=") && svg.contains("<title>&#60;1&#62;</title>"));
    }

    #[test]
    fn the_rest_of_a_bar_stands_on_what_went_well() {
        let svg = bars(&[Bar { title: String::new(), well: 1, rest: 1 }], 4.0);
        assert!(
            svg.contains("class=\"two\" x=\"287.0\" y=\"105.0\" width=\"26.0\" height=\"35.0\""),
            "{svg}"
        );
        assert!(
            svg.contains("class=\"three\" x=\"287.0\" y=\"70.0\" width=\"26.0\" height=\"35.0\""),
            "{svg}"
        );
    }

    #[test]
    fn a_line_has_gaps_and_dots() {
        let values = vec![Some(1.0), Some(0.0), None, Some(0.5)];
        let svg = gapped(&[Gapped { class: "one", values }], 1.0);
        assert!(svg.contains("points=\"75.0,0.0 225.0,140.0\""), "{svg}");
        assert!(svg.contains("points=\"525.0,70.0 525.0,70.0\""), "{svg}");
        assert_eq!(svg.matches("<polyline").count(), 2);
    }

    #[test]
    fn a_share_is_a_part_of_its_whole() {
        assert!(share(1, 4).contains("width=\"25.0\""));
        assert!(share(0, 0).contains("width=\"0.0\""));
    }
}
