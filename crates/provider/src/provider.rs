//! A provider: a preset with the values of one account.

use crate::account::Values;
use crate::fields::{Carried, Condition};
use crate::preset::Preset;
use crate::request::Surroundings;
use crate::template::Scope;
use std::borrow::Cow;
use std::sync::Arc;
use url::form_urlencoded;

/// A provider as one account uses it.
#[derive(Clone, Debug)]
pub struct Provider {
    pub(crate) preset: Arc<Preset>,
    pub(crate) values: Values,
}

impl Provider {
    /// The provider of a preset, with an account's values.
    #[must_use]
    pub fn new(preset: Arc<Preset>, values: Values) -> Self {
        let values = values.completed(&preset.variables);
        Self { preset, values }
    }

    /// The values that must not be shown, also in the form that forms and URLs write them.
    #[must_use]
    pub fn secrets(&self) -> Vec<Box<str>> {
        let plain = self.values.secrets(&self.preset.variables);
        let encoded = |secret: &str| form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
        let mut secrets: Vec<Box<str>> =
            plain.flat_map(|secret| [secret.into(), encoded(secret).into()]).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        secrets
    }

    /// The preset.
    #[must_use]
    pub fn preset(&self) -> &Preset {
        &self.preset
    }
}

/// The values of places: of the account, of a message if there is one, and those that were computed.
pub(crate) struct Places<'a> {
    pub(crate) values: &'a Values,
    pub(crate) message: Option<&'a Carried<'a>>,
    pub(crate) around: &'a Surroundings<'a>,
    pub(crate) computed: Vec<(&'static str, String)>,
}

impl Scope for Places<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.computed.iter().find(|(computed, _)| *computed == name) {
            return Some(Cow::Borrowed(value));
        }
        if let Some(value) = self.values.get(name) {
            return Some(Cow::Borrowed(value));
        }
        self.around.value(name).or_else(|| self.message?.value(name, self.around.now))
    }

    fn holds(&self, condition: Condition) -> bool {
        match condition {
            Condition::Callback => self.around.callback.is_some(),
            other => self.message.is_some_and(|message| message.holds(other)),
        }
    }
}
