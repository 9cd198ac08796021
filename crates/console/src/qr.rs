//! QR codes (ISO/IEC 18004) as SVG: dark squares on a light ground in either theme, since cameras want it so.

use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;

/// The light squares around a code.
const QUIET: i32 = 4;

/// A text as a QR code; `None` if it is too long for one.
pub(crate) fn svg(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{},{}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    Some(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finders_and_its_quiet_zone() {
        let code = svg("otpauth://totp/Postrider:anna?secret=JBSWY3DPEHPK3PXP&issuer=Postrider").unwrap();
        let side: i32 =
            code.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert_eq!((side - 2 * QUIET - 17) % 4, 0, "a side of a code is 17 and four times its version");
        // The corner of the upper left finder, and nothing before it.
        assert!(code.contains("M4,4h1v1h-1z") && !code.contains("M3,"));
        assert!(svg(&"x".repeat(5_000)).is_none());
    }
}
