//! Texts with short links in the place of addresses.

use super::LINKS_MAX;
use super::code::{LinkName, LinkSecret};
use super::document::{LinkTarget, TextLink};
use super::finding::{Source, addresses, sources};
use crate::kept::keep;
use crate::random::NoRandomness;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppWrite, StoreError};
use postrider_core::number::Number;
use std::collections::BTreeSet;

/// A text whose addresses are short links, and where these lead.
#[derive(Clone, Debug, Default)]
pub struct Shortened {
    /// The text.
    pub text: String,
    /// The links, each with the address in whose place it stands.
    pub(super) links: Vec<(LinkName, Box<str>)>,
}

/// New links for the addresses that the sources of a campaign's texts name, each once; `None` if there are too many.
pub(crate) fn links_of<'s>(
    texts: impl Iterator<Item = (&'s str, bool)>,
) -> Result<Option<Vec<TextLink>>, NoRandomness> {
    let all: BTreeSet<Source<'_>> =
        texts.flat_map(|(text, is_template)| sources(text, is_template)).collect();
    if all.len() > LINKS_MAX {
        return Ok(None);
    }
    let link = |source| {
        let (target, is_personal) = match source {
            Source::Whole(target) => (target, false),
            Source::Beginning(target) => (target, true),
        };
        Ok(TextLink { number: LinkName::new_number()?, target: target.into(), is_personal })
    };
    all.into_iter().map(link).collect::<Result<_, _>>().map(Some)
}

/// What stands in the texts of a campaign in the place of addresses.
pub(crate) struct Shortener {
    pub(super) base: Box<str>,
    pub(super) secret: LinkSecret,
    pub(super) links: Vec<TextLink>,
    /// Until when links lead anywhere, in milliseconds.
    pub(super) until: i64,
}

impl Shortener {
    /// A text for the recipient at a place, and what is to be kept so that its links lead where they should.
    pub(crate) fn shorten(
        &self,
        text: &str,
        position: u64,
        number: Number,
    ) -> Result<(String, Vec<AppWrite>), StoreError> {
        let mut own: Vec<(Box<str>, &str)> = Vec::new();
        let text = replaced(text, &self.base, |address| {
            let link = self.link(address)?;
            let name = LinkName::of_run(link.number, position)?;
            if link.is_personal {
                let id = name.own_target()?;
                match own.iter().find(|(known, _)| *known == id) {
                    // A second address behind the same beginning stays as it is: a link leads to one.
                    Some((_, target)) if *target != address => return None,
                    Some(_) => {}
                    None => own.push((id, address)),
                }
            }
            Some(self.secret.code(name))
        });
        let target = |(id, address): (Box<str>, &str)| {
            let target = address.into();
            let document = LinkTarget { id, number: number.digits(), target, until: self.until };
            keep(AccountId(0), &document, 0)
        };
        Ok((text, own.into_iter().map(target).collect::<Result<_, _>>()?))
    }

    /// The link that an address belongs to: its own, or that of its longest beginning.
    fn link(&self, address: &str) -> Option<&TextLink> {
        let whole = self.links.iter().find(|link| !link.is_personal && *link.target == *address);
        let personal = || {
            let fits = |link: &&TextLink| link.is_personal && address.starts_with(&*link.target);
            self.links.iter().filter(fits).max_by_key(|link| link.target.len())
        };
        whole.or_else(personal)
    }
}

/// A text with new links in the place of all its addresses.
pub(super) fn shortened(text: &str, base: &str, secret: &LinkSecret) -> Result<Shortened, NoRandomness> {
    let (mut links, mut failed) = (Vec::new(), None);
    let text = replaced(text, base, |address| match LinkName::new_single() {
        Ok(name) => {
            links.push((name, address.into()));
            Some(secret.code(name))
        }
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    failed.map_or(Ok(Shortened { text, links }), Err)
}

/// A text as long as it is with links.
pub(super) fn as_long(text: &str, base: &str) -> String {
    replaced(text, base, |_| Some("x".repeat(super::code::LENGTH)))
}

fn replaced<'t>(text: &'t str, base: &str, mut code: impl FnMut(&'t str) -> Option<String>) -> String {
    let (mut written, mut end) = (String::with_capacity(text.len()), 0);
    for range in addresses(text) {
        let Some(code) = text.get(range.clone()).and_then(&mut code) else { continue };
        written.push_str(text.get(end..range.start).unwrap_or_default());
        written.push_str(base);
        written.push('/');
        written.push_str(&code);
        end = range.end;
    }
    written.push_str(text.get(end..).unwrap_or_default());
    written
}
