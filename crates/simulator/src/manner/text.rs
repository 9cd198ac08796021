//! What carriers do to texts, and what they bring themselves.

use super::Manner;
use super::value::{choice, number};
use crate::carrier::{Demand, Fate, Reply, Ucs2};

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("ucs2-only", "takes texts in UCS-2 alone", |to, _| {
        to.demands.push(Demand::Codings(vec![8]));
        Ok(())
    }),
    Manner::carrier("ucs2-or-latin1", "takes texts in UCS-2 and Latin-1 alone", |to, _| {
        to.demands.push(Demand::Codings(vec![3, 8]));
        Ok(())
    }),
    Manner::carrier("inbound-replies", "has handsets write back what they got", |to, _| {
        to.fate = Fate { reply: Some(Reply::Echo), ..to.fate.clone() };
        Ok(())
    }),
    Manner::carrier("inbound-data-coding", "has handsets write back, with this data_coding", |to, value| {
        to.fate = Fate { reply: Some(Reply::Echo), ..to.fate.clone() };
        to.inbound.data_coding = Some(number(value)?);
        Ok(())
    })
    .takes("NUMBER", "0xF5"),
    Manner::carrier(
        "inbound-ucs2",
        "has handsets write back in UCS-2 that isn't as it should be",
        |to, value| {
            to.fate = Fate { reply: Some(Reply::Text("Привет".to_owned())), ..to.fate.clone() };
            to.inbound.ucs2 = choice(
                value,
                &[("little-endian", Ucs2::Little), ("marked", Ucs2::Marked), ("odd", Ucs2::Odd)],
            )?;
            Ok(())
        },
    )
    .takes("little-endian, marked, odd", "little-endian"),
];
