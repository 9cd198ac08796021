//! Icons: strokes on a grid of 16, drawn in the colour of the text beside them.

/// An icon by its name, as SVG.
pub(crate) fn icon(name: &str) -> String {
    let strokes = match name {
        "live" => "M1.5 8.5h3l2-5 3 9 2-4h3",
        "messages" => "M2 3.5h12v8H6l-3 2.5v-2.5H2z",
        "compose" => "M3 13l.7-3L11 2.7l2.3 2.3L6 12.3z M9.5 4.2l2.3 2.3",
        "templates" => "M3 2.500h10v11H3z M5.500 5.500h5 M5.500 8h5 M5.500 10.500h2.500",
        "inbox" => "M2 9l2-6h8l2 6v4H2z M2 9h3.5l1 2h3l1-2H14",
        "upstreams" => "M8 14V6 M5 8.5L8 5.5l3 3 M3 2.5h10",
        "routes" => "M3 3v4c0 1.7 1.3 3 3 3h7 M10.5 7.5L13 10l-2.5 2.5 M3 13v-2",
        "numbers" => "M6 2.5L4.5 13.5 M11.5 2.5L10 13.5 M2.5 6h11.5 M2 10h11.5",
        "automation" => "M9 1.5L3 9h4l-1 5.5L13 7H8.500z",
        "opt-outs" => "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z M4 12L12 4",
        "accounts" => "M2 13.500V5l6-2.500L14 5v8.500z M6 13.500V9h4v4.500",
        "reports" => "M2.5 13.500h11 M4.500 11V8 M8 11V3.500 M11.500 11V6",
        "tariffs" => "M8.500 2H14v5.500L7.500 14 2 8.500z M11.200 4.800h.1",
        "quality" => "M2 12a6 6 0 1 1 12 0 M8 12l3-4.500",
        "held" => "M5 2.500v4 M8 1.500v5 M11 2.500v4 M3 7l2 6.500h6l2-6.500",
        "unmatched" => {
            "M6.500 9.500l3-3 M4.500 8L3 9.500a2.500 2.500 0 0 0 3.500 3.500L8 11.500 M8 4.500L9.500 3A2.500 2.500 0 0 1 13 6.500L11.500 8"
        }
        "users" => {
            "M5.500 7.500a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z M1.500 13c.4-2.500 2-3.700 4-3.700s3.600 1.200 4 3.700 M10.500 7.300a2 2 0 1 0-.3-4 M11 9.400c1.900.1 3.200 1.300 3.500 3.600"
        }
        "audit" => "M3.500 2h6l3 3v9h-9z M9.500 2v3h3 M5.500 8h5 M5.500 10.500h5",
        "system" => "M2 3h12v4H2z M2 9h12v4H2z M4.500 5h.1 M4.500 11h.1",
        "search" => "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9z M10.500 10.500L14 14",
        "copy" => "M5.500 5.500h8v8h-8z M10.500 5.500v-3h-8v8h3",
        "warning" => "M8 2L1.500 13.500h13z M8 6.500v3.200 M8 11.400v.2",
        "person" => {
            "M8 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 8 8z M2.500 14c.5-3 2.700-4.500 5.500-4.500s5 1.500 5.500 4.500"
        }
        _ => "M3 8h10",
    };
    format!("<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"{strokes}\"/></svg>")
}
