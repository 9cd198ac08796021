//! Manners of carriers with texts, and with messages of their own.

use super::Manner;
use super::value::{choice, number};
use crate::carrier::{Alphabet, Demand, Fate, Reply, Ucs2};

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("default-alphabet", "reads texts of data_coding 0 in this alphabet", |to, value| {
        to.alphabet = choice(
            value,
            &[
                ("latin1", Alphabet::Latin1),
                ("ascii", Alphabet::Ascii),
                ("gsm7-packed", Alphabet::Gsm7Packed),
                ("utf8", Alphabet::Utf8),
            ],
        )?;
        Ok(())
    })
    .takes("latin1, ascii, gsm7-packed, utf8", "latin1"),
    Manner::carrier("ucs2-only", "takes texts in UCS-2 alone", |to, _| {
        to.demands.push(Demand::Codings(vec![8]));
        Ok(())
    }),
    Manner::carrier("ucs2-or-latin1", "takes texts in UCS-2 and Latin-1 alone", |to, _| {
        to.demands.push(Demand::Codings(vec![3, 8]));
        Ok(())
    }),
    Manner::carrier(
        "no-extension",
        "refuses characters of the GSM alphabet's extension, such as `{`",
        |to, _| {
            to.demands.push(Demand::NoExtension);
            Ok(())
        },
    ),
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
