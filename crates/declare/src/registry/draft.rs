//! Makes an entry of what an administrator puts: secrets kept, made, and sealed for the store.

use super::RegistryError;
use crate::document::Document;
use crate::mint::{self, NoSecret};
use crate::mistake::Notes;
use crate::secret::{Secret, Secrets};
use crate::set::{Entry, Origin};
use crate::user::PASSWORD;
use postrider_core::time::Time;

/// An entry whose new secrets are still plain, so that they can be checked.
pub(super) struct Draft<D> {
    pub(super) entry: Entry<D>,
    /// Secrets that were made.
    pub(super) made: Vec<(String, String)>,
    /// Paths of the secrets that are not what they were.
    pub(super) changed: Vec<String>,
}

/// The draft of a document that takes the place of `old`. Secrets at the paths in `forget` aren't kept.
pub(super) fn of<D: Document>(
    name: &str,
    mut document: D,
    old: Option<&Entry<D>>,
    forget: &[&str],
    now: Time,
    notes: &Notes<'_>,
) -> Result<Draft<D>, RegistryError> {
    if !document.name().is_empty() && document.name() != name {
        notes.key("name").wrong(format_args!("'{}' is put under the name '{name}'", document.name()), "");
    }
    document.set_name(name);
    let mut secrets = Secrets::default();
    let (mut made, mut changed) = (Vec::new(), Vec::new());
    let mut failed = false;
    document.each_secret(&mut |place, slot| {
        let path = place.name;
        let kept = old.and_then(|old| old.secrets.get(&path)).filter(|_| !forget.contains(&path.as_str()));
        match (slot.take(), kept) {
            (Some(Secret::Literal(text)), _) => {
                secrets.set(&path, text);
                changed.push(path);
            }
            (Some(_), _) => {
                let what = "over the API a secret is written out; only the file can refer to one";
                notes.wrong_below(&place.path, what, "");
            }
            (None, Some(kept)) => secrets.set(&path, kept.to_owned()),
            (None, None) => match make(&path) {
                Some(Ok(secret)) => {
                    secrets.set(&path, secret.clone());
                    made.push((path.clone(), secret));
                    changed.push(path);
                }
                Some(Err(NoSecret)) => failed = true,
                None => {}
            },
        }
    });
    if failed {
        return Err(RegistryError::Interrupted);
    }
    if let Some(former) = former_webhook_secret(old, forget) {
        secrets.set("webhook.previous_secret", former.to_owned());
    }
    let entry = Entry { document, origin: Origin::Store, updated: Some(now), secrets };
    Ok(Draft { entry, made, changed })
}

/// The secret of a webhook that a rotation replaces: it signs on beside the new one.
fn former_webhook_secret<'a, D>(old: Option<&'a Entry<D>>, forget: &[&str]) -> Option<&'a str> {
    let secret = "webhook.secret";
    old.filter(|_| forget.contains(&secret)).and_then(|old| old.secrets.get(secret))
}

/// The entry with its secrets as the store keeps them: hashed where hashes do.
pub(super) async fn seal<D: Document>(mut entry: Entry<D>) -> Result<Entry<D>, RegistryError> {
    let secrets = std::mem::take(&mut entry.secrets);
    let sealed = tokio::task::spawn_blocking(move || secrets.map(seal_one));
    entry.secrets = match sealed.await {
        Ok(Ok(secrets)) => secrets,
        _ => return Err(RegistryError::Interrupted),
    };
    Ok(entry)
}

/// A new secret for this place, if it is one that the gateway gives out rather than is given.
fn make(path: &str) -> Option<Result<String, NoSecret>> {
    match path {
        "smpp.password" => Some(mint::password()),
        "webhook.secret" => Some(mint::webhook_secret()),
        "token" => Some(mint::token()),
        _ if path.starts_with("keys.") => Some(mint::key()),
        _ => None,
    }
}

fn seal_one(path: &str, secret: String) -> Result<String, NoSecret> {
    if matches!(path, "smpp.password" | PASSWORD) && !mint::is_password_hash(&secret) {
        mint::hash_password(&secret)
    } else if (path.starts_with("keys.") || path == "token") && mint::read_hash(&secret).is_none() {
        Ok(mint::write_hash(&mint::hash_key(&secret)))
    } else {
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountDocument;
    use crate::mistake::Found;

    fn draft(
        json: &str,
        old: Option<&Entry<AccountDocument>>,
        forget: &[&str],
    ) -> (Draft<AccountDocument>, usize) {
        let found = Found::default();
        let document = serde_json::from_str(json).unwrap();
        let draft = of("shop", document, old, forget, Time(1), &found.notes());
        (draft.unwrap_or_else(|error| panic!("{error}")), found.into_mistakes().len())
    }

    const JSON: &str = r#"{"keys":[{"name":"a"},{"name":"b","key":"pr_0123456789abcdefghij"}],
        "smpp":{"system_id":"shop"},"webhook":{"url":"https://shop.example"}}"#;

    #[tokio::test]
    async fn what_is_left_out_is_made_once_and_then_kept() {
        let (first, mistakes) = draft(JSON, None, &[]);
        let made: Vec<&str> = first.made.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!((made, mistakes), (vec!["keys.a", "smpp.password", "webhook.secret"], 0));
        assert_eq!(first.changed.len(), 4);
        let sealed = seal(first.entry).await.unwrap_or_else(|error| panic!("{error}"));
        let hash = mint::write_hash(&mint::hash_key("pr_0123456789abcdefghij"));
        assert_eq!(sealed.secrets.get("keys.b"), Some(&*hash));
        assert!(sealed.secrets.get("smpp.password").unwrap().starts_with("$argon2id$"));

        let again = JSON.replace(r#","key":"pr_0123456789abcdefghij""#, "");
        let (second, _) = draft(&again, Some(&sealed), &[]);
        assert_eq!((second.made.len(), second.changed.len()), (0, 0));
        assert_eq!(
            seal(second.entry).await.unwrap_or_else(|error| panic!("{error}")).secrets,
            sealed.secrets
        );

        let (third, _) = draft(&again, Some(&sealed), &["smpp.password"]);
        assert_eq!(third.changed, ["smpp.password"]);
        let (fourth, _) = draft(r#"{"keys":[]}"#, Some(&sealed), &[]);
        assert_eq!(fourth.entry.secrets, Secrets::default());
    }

    #[test]
    fn references_and_other_names_are_mistakes() {
        assert_eq!(draft(r#"{"name":"other"}"#, None, &[]).1, 1);
        assert_eq!(draft(r#"{"keys":[{"name":"a","key":{"env":"HOME"}}]}"#, None, &[]).1, 1);
    }
}
