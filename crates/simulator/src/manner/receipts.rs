//! Where receipts come, which of them, and how they are marked.

use super::Manner;
use super::value::{choice, number, time};
use crate::carrier::{Answer, Carried, Fate, Parts, ReceiptsTo, State};
use crate::twist::{Twist, Which};
use postrider_wire::smpp::tlv::tag;

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("receipt-esm-class", "marks receipts with this esm_class", |to, value| {
        to.receipts.esm_class = number(value)?;
        Ok(())
    })
    .takes("NUMBER", "0x44"),
    Manner::carrier("receipt-unmarked", "has nothing in esm_class that tells of a receipt", |to, _| {
        to.receipts.esm_class = 0;
        Ok(())
    }),
    Manner::carrier("receipt-without-tlvs", "has no parameters in receipts", |to, _| {
        to.receipts.tlvs = false;
        Ok(())
    }),
    Manner::carrier("receipt-without-text", "has nothing but parameters in receipts", |to, _| {
        to.receipts.text.clear();
        Ok(())
    }),
    Manner::carrier("receipt-without-state-tlv", "has receipted_message_id and no message_state", |to, _| {
        to.octets.twist(Which::Message, Twist::Without(tag::MESSAGE_STATE));
        Ok(())
    }),
    Manner::carrier(
        "receipt-state-tlv",
        "has this message_state in receipts, whatever the text says",
        |to, value| {
            to.octets.twist(Which::Message, Twist::Value(tag::MESSAGE_STATE, vec![number(value)?]));
            Ok(())
        },
    )
    .takes("NUMBER", "77"),
    Manner::carrier("receipt-state-tlv-long", "has a message_state of two octets", |to, _| {
        to.octets.twist(Which::Message, Twist::Widen(tag::MESSAGE_STATE));
        Ok(())
    }),
    Manner::carrier("receipt-network-error", "has this network_error_code in receipts", |to, value| {
        let code = choice(value, &[("binary", &b"\x03\0\0"[..]), ("digits", b"000"), ("short", b"\0")])?;
        to.octets.twist(Which::Message, Twist::Parameter(tag::NETWORK_ERROR_CODE, code.to_vec()));
        Ok(())
    })
    .takes("binary, digits, short", "binary"),
    Manner::carrier("receipt-in-data-sm", "sends receipts as data_sm", |to, _| {
        to.receipts.carried = Carried::DataSm;
        Ok(())
    }),
    Manner::carrier("receipt-in-payload", "has the text of receipts in message_payload", |to, _| {
        to.receipts.carried = Carried::Payload;
        Ok(())
    }),
    Manner::carrier(
        "receipt-in-both",
        "has the text of receipts in short_message and message_payload",
        |to, _| {
            to.receipts.carried = Carried::Both;
            Ok(())
        },
    ),
    Manner::carrier(
        "receipt-data-coding",
        "says this data_coding of receipts; with 8 they are in UCS-2",
        |to, value| {
            to.receipts.data_coding = number(value)?;
            Ok(())
        },
    )
    .takes("NUMBER", "8"),
    Manner::carrier("receipt-behind-header", "has a user data header in front of receipts", |to, _| {
        to.receipts.header = vec![5, 0, 3, 0x84, 1, 1];
        to.receipts.esm_class |= 0x40;
        Ok(())
    }),
    Manner::carrier(
        "receipt-unswapped",
        "has the message's own source and destination in receipts",
        |to, _| {
            to.receipts.unswapped = true;
            Ok(())
        },
    ),
    Manner::carrier(
        "receipt-before-answer",
        "sends receipts before the answer that they are about",
        |to, _| {
            to.fate = Fate { answer: Answer::AcceptAfterReceipt, ..to.fate.clone() };
            Ok(())
        },
    ),
    Manner::carrier(
        "receipt-intermediate",
        "reports what nobody asked for: ENROUTE, then ACCEPTD",
        |to, _| {
            to.fate.receipts = vec![State::Enroute, State::Accepted, State::Delivered];
            Ok(())
        },
    ),
    Manner::carrier("receipt-accepted-final", "means the end when it reports ACCEPTD", |to, _| {
        to.fate.receipts = vec![State::Accepted];
        Ok(())
    }),
    Manner::carrier("receipt-backwards", "reports ENROUTE after DELIVRD", |to, _| {
        to.fate.receipts = vec![State::Delivered, State::Enroute];
        Ok(())
    }),
    Manner::carrier("receipt-changes-mind", "reports UNDELIV after DELIVRD", |to, _| {
        to.fate.receipts = vec![State::Delivered, State::Undeliverable];
        Ok(())
    }),
    Manner::carrier("receipt-twice", "sends every receipt twice", |to, _| {
        to.fate.copies = 2;
        Ok(())
    }),
    Manner::carrier("receipt-never", "sends no receipts", |to, _| {
        to.fate.receipts.clear();
        Ok(())
    }),
    Manner::carrier("receipt-after", "sends receipts so long after the answer", |to, value| {
        to.receipt_delay = time(value)?.into();
        Ok(())
    })
    .takes("TIME", "2s"),
    Manner::carrier(
        "receipt-again-after",
        "sends a receipt again that wasn't answered for so long",
        |to, value| {
            to.patience = time(value)?;
            Ok(())
        },
    )
    .takes("TIME", "1s"),
    Manner::carrier(
        "receipt-echo-required",
        "sends a receipt again until its answer gives the identifier back",
        |to, _| {
            to.wants_echo = true;
            Ok(())
        },
    ),
    Manner::carrier("receipt-of-refused", "sends receipts for messages that it refused", |to, _| {
        to.receipts_of.refused = true;
        Ok(())
    }),
    Manner::carrier("receipt-of-strangers", "sends receipts for messages that nobody sent", |to, _| {
        to.receipts_of.strangers = true;
        Ok(())
    }),
    Manner::carrier("receipt-of-parts", "reports only this part of a long message", |to, value| {
        to.receipts_of.parts = choice(value, &[("first", Parts::First), ("last", Parts::Last)])?;
        Ok(())
    })
    .takes("first, last", "first"),
    Manner::carrier(
        "receipt-on-same-bind",
        "brings receipts on the bind of the message, while it is there",
        |to, _| {
            to.receipts_to = ReceiptsTo::SameBind;
            Ok(())
        },
    ),
    Manner::carrier(
        "receipt-on-other-bind",
        "brings receipts on another bind than the message's",
        |to, _| {
            to.receipts_to = ReceiptsTo::OtherBind;
            Ok(())
        },
    ),
    Manner::carrier("receipt-after-reconnect", "unbinds, and brings receipts on the next bind", |to, _| {
        to.receipts_to = ReceiptsTo::LaterBind;
        Ok(())
    }),
];
