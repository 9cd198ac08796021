//! Results as service centres write them.

use postrider_wire::ucp::{ErrorCode, Ot, Outcome, reason};

#[test]
fn missing_fields_are_empty() {
    for (ot, data, expected) in [
        (Ot::SUBMIT, &b"A//012234:090996101010/"[..], Outcome::Done { mvp: b"", sm: b"012234:090996101010" }),
        (
            Ot::SUBMIT,
            b"A/0808971800/012234:090996101010/",
            Outcome::Done { mvp: b"0808971800", sm: b"012234:090996101010" },
        ),
        (Ot::SUBMIT, b"A/012234:090996101010/", Outcome::Done { mvp: b"", sm: b"012234:090996101010" }),
        (Ot::SUBMIT, b"A/", Outcome::Done { mvp: b"", sm: b"" }),
        (Ot::SESSION, b"A/BIND AUTHENTICATED/", Outcome::Done { mvp: b"", sm: b"BIND AUTHENTICATED" }),
        (Ot::SUBMIT, b"N/06/no such number/", Outcome::Refused { code: ErrorCode(6), sm: b"no such number" }),
        (Ot::SUBMIT, b"N/6/", Outcome::Refused { code: ErrorCode(6), sm: b"" }),
        (Ot::SUBMIT, b"N//", Outcome::Refused { code: ErrorCode(99), sm: b"" }),
        (Ot::SUBMIT, b"N/x/y/", Outcome::Refused { code: ErrorCode(99), sm: b"y" }),
        (Ot::SUBMIT, b"B//", Outcome::Unreadable),
        (Ot::SUBMIT, b"", Outcome::Unreadable),
    ] {
        assert_eq!(Outcome::read(ot, data), expected, "{}", data.escape_ascii());
    }
}

#[test]
fn codes_have_names() {
    assert_eq!(ErrorCode(24).to_string(), "24 message too long");
    assert_eq!(ErrorCode(91).to_string(), "91");
    assert_eq!(reason::read(b"107").and_then(reason::name), Some("absent subscriber"));
    assert_eq!((reason::read(b"900").and_then(reason::name), reason::read(b"x")), (None, None));
}
