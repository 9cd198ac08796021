//! Manners of carriers with long messages.

use super::Manner;
use super::value::number;
use crate::carrier::Demand;

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("no-udh", "refuses user data headers", |to, _| {
        to.demands.push(Demand::NoHeader);
        Ok(())
    }),
    Manner::carrier("no-sar", "refuses sar_* parameters", |to, _| {
        to.demands.push(Demand::NoSar);
        Ok(())
    }),
    Manner::carrier("no-payload", "refuses message_payload", |to, _| {
        to.demands.push(Demand::NoPayload);
        Ok(())
    }),
    Manner::carrier(
        "octets-most",
        "refuses parts of more octets than this, headers included",
        |to, value| {
            to.demands.push(Demand::Octets(number(value)?));
            Ok(())
        },
    )
    .takes("NUMBER", "159"),
];
