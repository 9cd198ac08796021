//! How carriers answer binds, and what they want in them.

use super::Manner;
use super::value::{choice, number, status, string};
use crate::twist::{Rule, Twist, Which};
use postrider_wire::smpp::tlv::tag;

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("bind-refused", "refuses the first bind with this status", |to, value| {
        to.refused_binds = Some((1, status(value)?));
        Ok(())
    })
    .takes("STATUS", "0x0D"),
    Manner::carrier(
        "bind-refused-body",
        "writes after the header of a bind_resp that refuses",
        |to, value| {
            let body = choice(value, &[("nothing", &b""[..]), ("nul", b"\0"), ("name", b"smsc\0")])?;
            to.octets.add(Rule::new(Which::BindResp, Twist::Body(body.to_vec())).refused());
            Ok(())
        },
    )
    .takes("nothing, nul, name", "nul"),
    Manner::carrier("bind-resp-without-body", "answers a bind with nothing but a header", |to, _| {
        to.octets.twist(Which::BindResp, Twist::Body(Vec::new()));
        Ok(())
    }),
    Manner::carrier("bind-resp-version", "says this sc_interface_version", |to, value| {
        to.octets.twist(Which::BindResp, Twist::Value(tag::SC_INTERFACE_VERSION, vec![number(value)?]));
        Ok(())
    })
    .takes("NUMBER", "0x50"),
    Manner::carrier("bind-resp-version-long", "says its sc_interface_version in two octets", |to, _| {
        to.octets.twist(Which::BindResp, Twist::Widen(tag::SC_INTERFACE_VERSION));
        Ok(())
    }),
    Manner::carrier("bind-resp-without-version", "doesn't say its sc_interface_version", |to, _| {
        to.octets.twist(Which::BindResp, Twist::Without(tag::SC_INTERFACE_VERSION));
        Ok(())
    }),
    Manner::carrier("bind-resp-long-name", "has a name of 40 octets", |to, _| {
        to.octets.twist(Which::BindResp, Twist::Field(0, string(&"smsc".repeat(10))));
        Ok(())
    }),
    Manner::carrier(
        "bind-nacked",
        "answers the first bind with a generic_nack that has this number",
        |to, value| {
            let zero = choice(value, &[("same", false), ("zero", true)])?;
            to.octets.add(Rule::new(Which::BindResp, Twist::Nack { zero }).connections(1));
            Ok(())
        },
    )
    .takes("same, zero", "same"),
    Manner::carrier("version-required", "admits only binds with this interface_version", |to, value| {
        to.version = Some(number(value)?);
        Ok(())
    })
    .takes("NUMBER", "0x34"),
    Manner::carrier("system-type-required", "admits only binds with this system_type", |to, value| {
        to.system_type = Some(value.to_owned());
        Ok(())
    })
    .takes("WORD", "VMA"),
    Manner::carrier("address-range-required", "admits only binds with this address_range", |to, value| {
        to.address_range = Some(value.to_owned());
        Ok(())
    })
    .takes("RANGE", "1234"),
    Manner::carrier(
        "range-type-required",
        "admits only binds with this addr_ton and addr_npi",
        |to, value| {
            let (ton, npi) =
                value.split_once('/').ok_or_else(|| format!("`{value}` is no pair such as 1/1"))?;
            to.range_type = Some((number(ton)?, number(npi)?));
            Ok(())
        },
    )
    .takes("TON/NPI", "1/1"),
    Manner::carrier("login-required", "admits only binds with this system_id and password", |to, value| {
        let (name, password) =
            value.split_once('/').ok_or_else(|| format!("`{value}` is no pair such as me/secret"))?;
        to.system_id = Some(name.to_owned());
        to.password = Some(password.to_owned());
        Ok(())
    })
    .takes("NAME/PASSWORD", "a-name-of-twenty-one/a-password-of-many-letters"),
    Manner::carrier("no-transceiver", "knows no bind_transceiver", |to, _| {
        to.transceivers = false;
        Ok(())
    }),
];
