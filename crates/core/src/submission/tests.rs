use super::*;
use crate::rules::testing::account;

fn text(to: &str, text: &str) -> Submission {
    Submission { to: to.into(), body: Some(Body::Text(text.into())), ..Submission::default() }
}

fn parameter(tag: u16, octets: usize) -> Parameter {
    Parameter { tag, value: vec![0; octets].into() }
}

#[test]
fn a_plain_text_needs_only_a_recipient() {
    let draft = validate(text("+447700900123", "Hello"), &account(), Time(0)).unwrap();
    assert_eq!((draft.parts, draft.class), (1, Class::Transactional));
}

#[test]
fn each_mistake_has_its_own_refusal() {
    let cases: Vec<(Submission, &str)> = vec![
        (text("07700900123", "x"), "invalid_recipient"),
        (
            Submission { from: Some("a name that is far too long".into()), ..text("+447700900123", "x") },
            "invalid_sender",
        ),
        (Submission { body: None, ..text("+447700900123", "x") }, "empty_message"),
        (text("+447700900123", &"x".repeat(10_001)), "text_too_long"),
        (text("+447700900123", &"ж".repeat(64 * 67 + 1)), "too_many_parts"),
        (Submission { valid_for: Some(Duration::ZERO), ..text("+447700900123", "x") }, "invalid_validity"),
        (Submission { send_at: Some(Time(i64::MAX)), ..text("+447700900123", "x") }, "invalid_schedule"),
        (Submission { reference: Some("x".repeat(129)), ..text("+447700900123", "x") }, "reference_too_long"),
        (Submission { metadata: Some("x".repeat(2049)), ..text("+447700900123", "x") }, "metadata_too_long"),
        (
            Submission {
                parameters: (0..17).map(|tag| parameter(tag, 1)).collect(),
                ..text("+447700900123", "x")
            },
            "too_many_parameters",
        ),
        (
            Submission { parameters: vec![parameter(1, 256)], ..text("+447700900123", "x") },
            "parameter_too_long",
        ),
        (
            Submission { parameters: vec![parameter(1, 1), parameter(1, 2)], ..text("+447700900123", "x") },
            "parameter_twice",
        ),
    ];
    for (submission, code) in cases {
        let refusal = validate(submission, &account(), Time(0)).unwrap_err();
        assert_eq!(refusal.code(), code);
    }
}

#[test]
fn an_earliest_time_of_sending_is_at_most_an_hour_ago() {
    let now = Time(1_800_000_000_000);
    let at = |at| Submission { send_at: Some(at), ..text("+447700900123", "x") };
    assert!(validate(at(now - SCHEDULE_PAST_MAX), &account(), now).is_ok());
    let refusal = validate(at(now - SCHEDULE_PAST_MAX - Duration::from_millis(1)), &account(), now);
    assert_eq!(refusal.unwrap_err(), Refusal::Past);
}

#[test]
fn data_fits_one_part_or_is_refused() {
    let data = |encoding, header: usize, data: usize| Submission {
        body: Some(Body::Data { encoding, header: vec![0; header].into(), data: vec![0; data].into() }),
        ..text("+447700900123", "")
    };
    let fits = [
        (Encoding::Octets, 0, 140),
        (Encoding::Octets, 5, 134),
        (Encoding::Gsm7, 0, 160),
        (Encoding::Gsm7, 5, 153),
    ];
    for (encoding, header, octets) in fits {
        assert!(
            validate(data(encoding, header, octets), &account(), Time(0)).is_ok(),
            "{encoding:?} {header} {octets}"
        );
        let refusal = validate(data(encoding, header, octets + 1), &account(), Time(0)).unwrap_err();
        assert_eq!(refusal.code(), "data_too_long", "{encoding:?} {header}");
    }
}
