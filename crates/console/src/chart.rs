//! Charts, drawn on the server as SVG. They have no numbers: these stand beside them as text.

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
    let mut svg = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    for quarter in 0..=4 {
        let y = HEIGHT * quarter / 4;
        let _ = write!(svg, "<line class=\"grid\" x1=\"0\" y1=\"{y}\" x2=\"{WIDTH}\" y2=\"{y}\"/>");
    }
    for line in lines {
        let points = points(line.values, top, (WIDTH, HEIGHT));
        let _ = write!(svg, "<polyline class=\"{}\" points=\"{points}\"/>", line.class);
    }
    svg.push_str("</svg>");
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
        let svg = lines(&[Line { class: "one", values: &[1, 2] }], 2.0) + &spark(&[1]);
        assert!(!svg.contains("style="));
    }
}
