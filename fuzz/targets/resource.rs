//! Bodies that declare an account, an upstream or a route: what was read can be shown, and read again as the same.

use postrider_declare::{AccountDocument, Document, RouteDocument, UpstreamDocument};
use postrider_downstream::rest::fuzzing::resource;

/// One body, read as each kind.
pub(crate) fn body(octets: &[u8]) {
    kind::<AccountDocument>(octets);
    kind::<UpstreamDocument>(octets);
    kind::<RouteDocument>(octets);
}

fn kind<D: Document>(octets: &[u8]) {
    match resource::<D>(octets) {
        Err(problem) => assert!(!problem.is_empty()),
        Ok(document) => {
            let shown = serde_json::to_vec(&document).expect("a document can be shown");
            let again: D = resource(&shown).expect("what was shown reads back");
            // Secrets are shown hidden, so the documents themselves may differ.
            assert_eq!(serde_json::to_vec(&again).expect("a document can be shown"), shown);
        }
    }
}
