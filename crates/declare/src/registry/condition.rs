//! Conditions on what is declared, under which a change is made: HTTP's `If-Match` and `If-None-Match`.

use crate::document::Document;
use crate::registry::RegistryError;
use crate::set::Entry;

/// The state that something must have for a change to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Any state.
    #[default]
    None,
    /// Nothing of the name is there.
    Missing,
    /// Something of the name is there.
    There,
    /// It has one of these tags ([`Entry::tag`]).
    Tagged(Vec<String>),
}

impl Condition {
    /// Checks what is declared now.
    ///
    /// # Errors
    /// It is otherwise than wanted.
    pub(super) fn check<D: Document>(&self, name: &str, now: Option<&Entry<D>>) -> Result<(), RegistryError> {
        let wrong = match (self, now) {
            (Self::None, _) | (Self::Missing, None) | (Self::There, Some(_)) => return Ok(()),
            (Self::Missing, Some(_)) => format!("there is the {} '{name}' already", D::KIND),
            (Self::There | Self::Tagged(_), None) => format!("there is no {} '{name}'", D::KIND),
            (Self::Tagged(tags), Some(entry)) => {
                let tag = entry.tag();
                if tags.contains(&tag) {
                    return Ok(());
                }
                format!(
                    "the {} '{name}' was changed since it was read: its tag is {tag} now; read it again, and repeat the change",
                    D::KIND
                )
            }
        };
        Err(RegistryError::Unmet(wrong))
    }
}
