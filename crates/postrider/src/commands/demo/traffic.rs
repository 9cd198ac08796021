//! Plausible traffic for a demo: what shops, parcel services and banks send, and what handsets write back.

use super::NUMBER;
use crate::client::Client;
use crate::failure::Failure;
use postrider_simulator::carrier::Carrier;
use serde_json::{Value, json};
use std::time::Duration;

/// Beginnings of numbers, with the digits that follow and how often each is written to, of 100.
const COUNTRIES: [(&str, u32, u64); 6] = [
    ("+447700900", 3, 38),
    ("+4917", 8, 24),
    ("+336", 8, 14),
    ("+39347", 7, 12),
    ("+34600", 6, 8),
    ("+150055500", 2, 4),
];
/// Senders with their texts and classes.
const TEXTS: [(&str, &str, &str); 6] = [
    ("Shop", "Your order 48213 is packed and leaves today.", "transactional"),
    (
        "Parcel",
        "Your parcel comes today between 14:00 and 16:00. Nobody in? Reply NEIGHBOUR.",
        "transactional",
    ),
    ("Bank", "Your code is 482913. Tell it to nobody.", "otp"),
    ("Bank", "A payment of €48.20 was made with your card.", "transactional"),
    ("Clinic", "Your appointment is tomorrow at 9:30. Reply YES to confirm.", "transactional"),
    ("Shop", "This week only: 20 % off everything. Reply STOP to opt out.", "marketing"),
];
/// What handsets write to the demo's number.
const ANSWERS: [&str; 5] = ["YES", "Are you open today?", "NEIGHBOUR", "Thanks!", "When does it come?"];
/// The longest pause between messages.
const PAUSE_MAX: u64 = 900;
/// One in so many messages is one from a handset.
const INBOUND: u64 = 12;

/// Numbers that look as if they came by chance (SplitMix64); nobody's secret depends on them.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % most.max(1)
    }

    fn one<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        let at = self.below(of.len() as u64);
        usize::try_from(at).ok().and_then(|at| of.get(at))
    }

    /// A number of one of the countries.
    fn number(&mut self) -> String {
        let mut ticket = self.below(100);
        for (begins, digits, share) in COUNTRIES {
            if ticket < share {
                let rest = self.below(10_u64.pow(digits));
                return format!("{begins}{rest:0width$}", width = digits as usize);
            }
            ticket -= share;
        }
        "+447700900123".to_owned()
    }

    fn message(&mut self) -> Value {
        let (from, text, class) = self.one(&TEXTS).copied().unwrap_or(TEXTS[0]);
        json!({ "to": self.number(), "from": from, "text": text, "class": class })
    }
}

/// Sends and writes until the caller drops it.
pub(super) async fn run(client: Client, carrier: &Carrier) -> Result<(), Failure> {
    let mut chance = Chance(1);
    loop {
        tokio::time::sleep(Duration::from_millis(50 + chance.below(PAUSE_MAX))).await;
        one(&mut chance, &client, carrier).await?;
    }
}

/// Sends a message, or has a handset write one.
pub(super) async fn one(chance: &mut Chance, client: &Client, carrier: &Carrier) -> Result<(), Failure> {
    if chance.below(INBOUND) == 0 {
        let text = chance.one(&ANSWERS).copied().unwrap_or_default();
        carrier.say_to_anyone(chance.number().trim_start_matches('+'), NUMBER, text);
    } else {
        client.post(&["messages"], &chance.message()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_and_of_every_country() {
        assert_eq!(COUNTRIES.iter().map(|(_, _, share)| share).sum::<u64>(), 100);
        let mut chance = Chance(7);
        let numbers: Vec<String> = (0..500).map(|_| chance.number()).collect();
        for (begins, digits, _) in COUNTRIES {
            let of_it: Vec<_> = numbers.iter().filter(|number| number.starts_with(begins)).collect();
            assert!(!of_it.is_empty(), "{begins}");
            assert!(of_it.iter().all(|number| number.len() == begins.len() + digits as usize), "{begins}");
        }
    }
}
