//! Users sign in, prove again who they are, and set passwords by links: on a store in memory, in a time that tests set.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use async_trait::async_trait;
use postrider_access::audit::Auditor;
use postrider_access::{
    Access, Credentials, FreshProof, LockOutScope, NotAllowed, Settings, SetupFor, SignedIn, code,
};
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{EndedSessions, Live, Sessions, Store};
use postrider_core::quota::Allowance;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use postrider_core::user::{CodeKey, Permission, Role};
use postrider_declare::{Documents, Passwords, Registry, base32};
use postrider_store::sqlite::{self, Memory};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";
const HERE: &str = "192.0.2.1";
const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The rules of the registry, and a clock that tests set.
struct Door {
    now: AtomicI64,
    registry: OnceLock<Arc<Registry>>,
}

#[async_trait]
impl Live for Door {
    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.registry.get().unwrap().declared().rules)
    }

    fn now(&self) -> Time {
        Time(self.now.load(Ordering::Relaxed))
    }

    fn sending(&self, _: &Account) -> Option<Allowance> {
        None
    }

    fn session(&self, _: AccountId, _: bool) {}

    fn sessions_elsewhere(&self, _: AccountId) -> u32 {
        0
    }
}

/// An access, and what it stands on.
struct Place {
    access: Access,
    door: Arc<Door>,
    store: Arc<dyn Store>,
}

impl Place {
    async fn new(declared: &str, codes_required: &[Role]) -> Self {
        let memory = Memory::new().unwrap();
        let store: Arc<dyn Store> = memory.open(sqlite::Settings::default()).unwrap();
        let documents: Documents = toml::from_str(declared).unwrap();
        let registry = Registry::open(Arc::clone(&store), documents).await.unwrap();
        let door = Arc::new(Door { now: AtomicI64::new(1_800_000_000_000), registry: OnceLock::new() });
        assert!(door.registry.set(Arc::clone(&registry)).is_ok());
        let auditor = Arc::new(Auditor::new(Arc::clone(&store) as _, Arc::clone(&door) as _));
        let settings = Settings { codes_required: codes_required.to_vec(), ..Settings::default() };
        let sessions: Arc<dyn Sessions> = Arc::clone(&store) as _;
        let passwords = Arc::new(Passwords::new().unwrap());
        let access = Access::new(registry, sessions, Arc::clone(&door) as _, auditor, passwords, settings);
        Self { access, door, store }
    }

    fn later(&self, time: Duration) {
        self.door.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    async fn sign_in(&self, name: &str, password: &str, code: &str) -> Result<String, NotAllowed> {
        let given = Credentials { name, password, code, address: here(), agent: "Firefox" };
        self.access.sign_in(given).await.map(|begun| begun.token)
    }

    async fn signed_in(&self, token: &str) -> Option<SignedIn> {
        self.access.signed_in(token, here()).await.unwrap()
    }

    /// The code that an app shows now.
    fn code(&self) -> String {
        let key = CodeKey(base32::decode(KEY).unwrap().into());
        code::shown(&key, self.door.now())
    }

    async fn actions(&self) -> Vec<(String, String)> {
        let filter = postrider_core::audit::Filter { oldest_first: true, limit: 99, ..Default::default() };
        let (lines, _) = self.store.trail(filter).await.unwrap();
        lines.into_iter().map(|line| (line.event.who.into(), line.event.action.into())).collect()
    }
}

fn here() -> IpAddr {
    HERE.parse().unwrap()
}

fn anna(more: &str) -> String {
    format!("[accounts.shop]\n[users.anna]\nrole = 'owner'\npassword = '{PASSWORD}'\n{more}")
}

#[tokio::test]
async fn a_user_signs_in_and_out() {
    let place = Place::new(&anna(""), &[]).await;
    for (name, password) in [("anna", "wrong"), ("otto", PASSWORD), ("", "")] {
        assert!(matches!(place.sign_in(name, password, "").await, Err(NotAllowed::Wrong)), "{name}");
    }
    let token = place.sign_in("anna", PASSWORD, "").await.unwrap();
    let signed_in = place.signed_in(&token).await.unwrap();
    assert_eq!((&*signed_in.user.name, &*signed_in.session.address), ("anna", HERE));
    assert!(signed_in.may(Permission::WriteUsers));
    assert!(place.signed_in("ps_other").await.is_none());
    place.access.sign_out(&signed_in).await.unwrap();
    assert!(place.signed_in(&token).await.is_none());
    let anna = |action: &str| ("anna".to_owned(), action.to_owned());
    assert_eq!(place.actions().await, [anna("session.begun"), anna("session.ended")]);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_lives_while_it_is_used() {
    let place = Place::new(&anna(""), &[]).await;
    let token = place.sign_in("anna", PASSWORD, "").await.unwrap();
    for _ in 0..23 {
        place.later(Duration::from_mins(30));
        assert!(place.signed_in(&token).await.is_some());
    }
    place.later(Duration::from_mins(30));
    assert!(place.signed_in(&token).await.is_none(), "twelve hours are enough");
    let token = place.sign_in("anna", PASSWORD, "").await.unwrap();
    place.later(Duration::from_mins(60));
    assert!(place.signed_in(&token).await.is_none());
}

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let place = Place::new(&anna(""), &[]).await;
    for _ in 0..5 {
        assert!(matches!(place.sign_in("anna", "wrong", "").await, Err(NotAllowed::Wrong)));
    }
    assert!(matches!(place.sign_in("anna", PASSWORD, "").await, Err(NotAllowed::Locked(_))));
    let given = Credentials {
        name: "anna",
        password: PASSWORD,
        code: "",
        address: "198.51.100.1".parse().unwrap(),
        agent: "",
    };
    assert!(place.access.sign_in(given).await.is_ok(), "nobody is locked out by somebody elsewhere");
}

#[tokio::test]
async fn a_code_counts_once() {
    let place = Place::new(&anna(&format!("totp = '{KEY}'")), &[]).await;
    assert!(matches!(place.sign_in("anna", PASSWORD, "").await, Err(NotAllowed::Wrong)));
    let code = place.code();
    let token = place.sign_in("anna", PASSWORD, &code).await.unwrap();
    assert!(matches!(place.sign_in("anna", PASSWORD, &code).await, Err(NotAllowed::Wrong)));
    let signed_in = place.signed_in(&token).await.unwrap();
    let prove = async |proof| place.access.prove(&signed_in, proof).await;
    assert!(matches!(prove(FreshProof::Code(&code)).await, Err(NotAllowed::Wrong)), "it was used");
    assert!(
        matches!(prove(FreshProof::Password(PASSWORD)).await, Err(NotAllowed::Wrong)),
        "a code is asked for"
    );
}

#[tokio::test]
async fn keys_and_users_need_a_fresh_proof() {
    let place = Place::new(&anna(""), &[]).await;
    let token = place.sign_in("anna", PASSWORD, "").await.unwrap();
    let needs = async |permission| {
        let signed_in = place.signed_in(&token).await.unwrap();
        place.access.needs_proof(&signed_in, permission)
    };
    assert!(!needs(Permission::WriteUsers).await, "who has just signed in has proved it");
    place.later(Duration::from_mins(10));
    assert!(needs(Permission::WriteUsers).await && needs(Permission::WriteKeys).await);
    assert!(!needs(Permission::ReadMessages).await);
    let signed_in = place.signed_in(&token).await.unwrap();
    assert!(place.access.prove(&signed_in, FreshProof::Password("wrong")).await.is_err());
    place.access.prove(&signed_in, FreshProof::Password(PASSWORD)).await.unwrap();
    assert!(!needs(Permission::WriteUsers).await);
}

#[tokio::test]
async fn the_first_owner_sets_a_password_once() {
    let place = Place::new("", &[]).await;
    let link = place.access.first_link().await.unwrap().unwrap();
    let other = place.access.first_link().await.unwrap().unwrap();
    assert!(matches!(place.access.setup_for(&link.token).await, Ok(SetupFor::FirstOwner)));
    let set = async |token: &str, password: &str| place.access.set_up(token, "Anna", password, here()).await;
    assert!(matches!(set(&link.token, "short").await, Err(NotAllowed::Unfit(_))));
    assert!(matches!(set("nothing", PASSWORD).await, Err(NotAllowed::Link)));
    let set_lower = place.access.set_up(&link.token, "anna", PASSWORD, here()).await;
    assert_eq!(&*set_lower.unwrap(), "anna");
    assert!(matches!(set(&link.token, PASSWORD).await, Err(NotAllowed::Link)), "it was used");
    assert!(matches!(set(&other.token, PASSWORD).await, Err(NotAllowed::Link)), "there is an owner");
    assert!(place.access.first_link().await.unwrap().is_none());
    let token = place.sign_in("anna", PASSWORD, "").await.unwrap();
    assert_eq!(place.signed_in(&token).await.unwrap().user.role, Role::Owner);
    let actions = place.actions().await;
    assert!(actions.contains(&("anna".into(), "change".into())), "{actions:?}");
}

#[tokio::test]
async fn a_link_ends_in_time_and_so_do_the_sessions_of_its_user() {
    let place = Place::new("", &[]).await;
    let link = place.access.first_link().await.unwrap().unwrap();
    place.later(Duration::from_hours(1));
    assert!(matches!(place.access.setup_for(&link.token).await, Err(NotAllowed::Link)));
    let link = place.access.first_link().await.unwrap().unwrap();
    place.access.set_up(&link.token, "", PASSWORD, here()).await.unwrap();
    let token = place.sign_in("owner", PASSWORD, "").await.unwrap();
    let link = place.access.link_for("owner").await.unwrap();
    assert!(place.access.link_for("nobody").await.is_err());
    place.access.set_up(&link.token, "", "another horse battery", here()).await.unwrap();
    assert!(place.signed_in(&token).await.is_none());
    assert!(place.sign_in("owner", PASSWORD, "").await.is_err());
    assert!(place.sign_in("owner", "another horse battery", "").await.is_ok());
}

#[tokio::test]
async fn a_role_that_needs_codes_does_nothing_before_it_has_them() {
    let place = Place::new("", &[Role::Owner]).await;
    let link = place.access.first_link().await.unwrap().unwrap();
    place.access.set_up(&link.token, "anna", PASSWORD, here()).await.unwrap();
    let token = place.sign_in("anna", PASSWORD, "").await.unwrap();
    let other = place.sign_in("anna", PASSWORD, "").await.unwrap();
    let signed_in = place.signed_in(&token).await.unwrap();
    assert!(signed_in.needs_codes && !signed_in.may(Permission::ReadMessages));
    assert!(place.access.set_code_key(&signed_in, KEY, "000000x").await.is_err());
    place.access.set_code_key(&signed_in, KEY, &place.code()).await.unwrap();
    let signed_in = place.signed_in(&token).await.unwrap();
    assert!(!signed_in.needs_codes && signed_in.may(Permission::ReadMessages));
    assert!(place.signed_in(&other).await.is_none(), "other sessions end");
    place.access.remove_code_key("anna", "ops").await.unwrap();
    assert!(place.sign_in("anna", PASSWORD, "").await.is_ok());
}

#[tokio::test]
async fn who_changes_a_password_ends_the_other_sessions() {
    let place = Place::new("", &[]).await;
    let link = place.access.first_link().await.unwrap().unwrap();
    place.access.set_up(&link.token, "anna", PASSWORD, here()).await.unwrap();
    let (token, other) = (
        place.sign_in("anna", PASSWORD, "").await.unwrap(),
        place.sign_in("anna", PASSWORD, "").await.unwrap(),
    );
    let signed_in = place.signed_in(&token).await.unwrap();
    let change = async |old, new| place.access.change_password(&signed_in, old, new).await;
    assert!(matches!(change("wrong", "another horse battery").await, Err(NotAllowed::Wrong)));
    assert!(matches!(change(PASSWORD, "short").await, Err(NotAllowed::Unfit(_))));
    change(PASSWORD, "another horse battery").await.unwrap();
    assert!(place.signed_in(&token).await.is_some() && place.signed_in(&other).await.is_none());
    assert_eq!(place.access.sessions(None).await.unwrap().len(), 1);
    let ended = place.access.end_sessions(EndedSessions::OfUser(signed_in.user.id)).await.unwrap();
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn a_disabled_user_or_account_lets_nobody_in() {
    let place = Place::new(
        &format!(
            "[accounts.shop]\nenabled = false\n[users.anna]\nrole = 'customer'\naccount = 'shop'\npassword = '{PASSWORD}'\n\
             [users.otto]\nrole = 'owner'\nenabled = false\npassword = '{PASSWORD}'\n\
             [users.emma]\nrole = 'owner'\nallow = ['198.51.100.0/24']\npassword = '{PASSWORD}'"
        ),
        &[],
    )
    .await;
    for name in ["anna", "otto", "emma"] {
        assert!(matches!(place.sign_in(name, PASSWORD, "").await, Err(NotAllowed::Wrong)), "{name}");
    }
}

#[tokio::test]
async fn who_is_locked_out_is_listed_and_let_in_again() {
    let place = Place::new(&anna(""), &[]).await;
    for _ in 0..postrider_access::wrong_logins::FREE {
        assert!(place.access.lock_outs().is_empty());
        place.sign_in("anna", "wrong", "").await.unwrap_err();
    }
    assert!(matches!(place.sign_in("anna", PASSWORD, "").await, Err(NotAllowed::Locked(_))));
    let all = place.access.lock_outs();
    assert_eq!(all.len(), 1);
    let it = &all[0];
    assert_eq!(
        (it.scope, it.name.as_deref(), it.address.as_deref()),
        (LockOutScope::Name, Some("anna"), Some(HERE))
    );
    assert_eq!((it.wrong, it.is_locked), (5, true));
    assert!(it.last <= place.door.now() && place.door.now() < it.until);
    assert!(place.access.lift_lock_out("other").is_none());
    assert_eq!(place.access.lift_lock_out(&it.id).map(|lifted| lifted.id), Some(it.id.clone()));
    assert!(place.access.lock_outs().is_empty());
    place.sign_in("anna", PASSWORD, "").await.unwrap();
}

#[tokio::test]
async fn codes_that_were_guessed_are_listed_by_their_user() {
    let place = Place::new(&anna(&format!("totp = '{KEY}'")), &[]).await;
    for n in 0..postrider_access::wrong_logins::FREE_IN_ALL {
        let name = format!("2001:db8:{n:x}::1");
        let given = Credentials {
            name: "anna",
            password: PASSWORD,
            code: "000000",
            address: name.parse().unwrap(),
            agent: "",
        };
        place.access.sign_in(given).await.err().unwrap();
    }
    let all = place.access.lock_outs();
    let codes = all.iter().find(|it| it.scope == LockOutScope::Codes).unwrap();
    assert_eq!((codes.name.as_deref(), codes.address.as_deref()), (Some("anna"), None));
    assert!(place.access.lift_lock_out(&codes.id).is_some());
    place.sign_in("anna", PASSWORD, &place.code()).await.unwrap();
}
