//! The text of receipts.

use super::Manner;
use super::value::choice;
use crate::carrier::DateForm;

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier(
        "receipt-fields-shuffled",
        "has the fields of a receipt's text in another order",
        |to, _| {
            to.receipts.text =
                "stat:{stat} err:{err} done date:{done} id:{id} submit date:{submit} dlvrd:{dlvrd} \
                            sub:{sub} text:{text}"
                    .to_owned();
            Ok(())
        },
    ),
    Manner::carrier("receipt-fields-few", "has nothing but id and stat in a receipt's text", |to, _| {
        to.receipts.text = "id:{id} stat:{stat}".to_owned();
        Ok(())
    }),
    Manner::carrier("receipt-fields-capital", "writes the names of fields with capitals", |to, _| {
        to.receipts.text =
            "Id:{id} Sub:{sub} Dlvrd:{dlvrd} Submit Date:{submit} Done Date:{done} STAT:{stat} \
                            Err:{err} Text:{text}"
                .to_owned();
        Ok(())
    }),
    Manner::carrier("receipt-spaced", "has spaces after colons, and several between fields", |to, _| {
        to.receipts.text =
            to.receipts.text.replace(' ', "   ").replace("   date", " date").replace(":{", ": {");
        Ok(())
    }),
    Manner::carrier("receipt-quoted", "has the values of fields in quotation marks", |to, _| {
        to.receipts.text = to.receipts.text.replace('{', "\"{").replace('}', "}\"");
        Ok(())
    }),
    Manner::carrier("receipt-ends", "ends the text of receipts with this", |to, value| {
        to.receipts.text.push_str(choice(value, &[("nul", "\0"), ("line", "\r\n"), ("spaces", "   ")])?);
        Ok(())
    })
    .takes("nul, line, spaces", "nul"),
    Manner::carrier("receipt-lines", "has every field of a receipt on a line of its own", |to, _| {
        let text = to.receipts.text.replace(' ', "\r\n");
        to.receipts.text = text.replace("submit\r\ndate", "submit date").replace("done\r\ndate", "done date");
        Ok(())
    }),
    Manner::carrier("receipt-stat", "says this where it should say DELIVRD", |to, value| {
        value.clone_into(&mut to.receipts.delivered);
        Ok(())
    })
    .takes("WORD", "DELIVERED"),
    Manner::carrier("receipt-date", "writes times so", |to, value| {
        to.receipts.dates = choice(
            value,
            &[
                ("seconds", DateForm::Seconds),
                ("long", DateForm::LongMinutes),
                ("long-seconds", DateForm::LongSeconds),
                ("iso", DateForm::Iso),
                ("zeros", DateForm::Zeros),
                ("empty", DateForm::Empty),
                ("nonsense", DateForm::Nonsense),
            ],
        )?;
        Ok(())
    })
    .takes("seconds, long, long-seconds, iso, zeros, empty, nonsense", "long-seconds"),
    Manner::carrier("receipt-err", "has this in the field err", |to, value| {
        to.receipts.text = to.receipts.text.replace("{err}", value);
        Ok(())
    })
    .takes("CODE", "21b"),
    Manner::carrier("receipt-dlvrd-zero", "says that nothing was delivered of what was", |to, _| {
        to.receipts.text = to.receipts.text.replace("{dlvrd}", "000");
        Ok(())
    }),
    Manner::carrier("receipt-text-forges", "repeats a text that looks like a receipt itself", |to, _| {
        to.receipts.text = to.receipts.text.replace("{text}", "id:1 stat:UNDELIV");
        Ok(())
    }),
    Manner::carrier(
        "receipt-unreadable",
        "has words in receipts that nobody knows, and no parameters",
        |to, _| {
            to.receipts.text = "Your message has arrived. Thank you!".to_owned();
            to.receipts.tlvs = false;
            Ok(())
        },
    ),
];
