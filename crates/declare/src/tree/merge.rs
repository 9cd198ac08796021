//! Changes of documents by JSON merge patches.

use super::{Node, Value};

impl Node {
    /// Changes the value as a JSON merge patch says (RFC 7386, section 2): fields of a table are changed one by one, a field
    /// that is null is removed, and every other value takes the place of what was there.
    pub fn merge(&mut self, patch: Self) {
        let Value::Table(changes) = patch.value else {
            self.value = patch.value;
            return;
        };
        if !matches!(self.value, Value::Table(_)) {
            self.value = Value::Table(Vec::new());
        }
        let Value::Table(entries) = &mut self.value else { return };
        for mut change in changes {
            let known = entries.iter().position(|entry| entry.key == change.key);
            match (known, change.node.is_null()) {
                (Some(index), true) => drop(entries.remove(index)),
                (None, true) => {}
                (Some(index), false) => {
                    if let Some(entry) = entries.get_mut(index) {
                        entry.node.merge(change.node);
                    }
                }
                (None, false) => {
                    // Nulls inside a new table are left out too.
                    let mut node = Self::new(Value::Null);
                    node.merge(change.node);
                    change.node = node;
                    entries.push(change);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plain(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Text(text) => text.as_str().into(),
            Value::Integer(number) => (*number).into(),
            Value::List(nodes) => nodes.iter().map(plain).collect(),
            Value::Table(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), plain(&entry.node))).collect()
            }
            _ => serde_json::Value::Null,
        }
    }

    /// The examples of RFC 7386, appendix A.
    #[test]
    fn a_patch_changes_what_it_names() {
        for (target, patch, expected) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut node = Node::of_json(&target);
            node.merge(Node::of_json(&patch));
            assert_eq!(plain(&node), expected, "{target} {patch}");
        }
    }
}
