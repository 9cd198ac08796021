//! When carriers take messages, and when not.

use super::Manner;
use super::value::{choice, number, status, time};
use crate::carrier::{Answer, Delay, Demand, Errors, Fate, TooFast};
use crate::twist::{Rule, Twist, Which};
use postrider_wire::smpp::tlv::tag;

/// The share of messages that are refused by chance when errors are asked for.
const ONE_IN_TEN: f64 = 0.1;

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("rate", "takes so many parts a second", |to, value| {
        to.throttle = Some(number(value)?);
        Ok(())
    })
    .takes("NUMBER", "50"),
    Manner::carrier("too-fast", "does this with what comes faster than its rate", |to, value| {
        to.too_fast = match value {
            "silence" => TooFast::Ignored,
            "cut" => TooFast::HangUp,
            value => TooFast::Refused(status(value)?),
        };
        Ok(())
    })
    .takes("STATUS, silence or cut", "0x14"),
    Manner::carrier("window", "closes the connection when more than so many are unanswered", |to, value| {
        to.window_allowed = Some(number(value)?);
        Ok(())
    })
    .takes("NUMBER", "10"),
    Manner::carrier(
        "refuses-first",
        "refuses every part the first time it comes, with this status",
        |to, value| {
            let answer = Answer::RefuseFirst { status: status(value)?, times: 1 };
            to.fate = Fate { answer, ..to.fate.clone() };
            Ok(())
        },
    )
    .takes("STATUS", "0x58"),
    Manner::carrier("refuses", "refuses every part with this status", |to, value| {
        to.fate = Fate { answer: Answer::Refuse(status(value)?), ..to.fate.clone() };
        Ok(())
    })
    .takes("STATUS", "0x0B"),
    Manner::carrier("refuses-some", "refuses one part in ten by chance, with this status", |to, value| {
        to.errors = Some(Errors { share: ONE_IN_TEN, status: status(value)? });
        Ok(())
    })
    .takes("STATUS", "0x08"),
    Manner::carrier(
        "refused-body",
        "writes after the header of a submit_sm_resp that refuses",
        |to, value| {
            let body = choice(
                value,
                &[
                    ("nul", &b"\0"[..]),
                    ("id", b"4711\0"),
                    ("tlvs", b"\0\0\x1d\0\x05busy\0"),
                    ("garbage", b"\x01\x02"),
                ],
            )?;
            to.octets.add(Rule::new(Which::MessageResp, Twist::Body(body.to_vec())).refused());
            Ok(())
        },
    )
    .takes("nul, id, tlvs, garbage", "nul"),
    Manner::carrier("never-answers", "answers no message", |to, _| {
        to.fate = Fate { answer: Answer::Never, ..to.fate.clone() };
        Ok(())
    }),
    Manner::carrier("answers-after", "takes so long to answer", |to, value| {
        to.answer_delay = time(value)?.into();
        Ok(())
    })
    .takes("TIME", "300ms"),
    Manner::carrier("answers-out-of-order", "answers within this time, in no order", |to, value| {
        to.answer_delay = Delay::between(std::time::Duration::ZERO, time(value)?);
        Ok(())
    })
    .takes("TIME", "200ms"),
    Manner::carrier("congested", "says this congestion_state in its answers", |to, value| {
        to.octets.twist(Which::MessageResp, Twist::Parameter(tag::CONGESTION_STATE, vec![number(value)?]));
        Ok(())
    })
    .takes("NUMBER", "90"),
    Manner::carrier("no-validity", "refuses messages with a validity_period", |to, _| {
        to.demands.push(Demand::NoValidity);
        Ok(())
    }),
    Manner::carrier(
        "no-long-validity",
        "refuses a relative validity_period of more than so many days",
        |to, value| {
            to.demands.push(Demand::ValidityDays(number(value)?));
            Ok(())
        },
    )
    .takes("NUMBER", "2"),
    Manner::carrier("no-absolute-validity", "refuses messages with an absolute validity_period", |to, _| {
        to.demands.push(Demand::NoAbsoluteValidity);
        Ok(())
    }),
    Manner::carrier("service-type-required", "refuses messages without this service_type", |to, value| {
        to.demands.push(Demand::ServiceType(value.to_owned()));
        Ok(())
    })
    .takes("WORD", "CMT"),
    Manner::carrier("tlv-required", "refuses messages without this parameter", |to, value| {
        to.demands.push(Demand::Parameter(number(value)?));
        Ok(())
    })
    .takes("TAG", "0x1400"),
    Manner::carrier("mode-required", "refuses messages without these mode bits in esm_class", |to, value| {
        to.demands.push(Demand::Mode(number(value)?));
        Ok(())
    })
    .takes("NUMBER", "3"),
    Manner::carrier(
        "registered-delivery-required",
        "refuses messages without this registered_delivery",
        |to, value| {
            to.demands.push(Demand::RegisteredDelivery(number(value)?));
            Ok(())
        },
    )
    .takes("NUMBER", "0x11"),
    Manner::carrier(
        "zeros-required",
        "refuses messages whose protocol_id, priority_flag or replace_if_present_flag isn't 0",
        |to, _| {
            to.demands.push(Demand::Zeros);
            Ok(())
        },
    ),
    Manner::carrier("plus-refused", "refuses recipients with a `+`", |to, _| {
        to.demands.push(Demand::NoPlus);
        Ok(())
    }),
    Manner::carrier("plus-required", "refuses recipients without a `+`", |to, _| {
        to.demands.push(Demand::Plus);
        Ok(())
    }),
];
