//! Templates read backwards: the values of places in a request that was made of them. The simulated provider reads requests so.

use crate::node::Node;
use crate::template::{Piece, Template};
use crate::tree::shown;
use crate::xml;
use serde_json::Value;
use std::collections::BTreeMap;

/// The values of places, for each message of a request.
pub(crate) type Bound = Vec<BTreeMap<Box<str>, String>>;

/// Reads the values of a template's places out of a text; nothing if it isn't of the template.
pub(crate) fn of_text(template: &Template, text: &str, bound: &mut BTreeMap<Box<str>, String>) {
    let pieces = template.pieces();
    let [before @ .., _] = pieces else { return };
    let mut rest = text;
    let mut read = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(plain) => match rest.strip_prefix(&**plain) {
                Some(after) => rest = after,
                None => return,
            },
            Piece::Place(name) => {
                let end = match pieces.get(index + 1) {
                    Some(Piece::Text(next)) => rest.find(&**next),
                    _ if index == before.len() => Some(rest.len()),
                    _ => None,
                };
                let Some((value, after)) = end.and_then(|end| rest.split_at_checked(end)) else { return };
                read.push((name.clone(), value.to_owned()));
                rest = after;
            }
        }
    }
    bound.extend(read);
}

/// Reads the values of a body's places out of a tree.
pub(crate) fn of_tree(node: &Node, tree: &Value, bound: &mut Bound) {
    if bound.is_empty() {
        bound.push(BTreeMap::new());
    }
    match node {
        Node::Text(template) | Node::Number(template) => {
            if let (Some(text), Some(first)) = (shown(tree), bound.first_mut()) {
                of_text(template, &text, first);
            }
        }
        Node::Fixed(_) => {}
        Node::Object(members) => {
            for (name, node) in members {
                match node {
                    // Elements in their order, which are members of the same element.
                    Node::List(nodes) if name.is_empty() => {
                        nodes.iter().for_each(|node| of_tree(node, tree, bound));
                    }
                    // XML is read without namespaces.
                    node => {
                        if let Some(value) = tree.get(&**name).or_else(|| tree.get(xml::local(name))) {
                            of_tree(node, value, bound);
                        }
                    }
                }
            }
        }
        Node::List(nodes) => {
            let Value::Array(list) = tree else {
                // A form with one value of a name has no list of it.
                if let Some(node) = nodes.first() {
                    of_tree(node, tree, bound);
                }
                return;
            };
            nodes.iter().zip(list).for_each(|(node, value)| of_tree(node, value, bound));
        }
        Node::Each(node) => {
            let one = [tree.clone()];
            let list = if let Value::Array(list) = tree { list.as_slice() } else { &one };
            for (index, value) in list.iter().enumerate() {
                let mut inner = vec![BTreeMap::new()];
                of_tree(node, value, &mut inner);
                merge(bound, index, inner);
            }
        }
        Node::Join { each, with } => {
            for (index, text) in shown(tree).unwrap_or_default().split(&**with).enumerate() {
                let mut inner = BTreeMap::new();
                of_text(each, text, &mut inner);
                merge(bound, index, vec![inner]);
            }
        }
        Node::When { then, otherwise, .. } => {
            then.iter().chain(otherwise).for_each(|node| of_tree(node, tree, bound));
        }
        Node::Url { base, query, .. } => {
            if let (Some(text), Some(first)) = (shown(tree), bound.first_mut()) {
                let added = query.first().and_then(|(name, _)| {
                    text.find(&format!("&{name}=")).or_else(|| text.find(&format!("?{name}=")))
                });
                of_text(base, text.get(..added.unwrap_or(text.len())).unwrap_or_default(), first);
                first.insert("receipt_url".into(), text);
            }
        }
    }
}

fn merge(bound: &mut Bound, index: usize, inner: Bound) {
    while bound.len() <= index {
        bound.push(BTreeMap::new());
    }
    if let (Some(place), Some(values)) = (bound.get_mut(index), inner.into_iter().next()) {
        place.extend(values);
    }
}
