//! Providers of look-ups, as people declare them.

use crate::document::{Document, SecretPlace};
use crate::limit::AtMost;
use crate::mistake::Notes;
use crate::secret::{Secret, Secrets};
use crate::span::Span;
use crate::tree::Step;
use crate::upstream::http::GivenSecrets;
use crate::written::{Prefix, Written};
use crate::{settings, words};
use postrider_core::lookup::Assignment;
use postrider_core::numbering::Country;
use postrider_provider::{Lookup, LookupPreset, Missing, Values, presets};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The most values of one condition.
const VALUES_MAX: usize = 1_000;
/// The port of the DNS.
const DNS_PORT: u16 = 53;

words! {
    /// The protocol by which a provider of look-ups is asked.
    pub enum LookupProtocol {
        /// Requests over HTTP, as a preset describes them.
        Http = "http",
        /// ENUM: NAPTR records of the DNS (RFC 6116).
        Enum = "enum",
    }
}

words! {
    /// The meaning of a name that doesn't exist in the DNS.
    impl NoName for Assignment {
        /// Nothing is known of the number.
        Unknown = "unknown",
        /// Somebody has the number.
        Assigned = "assigned",
        /// Nobody has the number.
        Unassigned = "unassigned",
    }
}

settings! {
    /// A provider of look-ups: it says which network a number belongs to after porting, and whether somebody has it.
    pub struct LookupDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name. Of several providers for a number, the first by name is asked.
        name: String = String::new();
        /// Whether it is asked.
        enabled: bool = true;
        /// The countries (ISO 3166, such as `GB`) whose numbers it is asked about. Default: all.
        countries: Vec<Written<Country>> = Vec::new(), AtMost(VALUES_MAX);
        /// The first digits, without `+`, of numbers that it is asked about. Default: all.
        prefixes: Vec<Written<Prefix>> = Vec::new(), AtMost(VALUES_MAX);
        /// How long its answer is waited for. After that the numbering plan decides.
        time_limit: Span = "1s".into(), "10ms"..="30s";
        /// How long an answer is kept, and not asked for again.
        keep: Span = "1d".into(), "1m"..="365d";
        /// The most questions on a day (UTC), over all nodes. After that the numbering plan decides. Default: no limit.
        daily: Option<u32> = None, 1..=u32::MAX;
        /// The protocol by which it is asked.
        protocol: LookupProtocol = LookupProtocol::Http;
        /// The [preset](numbering.md#look-ups) that describes the provider's interface, for `http`. Default: none; `preset_file` is needed then.
        preset: String = String::new();
        /// A file with a preset of your own, for `http`. Default: none.
        preset_file: Option<String> = None;
        /// The preset's variables that are no secrets, by their names. Default: none.
        values: BTreeMap<String, String> = BTreeMap::new();
        /// The preset's variables that are secrets, by their names: `{ api_key = { env = "KEY" } }`. Over the API a secret that
        /// was given before may be `null`: then it is kept. Default: none.
        secret_values: GivenSecrets = GivenSecrets::default();
        /// The DNS server that is asked, for `enum`: an IP address, with a port if it isn't 53. Default: none; it is needed for `enum`.
        server: String = String::new();
        /// The domain under which numbers are, for `enum`.
        domain: String = "e164.arpa".to_owned();
        /// The beginning of the services of records that count, for `enum`.
        service: String = "E2U+".to_owned();
        /// The meaning of a number without a name in the DNS (`NXDOMAIN`), for `enum`.
        no_name: Assignment = Assignment::Unknown;
    }
}

impl Document for LookupDocument {
    const IS_NEEDED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        self.secret_values.each(&mut |name, slot| {
            let path = vec![Step::Key("secret_values".to_owned()), Step::Key(name.to_owned())];
            visit(SecretPlace { name: format!("secret_values.{name}"), path }, slot);
        });
    }

    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.preset_file.iter_mut().for_each(visit);
    }
}

impl LookupDocument {
    /// The address of the DNS server.
    ///
    /// # Errors
    /// Why there is none.
    pub fn server(&self) -> Result<SocketAddr, String> {
        let address = |_| self.server.parse::<IpAddr>().map(|address| SocketAddr::new(address, DNS_PORT));
        let wrong =
            |_| format!("'{}' is no IP address: write 192.0.2.53 or [2001:db8::53]:5353", self.server);
        self.server.parse().or_else(address).map_err(wrong)
    }

    /// The provider by HTTP, with the values that are declared.
    ///
    /// # Errors
    /// Why there is none.
    pub fn lookup(&self, secrets: &Secrets) -> Result<Lookup, String> {
        let preset = self.find_preset()?;
        let values = self.given(secrets);
        match values.missing(&preset.variables).first() {
            Some(missing) => Err(missing.to_string()),
            None => Ok(Lookup::new(Arc::new(preset), values)),
        }
    }

    fn find_preset(&self) -> Result<LookupPreset, String> {
        match &self.preset_file {
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| format!("can't read the file {file}: {error}"))?;
                LookupPreset::parse(&text).map_err(|error| format!("{file}: {error}"))
            }
            None => match presets::find_lookup(&self.preset) {
                Some(found) => found.map_err(|error| error.to_string()),
                None => {
                    let known: Vec<&str> = presets::lookup_names().collect();
                    Err(format!("there is no preset '{}'; there are {}", self.preset, known.join(", ")))
                }
            },
        }
    }

    fn given(&self, secrets: &Secrets) -> Values {
        let secret = |name: &String| secrets.get(&format!("secret_values.{name}")).map(ToOwned::to_owned);
        let secrets: Vec<(String, String)> =
            self.secret_values.names().filter_map(|name| Some((name.clone(), secret(name)?))).collect();
        let values = self.values.iter().chain(secrets.iter().map(|(name, value)| (name, value)));
        Values::new(values.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Notes what keeps the provider from being asked.
    pub(crate) fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
        match self.protocol {
            LookupProtocol::Http => {
                let preset = match self.find_preset() {
                    Ok(preset) => preset,
                    Err(why) => return notes.key("preset").wrong(why, ""),
                };
                for missing in self.given(secrets).missing(&preset.variables) {
                    let (key, name) = match &missing {
                        Missing::Value { name, secret: true, .. } => ("secret_values", name),
                        Missing::Value { name, .. } => ("values", name),
                        Missing::Unknown { name, .. } if self.values.contains_key(&**name) => {
                            ("values", name)
                        }
                        Missing::Unknown { name, .. } => ("secret_values", name),
                    };
                    notes.key(key).key(name).wrong(&missing, "");
                }
            }
            LookupProtocol::Enum => {
                if let Err(why) = self.server() {
                    notes.key("server").wrong(why, "");
                }
                if postrider_wire::dns::question(0, &postrider_wire::dns::name_of(1, &self.domain)).is_none()
                {
                    notes.key("domain").wrong("this is no domain", "write a name such as e164.arpa");
                }
            }
        }
    }
}
