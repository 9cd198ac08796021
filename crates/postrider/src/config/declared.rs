//! What a file declares. What may stand in accounts, upstreams and routes is their own affair and is asked of
//! them; here their paths are made the file's, and their mistakes are found in it.

use super::check::{Checker, keys};
use super::pem::{self, Unusable};
use super::secrets::beside;
use super::tree::{Node, Step};
use postrider_downstream::resource::{
    AccountDocument, Document, Documents, RouteDocument, Secret, TlsDocument, UpstreamDocument,
};
use std::collections::BTreeMap;
use std::path::Path;

impl Checker<'_> {
    /// The documents, with paths that no longer depend on where the file is.
    pub(super) fn documents(
        &mut self,
        accounts: BTreeMap<String, AccountDocument>,
        mut upstreams: BTreeMap<String, UpstreamDocument>,
        routes: BTreeMap<String, RouteDocument>,
    ) -> Documents {
        for (name, upstream) in &mut upstreams {
            let Some(tls) = &mut upstream.tls else { continue };
            for file in [&mut tls.ca_file, &mut tls.cert_file, &mut tls.key_file].into_iter().flatten() {
                *file = beside(self.base, file).display().to_string();
            }
            self.look_at(name, tls);
        }
        Documents { accounts: self.placed(accounts), upstreams: self.placed(upstreams), routes }
    }

    /// Looks at the files of an upstream's TLS. What is wrong with them is a doubt: the gateway starts without this
    /// upstream, and tries again until they are right.
    fn look_at(&mut self, name: &str, tls: &TlsDocument) {
        let place = |key: &str| keys(&["upstreams", name, "tls", key]);
        if let Some(file) = &tls.ca_file {
            self.doubt(&place("ca_file"), pem::chain(Path::new(file)));
        }
        let (Some(cert_file), Some(key_file)) = (&tls.cert_file, &tls.key_file) else { return };
        let chain = self.doubt(&place("cert_file"), pem::chain(Path::new(cert_file)));
        let key = self.doubt(&place("key_file"), pem::key(Path::new(key_file)));
        if let (Some(chain), Some(key)) = (chain, key) {
            self.doubt(&place("key_file"), pem::identity(chain, key));
        }
    }

    /// What a file holds, or a doubt noted.
    fn doubt<T>(&mut self, path: &[Step], result: Result<T, Unusable>) -> Option<T> {
        let note = |Unusable { what, help }| {
            self.warn(path, what, format!("{help}; until it is right this upstream is not connected"));
        };
        result.map_err(note).ok()
    }

    /// Makes the paths of secrets' files absolute, and warns of secrets that are written out.
    fn placed<D: Document>(&mut self, documents: BTreeMap<String, D>) -> BTreeMap<String, D> {
        let place = |(name, mut document): (String, D)| {
            document.each_secret(&mut |place, slot| match slot {
                Some(Secret::File { file }) => *file = beside(self.base, file).display().to_string(),
                Some(Secret::Literal(_)) => {
                    let path = steps(self.root, &format!("{}.{name}.{place}", D::PLURAL));
                    self.warn_literal(&path);
                }
                Some(Secret::Env { .. }) | None => {}
            });
            (name, document)
        };
        documents.into_iter().map(place).collect()
    }

    /// Warns of a secret that stands in the file itself.
    pub(super) fn warn_literal(&mut self, path: &[Step]) {
        self.warn(
            path,
            "a secret is written out here: whoever reads this file has it",
            "refer to it: `{ file = \"/run/secrets/name\" }` or `{ env = \"NAME\" }`",
        );
    }
}

/// The steps of a path such as `accounts.shop.smpp.allow[0]`, or `accounts.shop.keys.live` for the key in
/// the list that has this name. Names may have dots in them, so the tree says where one ends.
pub(super) fn steps(root: &Node, path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut node = Some(root);
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(index) = node.and_then(|node| node.named(rest)) {
            steps.extend([Step::Index(index), Step::Key("key".to_owned())]);
            break;
        }
        let (step, after) = next(node, rest);
        node = node.and_then(|node| node.find(std::slice::from_ref(&step)));
        steps.push(step);
        rest = after;
    }
    steps
}

/// The first step of a path from `node`, and what comes after it.
fn next<'a>(node: Option<&Node>, path: &'a str) -> (Step, &'a str) {
    let trimmed = |rest: &'a str| rest.strip_prefix('.').unwrap_or(rest);
    if let Some((index, rest)) = path.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (Step::Index(index.parse().unwrap_or(0)), trimmed(rest));
    }
    let ends_there = |key: &str| {
        path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let known = node.map_or(&[][..], Node::entries).iter().map(|entry| entry.key.as_str());
    let end = known
        .filter(|key| ends_there(key))
        .map(str::len)
        .max()
        .unwrap_or_else(|| path.find(['.', '[']).unwrap_or(path.len()));
    let (key, rest) = path.split_at(end);
    (keys(&[key]).remove(0), trimmed(rest))
}
