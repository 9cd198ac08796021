//! Reads users.

use super::Ids;
use crate::account::AccountDocument;
use crate::base32;
use crate::document::Set;
use crate::mint::is_password_hash;
use crate::mistake::Notes;
use crate::set::Entry;
use crate::suggest::suggest;
use crate::user::{PASSWORD, PASSWORD_LENGTHS, TOTP, TOTP_LENGTHS, UserDocument};
use postrider_core::account::{AccountId, Proof};
use postrider_core::user::{CodeKey, Role, User, UserId, Users};

/// The longest identifier at a provider (OpenID Connect Core 1.0, section 2).
const SUBJECT_MAX: usize = 255;

/// Every user that is declared.
pub(super) fn read(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Users {
    let read = |(name, entry): (&String, &std::sync::Arc<Entry<UserDocument>>)| {
        let notes = notes.key(name);
        let document = &entry.document;
        User {
            id: UserId(ids.get::<UserDocument>(name)),
            name: name.as_str().into(),
            role: document.role.into(),
            enabled: document.enabled,
            account: account(document, set, ids, &notes.key("account")),
            proof: proof(entry, &notes.key("password")),
            code_key: code_key(entry, &notes.key("totp")),
            subject: subject(document, set, &notes.key("subject")),
            allowed: document.allow.iter().map(|network| **network).collect(),
        }
    };
    Users::new(set.users.iter().map(read))
}

/// The account that it sees alone, if its role may have one.
fn account(document: &UserDocument, set: &Set, ids: &Ids, notes: &Notes<'_>) -> Option<AccountId> {
    let role = Role::from(document.role);
    match (&document.account, role.has_account()) {
        (None, Some(true)) => notes.wrong(
            format_args!("the role '{}' needs an account", role.word()),
            "name the account that the user is of",
        ),
        (Some(_), Some(false)) => notes.wrong(
            format_args!("the role '{}' is for all accounts", role.word()),
            "leave 'account' out, or choose another role",
        ),
        _ => {}
    }
    let name = document.account.as_ref()?;
    if !set.accounts.contains_key(name) {
        let meant = suggest(name, set.accounts.keys().map(String::as_str));
        let help = meant.map(|meant| format!("did you mean '{meant}'?")).unwrap_or_default();
        notes.wrong(format_args!("there is no account '{name}'"), help);
    }
    Some(AccountId(ids.get::<AccountDocument>(name)))
}

/// Who it is at the identity provider. No two users are the same there.
fn subject(document: &UserDocument, set: &Set, notes: &Notes<'_>) -> Option<Box<str>> {
    let subject = document.subject.as_deref()?;
    if subject.is_empty() || subject.len() > SUBJECT_MAX {
        notes.wrong("invalid value", format!("write 1 to {SUBJECT_MAX} characters, or leave it out"));
    }
    let is_other = |other: &&std::sync::Arc<Entry<UserDocument>>| {
        let other = &other.document;
        other.name < document.name && other.subject.as_deref() == Some(subject)
    };
    if let Some(other) = set.users.values().find(is_other) {
        let other = &other.document.name;
        notes.wrong(format_args!("the user '{other}' has this subject"), "each user has one of its own");
    }
    Some(subject.into())
}

fn proof(entry: &Entry<UserDocument>, notes: &Notes<'_>) -> Option<Proof> {
    let text = entry.secrets.get(PASSWORD)?;
    if is_password_hash(text) {
        return Some(Proof::Hash(text.into()));
    }
    notes.take(check_password(text, &entry.document.name));
    Some(Proof::Referred(text.into()))
}

/// Whether a text is good enough for a user's password.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn check_password(text: &str, user: &str) -> Result<(), String> {
    let count = text.chars().count();
    let (least, most) = (PASSWORD_LENGTHS.start(), PASSWORD_LENGTHS.end());
    if count < *least {
        return Err(format!("{count} characters are too few: write {least} to {most}"));
    }
    if text.len() > *most {
        return Err(format!("{} octets are too many: write at most {most}", text.len()));
    }
    let mut different: Vec<char> = text.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 || text.to_lowercase().replace(&user.to_lowercase(), "").chars().count() < 8 {
        return Err("this is easily guessed: write several words, or let a password manager make one".into());
    }
    Ok(())
}

fn code_key(entry: &Entry<UserDocument>, notes: &Notes<'_>) -> Option<CodeKey> {
    let octets =
        base32::decode(entry.secrets.get(TOTP)?).filter(|octets| TOTP_LENGTHS.contains(&octets.len()));
    let (least, most) = (TOTP_LENGTHS.start(), TOTP_LENGTHS.end());
    let octets = octets.ok_or_else(|| format!("this is no key: write {least} to {most} octets in base32"));
    notes.take(octets).map(|octets| CodeKey(octets.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Documents;
    use crate::mistake::{Found, Mistake, Mistakes};
    use crate::rules::{Declared, whole};
    use crate::tree::Node;
    use std::sync::Arc;

    fn declared(text: &str) -> Result<Declared, Mistakes> {
        let found = Found::default();
        let node: Node = toml::from_str(text).unwrap();
        let documents: Documents = crate::read_table(&node, &found.notes()).unwrap();
        let mut mistakes = found.into_mistakes();
        let set = Set::of_file(documents, &mut mistakes);
        let mut ids = Ids::default();
        for (index, (kind, name)) in ids.missing(&set).into_iter().enumerate() {
            ids.set(&kind, &name, u32::try_from(index).unwrap() + 1);
        }
        whole(Arc::new(set), &ids, 3, mistakes)
    }

    const SHOP: &str = "[accounts.shop]\n";

    #[test]
    fn a_user_has_its_role_its_account_and_its_proofs() {
        let text = format!(
            "{SHOP}[users.anna]\nrole = 'customer'\naccount = 'shop'\npassword = 'correct horse battery'\n\
             totp = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'\nallow = ['192.0.2.0/24']\n[users.otto]\nrole = 'owner'"
        );
        let users = declared(&text).unwrap().users;
        let anna = users.named("anna").unwrap();
        assert_eq!((anna.role, anna.account, anna.enabled), (Role::Customer, Some(AccountId(1)), true));
        assert_eq!(anna.proof, Some(Proof::Referred("correct horse battery".into())));
        assert_eq!(anna.code_key, Some(CodeKey(Box::from(*b"12345678901234567890"))));
        let otto = users.named("otto").unwrap();
        assert!(otto.id != anna.id && otto.proof.is_none() && users.with_id(otto.id).is_some());
    }

    #[test]
    fn what_does_not_go_together_is_a_mistake() {
        for (user, place) in [
            ("role = 'customer'", "account"),
            ("role = 'author'", "account"),
            ("role = 'owner'\naccount = 'shop'", "account"),
            ("role = 'support'\naccount = 'shap'", "account"),
            ("role = 'chief'", "role"),
            ("account = 'shop'", "role"),
            ("role = 'owner'\npassword = 'short'", "password"),
            ("role = 'owner'\npassword = 'aaaaaaaaaaaaaa'", "password"),
            ("role = 'owner'\npassword = 'x-x-x-x-x-x-x-x'", "password"),
            ("role = 'owner'\npassword = 'xx12xx12xx12'", "password"),
            ("role = 'owner'\ntotp = 'GEZDGNBVGY3TQOJQ'", "totp"),
            ("role = 'owner'\ntotp = '!'", "totp"),
            ("role = 'owner'\nallow = ['x']", "allow[0]"),
        ] {
            let mistakes = declared(&format!("{SHOP}[users.xx]\n{user}")).unwrap_err();
            let told: Vec<String> = mistakes.0.iter().map(Mistake::place).collect();
            assert_eq!(told, [format!("users.xx.{place}")], "{user}");
        }
    }

    #[test]
    fn no_two_users_are_the_same_at_the_provider() {
        let users = |other: &str| {
            format!(
                "[users.anna]\nrole = 'owner'\nsubject = '17'\n[users.otto]\nrole = 'owner'\nsubject = '{other}'"
            )
        };
        let declared_users = declared(&users("18")).unwrap().users;
        assert_eq!(declared_users.named("anna").unwrap().subject.as_deref(), Some("17"));
        for other in ["17", ""] {
            let mistakes = declared(&users(other)).unwrap_err();
            let told: Vec<String> = mistakes.0.iter().map(Mistake::place).collect();
            assert_eq!(told, ["users.otto.subject"], "{other}");
        }
    }

    #[test]
    fn an_account_of_a_user_stays() {
        let set = declared(&format!("{SHOP}[users.anna]\nrole = 'author'\naccount = 'shop'")).unwrap().set;
        let told = crate::rules::unnamed::<AccountDocument>("shop", &set).unwrap_err();
        assert!(told.contains("the user 'anna'"), "{told}");
    }
}
