use super::*;
use crate::testing::account;
use postrider_core::message::{Body, Class, Parameter};
use postrider_core::submission::{Refusal, validate};
use postrider_core::time::Time;
use postrider_declare::Endpoints;
use postrider_text::Encoding;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::time::Duration;

/// Public endpoints, encrypted.
const PUBLIC: Option<Endpoints> = Some(Endpoints { allow_http: false, allow_private: false });

fn one(json: &str) -> Result<Submission, (Cow<'static, str>, Option<Box<str>>)> {
    let request = read(json.as_bytes(), PUBLIC).map_err(|problem| (problem.code, problem.field))?;
    assert!(request.is_single);
    request.items.into_iter().next().unwrap().submission.map_err(|problem| (problem.code, problem.field))
}

#[test]
fn every_field_arrives() {
    let submission =
        one(r#" { "to":"+447700900123","from":"Shop","text":"Hi","send_at":"2030-01-31T10:00:00+01:00",
        "valid_for":"10m","class":"otp","reference":"r1","callback_url":"https://a.example/x",
        "metadata":{"order": 7},"parameters":{"0x1400":"17"},"flash":true,"receipts":"failures"}"#)
        .unwrap();
    assert_eq!(submission.to, "+447700900123");
    assert_eq!(submission.body, Some(Body::Text("Hi".into())));
    assert_eq!(submission.send_at, Some(Time(1_896_080_400_000)));
    assert_eq!((submission.valid_for, submission.class), (Some(Duration::from_secs(600)), Some(Class::Otp)));
    assert_eq!(submission.metadata.as_deref(), Some(r#"{"order": 7}"#));
    assert_eq!((submission.flash, submission.receipts), (true, Receipts::Failures));
    assert_eq!(submission.parameters, [Parameter { tag: 0x1400, value: (*b"17").into() }]);
    let plain = one(r#"{"to":"+447700900123","text":"Hi","valid_for":90}"#).unwrap();
    assert_eq!((plain.valid_for, plain.receipts), (Some(Duration::from_secs(90)), Receipts::All));
}

#[test]
fn pushes_and_cards_are_built_for_their_ports() {
    let url = "http://www.xyz.com/email/123/abc.wml";
    for (fields, header, data) in [
        (
            format!(r#""wap_push":{{"url":"{url}","title":"You have 4 new emails"}}"#),
            [5, 4, 0x0B, 0x84, 0x23, 0xF0],
            postrider_text::wap::indication(url, "You have 4 new emails"),
        ),
        (
            format!(r#""wap_push":{{"url":"{url}"}}"#),
            [5, 4, 0x0B, 0x84, 0x23, 0xF0],
            postrider_text::wap::loading(url),
        ),
        (
            r#""vcard":{"name":"Ann","phone":"+44 7700 900123"}"#.to_owned(),
            [5, 4, 0x23, 0xF4, 0, 0],
            b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:Ann\r\nTEL:+447700900123\r\nEND:VCARD\r\n".to_vec(),
        ),
        (
            r#""vcalendar":{"summary":"Dentist","start":"2026-11-29T09:30:00+01:00"}"#.to_owned(),
            [5, 4, 0x23, 0xF5, 0, 0],
            b"BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\nSUMMARY:Dentist\r\nDTSTART:20261129T083000Z\r\nEND:VEVENT\r\n\
              END:VCALENDAR\r\n"
                .to_vec(),
        ),
        (
            r#""ota_bookmark":{"name":"Shop","url":"http://a.example/"}"#.to_owned(),
            [5, 4, 0xC3, 0x4F, 0xC0, 0x02],
            postrider_text::ota::bookmark("Shop", "http://a.example/"),
        ),
    ] {
        let submission = one(&format!(r#"{{"to":"+447700900123",{fields}}}"#)).unwrap();
        let expected = Body::Data { encoding: Encoding::Octets, header: header.into(), data: data.into() };
        assert_eq!(submission.body, Some(expected), "{fields}");
    }
    for (fields, field) in [
        (r#""wap_push":{"url":"no url"}"#, "wap_push.url"),
        (r#""wap_push":{"url":"http://a/"},"text":"Hi""#, "wap_push"),
        (r#""wap_push":{"url":"http://a/"},"destination_port":1"#, "wap_push"),
        (r#""vcard":{"name":" ","phone":"+447700900123"}"#, "vcard.name"),
        (r#""vcard":{"name":"Ann","phone":"12"}"#, "vcard.phone"),
        (r#""vcard":{"name":"Ann","phone":"+447700900123"},"wap_push":{"url":"http://a/"}"#, "vcard"),
        (r#""vcalendar":{"summary":"","start":"2026-11-29T08:30:00Z"}"#, "vcalendar.summary"),
        (r#""vcalendar":{"summary":"A","start":"tomorrow"}"#, "vcalendar.start"),
        (
            r#""vcalendar":{"summary":"A","start":"2026-11-29T08:30:00Z","end":"2026-11-29T08:00:00Z"}"#,
            "vcalendar.end",
        ),
        (r#""ota_bookmark":{"name":"A","url":"a"}"#, "ota_bookmark.url"),
        (r#""ota_bookmark":{"name":"","url":"http://a/"}"#, "ota_bookmark.name"),
    ] {
        let wrong = one(&format!(r#"{{"to":"+447700900123",{fields}}}"#)).unwrap_err();
        assert_eq!(wrong, ("invalid_data".into(), Some(field.into())), "{fields}");
    }
}

#[test]
fn data_is_hexadecimal() {
    let submission = one(r#"{"to":"+447700900123","data":"0a 1B","udh":"050100"}"#).unwrap();
    let expected =
        Body::Data { encoding: Encoding::Octets, header: [5, 1, 0].into(), data: [0x0A, 0x1B].into() };
    assert_eq!(submission.body, Some(expected));
}

#[test]
fn ports_become_a_header() {
    // 3GPP TS 23.040, 9.2.3.24.4: the destination first.
    let header: Box<[u8]> = [5, 4, 0x0B, 0x84, 0x23, 0xF0].into();
    for (fields, encoding, data) in [
        (r#""data":"0102""#, Encoding::Octets, &[1, 2][..]),
        (r#""text":"h\u00e9""#, Encoding::Gsm7, b"h\x05"),
        (r#""text":"\u0416""#, Encoding::Ucs2, b"\x04\x16"),
        (r#""data":"68","encoding":"latin1""#, Encoding::Latin1, b"h"),
    ] {
        let ports = r#""destination_port":2948,"source_port":9200"#;
        let submission = one(&format!(r#"{{"to":"+447700900123",{fields},{ports}}}"#)).unwrap();
        let expected = Body::Data { encoding, header: header.clone(), data: data.into() };
        assert_eq!(submission.body, Some(expected), "{fields}");
    }
}

#[test]
fn each_mistake_has_its_code_and_field() {
    let cases = [
        (r#""send_at":"tomorrow""#, "invalid_schedule", "send_at"),
        (
            r#""text":"x","parameters":{"data_coding":200}"#,
            "invalid_carrier_parameter",
            "parameters.data_coding",
        ),
        (
            r#""flash":true,"parameters":{"message_class":2}"#,
            "invalid_carrier_parameter",
            "parameters.message_class",
        ),
        (r#""parameters":{"protocol_id":256}"#, "invalid_carrier_parameter", "parameters.protocol_id"),
        (r#""data":"00","udh":"4C6F72""#, "invalid_data", "udh"),
        (r#""send_at":"2030-01-31T09:00:00""#, "invalid_schedule", "send_at"),
        (r#""valid_for":"soon""#, "invalid_validity", "valid_for"),
        (r#""metadata":[1]"#, "invalid_metadata", "metadata"),
        (r#""callback_url":"ftp://x""#, "invalid_callback", "callback_url"),
        (r#""data":"0a1""#, "invalid_data", "data"),
        (r#""data":"xx""#, "invalid_data", "data"),
        (r#""data":"00","udh":"é""#, "invalid_data", "udh"),
        (r#""udh":"00""#, "invalid_data", "udh"),
        (r#""encoding":"ucs2""#, "invalid_data", "encoding"),
        (r#""text":"x","data":"00""#, "invalid_data", "data"),
        (r#""text":"x","source_port":1"#, "invalid_data", "source_port"),
        (r#""data":"00","udh":"00","destination_port":1"#, "invalid_data", "udh"),
        (r#""destination_port":65536"#, "invalid_request", "destination_port"),
        (r#""parameters":{"0x0424":"x"}"#, "invalid_carrier_parameter", "parameters.0x0424"),
        (r#""class":"urgent""#, "invalid_request", "class"),
        (r#""colour":"red""#, "invalid_request", "colour"),
    ];
    for (fields, code, field) in cases {
        let error = one(&format!(r#"{{"to":"+447700900123",{fields}}}"#)).unwrap_err();
        assert_eq!((&*error.0, error.1.as_deref()), (code, Some(field)), "{fields}");
    }
    assert_eq!(one(r#"{"text":"x"}"#).unwrap_err().0, "invalid_request");
    assert_eq!(one(r#"{"to":"+447700900123","text":""}"#).unwrap().body, None);
}

#[test]
fn a_callback_needs_a_secret_to_sign_it() {
    let json = br#"{"to":"+447700900123","text":"x","callback_url":"https://a.example"}"#;
    let request = read(json, None).unwrap();
    assert_eq!(request.items[0].submission.as_ref().unwrap_err().code, "callback_not_allowed");
}

#[test]
fn null_is_the_same_as_leaving_out() {
    let nulls = "from text data udh encoding destination_port source_port send_at valid_for class reference callback_url metadata flash parameters receipts";
    for name in nulls.split(' ') {
        let with = one(&format!(r#"{{"to":"+447700900123","{name}":null}}"#)).unwrap();
        let without = one(r#"{"to":"+447700900123"}"#).unwrap();
        assert_eq!(format!("{with:?}"), format!("{without:?}"), "{name}");
    }
    let nothing = one(r#"{"to":"+447700900123","parameters":{"0x1400":null}}"#).unwrap();
    assert_eq!(nothing.parameters, []);
    assert_eq!(one(r#"{"to":null,"text":"x"}"#).unwrap_err().1.as_deref(), Some("to"));
}

#[test]
fn a_field_beside_messages_is_named() {
    let message = r#"{"to":"+447700900123","text":"x"}"#;
    for body in [
        format!(r#"{{"messages":[{message}],"to":"+447700900123"}}"#),
        format!(r#"{{"to":"+447700900123","messages":[{message}]}}"#),
        format!(r#"{{"to":"+447700900123","text":"x","messages":[{message}]}}"#),
    ] {
        let problem = read(body.as_bytes(), PUBLIC).err().unwrap();
        assert_eq!((&*problem.code, problem.status.as_u16()), ("invalid_request", 400));
        let field = problem.field.unwrap();
        assert!(
            problem.detail.starts_with(&format!("'{field}' stands beside 'messages'")),
            "{}",
            problem.detail
        );
    }
}

#[test]
fn an_array_is_no_message() {
    let array = r#"["+447700900123",null,"x",null,null,null,null,null,null,null,null,null,false,{},"all"]"#;
    for body in [array.to_owned(), format!(r#"{{"messages":[{array}]}}"#)] {
        assert_eq!(
            read(body.as_bytes(), PUBLIC).err().map(|problem| problem.code),
            Some("invalid_request".into()),
            "{body}"
        );
    }
    let problem = read(br#"{"messages":[{"to":"1","txt":"x"}]}"#, PUBLIC).err().unwrap();
    assert_eq!(problem.field.as_deref(), Some("messages[0].txt"));
}

#[test]
fn lists_are_counted_and_keep_their_order() {
    let tos = |json: &str| {
        let request = read(json.as_bytes(), PUBLIC).map_err(|problem| problem.code)?;
        assert!(!request.is_single);
        let to = |item: Item| item.submission.unwrap().to;
        Ok::<_, Cow<'static, str>>(request.items.into_iter().map(to).collect::<Vec<_>>())
    };
    assert_eq!(tos(r#"{"to":["a","b"],"text":"x"}"#), Ok(vec!["a".into(), "b".into()]));
    let batch = r#"{"messages" : [{"to":"a","text":"x"},{"to":"b","text":"y"}]}"#;
    assert_eq!(tos(batch), Ok(vec!["a".into(), "b".into()]));
    let numbers = |count| format!(r#"{{"to":{:?},"text":"x"}}"#, vec!["1"; count]);
    assert_eq!(tos(&numbers(1_000)).map(|tos| tos.len()), Ok(1_000));
    assert_eq!(tos(&numbers(1_001)), Err("batch_too_large".into()));
    assert_eq!(tos(r#"{"to":[],"text":"x"}"#), Err("empty_batch".into()));
    assert_eq!(tos(r#"{"messages":[]}"#), Err("empty_batch".into()));
    assert_eq!(tos(r#"{"messages":[{"to":["a"],"text":"x"}]}"#), Err("invalid_request".into()));
    assert_eq!(tos(r#"{"to":["a"],"messages":[]}"#), Err("invalid_request".into()));
}

#[test]
fn fields_of_smpp_are_among_the_parameters() {
    let octet = |tag, value: u8| Parameter { tag, value: [value].into() };
    let sent =
        one(r#"{"to":"+447700900123","text":"Hi","parameters":{"protocol_id":127,"message_class":2}}"#);
    let expected = [octet(field::MESSAGE_CLASS, 2), octet(field::PROTOCOL_ID, 127)];
    assert_eq!(sent.unwrap().parameters, expected);
    // 3GPP TS 23.038, 4: message waiting in the GSM alphabet and in UCS-2, and a character set that is not read.
    for (coding, encoding) in [(0xC8, Encoding::Gsm7), (0xE8, Encoding::Ucs2), (0x05, Encoding::Octets)] {
        let json =
            format!(r#"{{"to":"+447700900123","data":"0041","parameters":{{"data_coding":{coding}}}}}"#);
        let sent = one(&json).unwrap();
        assert_eq!(sent.parameters, [octet(field::DATA_CODING, coding)]);
        let body = Body::Data { encoding, header: [].into(), data: [0, 0x41].into() };
        assert_eq!(sent.body, Some(body), "{coding:#x}");
    }
}

/// Makes a value of so much.
type Sample<'a> = &'a dyn Fn(u64) -> Value;

/// A body with this value of a field, and what else the field needs.
fn body_with(field: &str, value: &Value) -> Vec<u8> {
    let mut body = json!({ "to": "+447700900123", "text": "x" });
    match field {
        "data" | "udh" | "destination_port" => body = json!({ "to": "+447700900123", "data": "00" }),
        "source_port" => body["destination_port"] = 1.into(),
        _ => {}
    }
    body[field] = value.clone();
    body.to_string().into_bytes()
}

/// Whether a body is taken, as far as it can be told without routes. What is too much for 64 parts is within other limits.
fn is_taken(body: &[u8]) -> bool {
    let Ok(request) = read(body, PUBLIC) else { return false };
    request.items.into_iter().all(|item| {
        match item.submission.map(|item| validate(item, &account(), Time(0))) {
            Ok(Ok(_) | Err(Refusal::TooManyParts { .. })) => true,
            Ok(Err(_)) | Err(_) => false,
        }
    })
}

#[test]
fn the_description_has_the_limits_that_hold() {
    let description = serde_json::to_value(crate::rest::openapi()).unwrap();
    let fields =
        description["components"]["schemas"]["MessageRequest"]["properties"].as_object().unwrap().clone();
    let mut limits = 0;
    for (name, schema) in &fields {
        let target = schema["$ref"].as_str().and_then(|target| description.pointer(&target[1..]));
        let schema = target.unwrap_or(schema);
        let limit = |limit: &str| schema.get(limit).and_then(Value::as_u64);
        // A text of so many characters; a URL of so many.
        let text = |length: u64| match schema.get("format").and_then(Value::as_str) {
            Some("uri") => Value::from(format!("https://a.example/{}", "x".repeat(length as usize - 18))),
            _ => Value::from("x".repeat(length as usize)),
        };
        let parameters = |count: u64| {
            (0..count).map(|n| (format!("0x{:04x}", 0x1400 + n), "1".into())).collect::<Map<_, _>>().into()
        };
        let cases: [(Option<u64>, Sample<'_>); 3] = [
            (limit("maxLength"), &text),
            (limit("maximum"), &|number| number.into()),
            (limit("maxProperties"), &parameters),
        ];
        for (most, value) in cases {
            let Some(most) = most else { continue };
            limits += 1;
            assert!(is_taken(&body_with(name, &value(most))), "{name} at its limit");
            assert!(!is_taken(&body_with(name, &value(most + 1))), "{name} beyond its limit");
        }
    }
    assert_eq!(limits, 7);
    for name in ["data", "udh"] {
        let pattern = fields[name]["pattern"].as_str().unwrap();
        assert_eq!(pattern, "^ *([0-9A-Fa-f] *[0-9A-Fa-f] *)*$");
        for (value, fits) in
            [("0A00", true), (" 0 a 0 0 ", true), ("0A0", false), ("0G", false), ("0A00\t", false)]
        {
            assert_eq!(is_taken(&body_with(name, &value.into())), fits, "{name} {value}");
        }
    }
}

#[test]
fn the_description_has_the_limits_of_lists() {
    let description = serde_json::to_value(crate::rest::openapi()).unwrap();
    let schemas = &description["components"]["schemas"];
    let lists = [
        (
            &schemas["MessageListRequest"]["properties"]["messages"],
            r#"{"messages":[LIST]}"#,
            r#"{"to":"+447700900123","text":"x"}"#,
        ),
        (&schemas["Recipients"]["oneOf"][1], r#"{"to":[LIST],"text":"x"}"#, r#""+447700900123""#),
    ];
    for (schema, body, item) in lists {
        let bound = |name: &str| usize::try_from(schema[name].as_u64().unwrap()).unwrap();
        let of = |count: usize| is_taken(body.replace("LIST", &vec![item; count].join(",")).as_bytes());
        let (least, most) = (bound("minItems"), bound("maxItems"));
        assert!(of(least) && of(most) && !of(least - 1) && !of(most + 1), "{body}");
    }
}
