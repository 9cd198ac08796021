//! How carriers name messages, in their answers and in their receipts.

use super::Manner;
use super::value::{choice, number};
use crate::carrier::IdForm;
use crate::twist::{Rule, Twist, Which};
use postrider_wire::smpp::tlv::tag;

/// The forms by their names.
pub(super) const FORMS: &[(&str, IdForm)] = &[
    ("decimal", IdForm::Decimal),
    ("hex", IdForm::Hex),
    ("upper-hex", IdForm::UpperHex),
    ("padded", IdForm::Padded),
    ("padded-hex", IdForm::PaddedHex),
    ("uuid", IdForm::Uuid),
    ("dashed", IdForm::Dashed),
    ("marks", IdForm::Marks),
    ("long", IdForm::Long),
    ("hex-text", IdForm::HexText),
];

const HINT: &str = "decimal, hex, upper-hex, padded, padded-hex, uuid, dashed, marks, long, hex-text";

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("ids", "writes identifiers so, in answers and receipts", |to, value| {
        to.ids = choice(value, FORMS)?;
        to.receipts.ids = to.ids;
        Ok(())
    })
    .takes(HINT, "uuid"),
    Manner::carrier("answer-id", "writes identifiers so in answers", |to, value| {
        to.ids = choice(value, FORMS)?;
        Ok(())
    })
    .takes(HINT, "hex"),
    Manner::carrier("receipt-id", "writes identifiers so in receipts", |to, value| {
        to.receipts.ids = choice(value, FORMS)?;
        Ok(())
    })
    .takes(HINT, "upper-hex"),
    Manner::carrier("answer-without-id", "takes messages without giving them an identifier", |to, _| {
        to.octets.add(Rule::new(Which::MessageResp, Twist::Body(vec![0])).granted());
        Ok(())
    }),
    Manner::carrier("answer-without-body", "takes messages with nothing but a header", |to, _| {
        to.octets.add(Rule::new(Which::MessageResp, Twist::Body(Vec::new())).granted());
        Ok(())
    }),
    Manner::carrier("answer-id-without-nul", "leaves out the NUL after identifiers in answers", |to, _| {
        to.octets.add(Rule::new(Which::MessageResp, Twist::Cut(1)).granted());
        Ok(())
    }),
    Manner::carrier("ids-wrap", "begins anew with identifiers after so many", |to, value| {
        to.ids_wrap = Some(number(value)?);
        Ok(())
    })
    .takes("NUMBER", "12"),
    Manner::carrier("receipt-tlv-id", "writes receipted_message_id so", |to, value| {
        let (before, after) = choice(
            value,
            &[("bare", ("", "")), ("spaces", ("", "  ")), ("spaces-nul", ("", "  \0")), ("0x", ("0x", "\0"))],
        )?;
        let around = Twist::Around(tag::RECEIPTED_MESSAGE_ID, before.into(), after.into());
        to.octets.twist(Which::Message, around);
        Ok(())
    })
    .takes("bare, spaces, spaces-nul, 0x", "bare"),
    Manner::carrier(
        "receipt-tlv-id-wrong",
        "has the right identifier in the text of receipts alone",
        |to, _| {
            let around = Twist::Around(tag::RECEIPTED_MESSAGE_ID, b"99".to_vec(), vec![0]);
            to.octets.twist(Which::Message, around);
            Ok(())
        },
    ),
    Manner::carrier(
        "receipt-text-id-wrong",
        "has the right identifier in receipted_message_id alone",
        |to, _| {
            to.receipts.text = to.receipts.text.replace("{id}", "99{id}");
            Ok(())
        },
    ),
    Manner::carrier(
        "receipt-id-in-tlv",
        "has the identifier in this parameter of receipts alone",
        |to, value| {
            to.receipts.text = to.receipts.text.replace("id:{id} ", "");
            to.octets.twist(Which::Message, Twist::Rename(tag::RECEIPTED_MESSAGE_ID, number(value)?));
            Ok(())
        },
    )
    .takes("TAG", "0x1403"),
];
