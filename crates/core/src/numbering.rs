//! Numbering: the country, the network and the kind of line that a number belongs to.
//!
//! What every number has is in a table of the world, which is compiled in. Operators import a [`NumberingPlan`] beside it,
//! which knows networks and corrects kinds.

mod country;
mod csv;
mod dated;
mod destination;
mod kind;
mod network;
mod plan;
mod prefix;
mod prefix_map;
mod world;

pub use country::{Country, NotACountry};
pub use csv::CSV_HEADER;
pub(crate) use dated::{Dated, DatedPrefixes, day_of};
pub use destination::{Destination, Undeliverable};
pub use kind::NumberKind;
pub use network::{Network, NetworkCode, NotANetworkCode};
pub use plan::{NumberingPlan, RANGES_MAX, Range};
pub use prefix::{NotAPrefix, Prefix};
pub use prefix_map::PrefixMap;
pub(crate) use world::{CallingCode, calling_code_of};

use crate::number::Number;
use crate::time::Time;
use std::sync::Arc;

/// The country of a number; none for numbers of the whole world, and short codes.
#[must_use]
pub fn country_of(number: Number) -> Option<Country> {
    world::find(number).country
}

/// The numbering that decisions go by: the world's, and the operators' plan over it. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Numbering {
    plan: Option<Arc<NumberingPlan>>,
}

impl Numbering {
    /// The world's numbering with this plan over it.
    #[must_use]
    pub const fn with(plan: Option<Arc<NumberingPlan>>) -> Self {
        Self { plan }
    }

    /// The imported plan, if there is one.
    #[must_use]
    pub const fn plan(&self) -> Option<&Arc<NumberingPlan>> {
        self.plan.as_ref()
    }

    /// What is known of a number at this time.
    #[must_use]
    pub fn find(&self, number: Number, now: Time) -> Destination {
        let mut found = world::find(number);
        if let Some((network, kind)) = self.plan.as_ref().and_then(|plan| plan.find(number, now)) {
            found.network = network;
            if kind != NumberKind::Unknown {
                found.kind = kind;
            }
        }
        found
    }

    /// The network with this code, as the plan names it.
    #[must_use]
    pub fn named(&self, code: NetworkCode) -> Option<&Network> {
        self.plan.as_ref()?.networks().iter().find(|network| network.code == Some(code))
    }

    /// The network of a destination.
    #[must_use]
    pub fn network(&self, destination: &Destination) -> Option<&Network> {
        self.plan.as_ref()?.network(destination.network?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_knows_networks_and_corrects_kinds() {
        let plan = NumberingPlan::read(
            b"prefix,mccmnc,name,type\n447700,23410,O2,\n4420,,,mobile\n1500555,310260,T-Mobile US,voip\n",
        )
        .unwrap();
        let numbering = Numbering::with(Some(Arc::new(plan)));
        for (number, country, kind, network) in [
            ("+447700900123", "GB", "mobile", Some("O2")),
            ("+442071234567", "GB", "mobile", None),
            ("+443001234567", "GB", "service", None),
            ("+15005550006", "US", "voip", Some("T-Mobile US")),
        ] {
            let found = numbering.find(Number::parse(number).unwrap(), Time(0));
            let network_found = numbering.network(&found).map(|network| &*network.name);
            assert_eq!(found.country.map(|it| it.to_string()).as_deref(), Some(country), "{number}");
            assert_eq!((found.kind.word(), network_found), (kind, network), "{number}");
        }
    }
}
