//! URLs of webhooks, each read once.

use postrider_http::Target;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// The most URLs that are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// The targets that URLs name.
#[derive(Default)]
pub(super) struct Targets {
    read: Mutex<HashMap<Box<str>, Arc<Target>>>,
}

impl Targets {
    /// The target that a URL names; `None` if it names none.
    pub(super) fn of(&self, url: &str) -> Option<Arc<Target>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = read.get(url) {
            return Some(Arc::clone(target));
        }
        let target = Arc::new(Target::new(Url::parse(url).ok()?).ok()?);
        // Each message may have a URL of its own.
        if read.len() >= REMEMBERED_MAX {
            read.clear();
        }
        read.insert(url.into(), Arc::clone(&target));
        Some(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_once_and_few_are_remembered() {
        let targets = Targets::default();
        let first = targets.of("https://a.example/").unwrap();
        assert!(Arc::ptr_eq(&first, &targets.of("https://a.example/").unwrap()));
        assert!(targets.of("mailto:a@example.org").is_none() && targets.of("x").is_none());
        for number in 0..REMEMBERED_MAX {
            assert!(targets.of(&format!("https://a.example/{number}")).is_some());
        }
        assert!(targets.read.lock().unwrap().len() <= REMEMBERED_MAX);
    }
}
