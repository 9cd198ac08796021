//! Callers: an account or an administrator, by the key of a request; or a user of the console, by the token of its session.

use super::alerts::RECEIVE;
use super::audited::AskedBy;
use super::client::Client;
use super::masking::{self, Masked};
use super::permissions;
use super::problem::Problem;
use super::rate_limits::{Counted, Slot};
use super::{Administrator, Rest};
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postrider_access::{SignedIn, is_session_token};
use postrider_core::account::{Account, Key, KeyHash, Permits};
use postrider_core::principal::{Principal, Rights, Scope};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use postrider_core::user::Permission;
use postrider_declare::hash_key;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// The header that names the account that a user sends for.
const ACCOUNT: &str = "x-account";

/// The principal of a request, whatever their key may be used for. Handlers ask for one of those below.
pub(super) struct Caller(pub(super) Principal);

/// The principal of a request to see messages.
pub(super) struct Reader(pub(super) Principal);

/// The principal of a request to preview or cancel messages.
pub(super) struct Sender(pub(super) Principal);

/// The account of a request to send, which only accounts may make.
pub(super) struct ByAccount(pub(super) Arc<Account>);

/// The account whose own things a request is about, such as its templates, and who asks. A user who is of no account names it.
pub(super) struct Owned {
    pub(super) account: Arc<Account>,
    pub(super) caller: Principal,
    /// The name of the account's key that the request came with.
    key: Option<KeyName>,
}

/// The name of the account's key that a request came with.
#[derive(Clone)]
struct KeyName(Box<str>);

impl Owned {
    /// Who asks, where two persons must: a user, or a key of the account.
    pub(super) fn person(&self) -> String {
        let who = self.caller.recorded_as();
        self.key.as_ref().map_or_else(|| who.clone(), |key| format!("{who}/{}", key.0))
    }
}

/// The name of the administrator of a request that only administrators may make.
pub(super) struct ByAdministrator(pub(super) Box<str>);

/// The user of a request to see a message whole.
pub(super) struct Unmasker(pub(super) Principal);

/// The user of a request about their own session.
pub(super) struct ByUser(pub(super) SignedIn);

/// The name of the administrator of a request to see SMPP traffic.
pub(super) struct ByTracer(pub(super) Box<str>);

impl FromRequestParts<Arc<Rest>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let given = key(parts)?;
        if is_session_token(&given) {
            let signed_in = signed_in(&given, parts, rest).await?;
            let principal = permitted(&signed_in, parts, rest)?;
            parts.extensions.insert(signed_in);
            return Ok(Self(principal));
        }
        let hash = hash_key(&given);
        let peer = parts.extensions.get::<Arc<Client>>().map_or(NOBODY, |client| client.peer);
        let presented = Presented { hash, peer, now: rest.live.now() };
        let (rules, administrators) = (rest.live.rules(), &rest.administrators);
        match presented.principal(&rules, administrators) {
            Ok((principal, key)) => {
                if let Some(by) = parts.extensions.get::<AskedBy>() {
                    by.is(&principal);
                }
                if let (Scope::Account(account), Some(key)) = (&principal.scope, key) {
                    rest.key_uses.note(account.id, key, presented.now);
                    parts.extensions.insert(KeyName(key.name.clone()));
                }
                Ok(Self(principal))
            }
            Err(Refused::Disabled) => Err(disabled()),
            Err(Refused::Wrong(why, problem)) => {
                rest.auditor.refused("rest", peer, "");
                Err(rest.wrong_keys.answer(peer, why, problem).await)
            }
        }
    }
}

/// The user whose session a token is of. A token that is none costs nobody anything: it can't be guessed, and a page that is
/// left open asks on after its session is over.
async fn signed_in(token: &str, parts: &Parts, rest: &Rest) -> Result<SignedIn, Problem> {
    let peer = parts.extensions.get::<Arc<Client>>().map_or(NOBODY, |client| client.peer);
    let over =
        || Problem::new(StatusCode::UNAUTHORIZED, "session_over", "this session is over: sign in again");
    let signed_in = rest.access.signed_in(token, peer).await?.ok_or_else(over)?;
    if let Some(by) = parts.extensions.get::<AskedBy>() {
        by.is(&signed_in.principal);
    }
    Ok(signed_in)
}

/// A user who may do what is asked, as whoever may do it: what else operations ask of keys is decided already.
fn permitted(signed_in: &SignedIn, parts: &Parts, rest: &Rest) -> Result<Principal, Problem> {
    let pattern = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let principal = &signed_in.principal;
    let needed = permissions::needed(&parts.method, pattern);
    if let Some(needed) = needed {
        if signed_in.needs_codes {
            let detail = "your role needs one-time codes: make a key for them first";
            return Err(Problem::new(StatusCode::FORBIDDEN, "codes_needed", detail));
        }
        if !permissions::is_theirs(principal, pattern, parts.uri.path()) {
            return Err(not_permitted(signed_in));
        }
        check(signed_in, needed, rest)?;
    }
    if principal.is_masked()
        && let Some(masked) = parts.extensions.get::<Masked>()
        && !pattern.ends_with("/unmask")
        && !masking::names_nobody(pattern, parts.uri.query())
    {
        masked.set();
    }
    if needed.is_none() {
        return Ok(principal.clone());
    }
    Ok(Principal { permits: Permits::ALL, rights: Rights::ALL, ..principal.clone() })
}

/// Refuses a user who may not do what needs this, or must first prove again who they are.
pub(super) fn check(signed_in: &SignedIn, needed: Permission, rest: &Rest) -> Result<(), Problem> {
    if !signed_in.principal.may(needed) {
        return Err(not_permitted(signed_in));
    }
    if rest.access.needs_proof(signed_in, needed) {
        let detail = "prove again who you are, by your password or a one-time code, and repeat this";
        return Err(Problem::new(StatusCode::FORBIDDEN, "proof_needed", detail));
    }
    Ok(())
}

fn not_permitted(signed_in: &SignedIn) -> Problem {
    let detail = format!("the role '{}' may not do this", signed_in.user.role.word());
    Problem::new(StatusCode::FORBIDDEN, "not_permitted", detail)
}

impl FromRequestParts<Arc<Rest>> for ByUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let given = bearer(&parts.headers)?;
        if !is_session_token(given) {
            let detail = "this is about the session of a user: a key has none";
            return Err(Problem::new(StatusCode::FORBIDDEN, "session_needed", detail));
        }
        signed_in(given, parts, rest).await.map(Self)
    }
}

impl FromRequestParts<Arc<Rest>> for Unmasker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
        if principal.role.is_some() {
            return Ok(Self(principal));
        }
        let detail = "only users of the console unmask messages: sign in";
        Err(Problem::new(StatusCode::FORBIDDEN, "session_needed", detail))
    }
}

/// Stands for the address of a client that came by no connection.
pub(super) const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// A key as it was presented.
#[derive(Clone, Copy)]
struct Presented {
    hash: KeyHash,
    peer: IpAddr,
    now: Time,
}

/// Why a key is refused.
enum Refused {
    /// Its account is disabled.
    Disabled,
    /// It is no key of anybody's, here and now: why, for the log, and what the client is told.
    Wrong(&'static str, Problem),
}

impl Presented {
    /// The principal whose key it is, and the key if it is an account's.
    fn principal<'a>(
        &self,
        rules: &'a Rules,
        administrators: &[Administrator],
    ) -> Result<(Principal, Option<&'a Key>), Refused> {
        let unknown_here = "this key is not known here";
        if let Some((account, key)) = rules.account_by_key(&self.hash) {
            // Elsewhere a key that was stolen is not even confirmed.
            if !key.is_allowed(self.peer) {
                return Err(Refused::Wrong(
                    "the key may not be used from this address",
                    unknown(unknown_here),
                ));
            }
            if key.has_expired(self.now) {
                return Err(Refused::Wrong("the key has expired", expired()));
            }
            if !account.enabled {
                return Err(Refused::Disabled);
            }
            return Ok((Principal::account(Arc::clone(account), key.permits), Some(key)));
        }
        match administrators.iter().find(|administrator| administrator.key == self.hash) {
            Some(administrator) if !administrator.is_allowed(self.peer) => Err(Refused::Wrong(
                "an administrator's key may not be used from this address",
                unknown(unknown_here),
            )),
            Some(administrator) => Ok((
                Principal::administrator(administrator.name.clone()).limited_to(administrator.rights),
                None,
            )),
            None => Err(Refused::Wrong("the key is unknown", unknown(unknown_here))),
        }
    }
}

impl FromRequestParts<Arc<Rest>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
        limit(&principal, parts, rest)?;
        if principal.permits.read { Ok(Self(principal)) } else { Err(out_of_scope("read")) }
    }
}

impl FromRequestParts<Arc<Rest>> for Sender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
        limit(&principal, parts, rest)?;
        if principal.permits.send { Ok(Self(principal)) } else { Err(out_of_scope("send")) }
    }
}

/// Counts a request that sends nothing against the limit of its account.
fn limit(principal: &Principal, parts: &Parts, rest: &Rest) -> Result<(), Problem> {
    let Scope::Account(account) = &principal.scope else { return Ok(()) };
    Slot::note(parts, Counted::Request(Arc::clone(account)));
    rest.rate_limits.pass(account, rest.live.now())
}

impl FromRequestParts<Arc<Rest>> for ByAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
        if !principal.permits.send {
            return Err(out_of_scope("send"));
        }
        match principal.scope {
            Scope::Account(account) => {
                Slot::note(parts, Counted::Parts(Arc::clone(&account)));
                Ok(Self(account))
            }
            Scope::Administrator if principal.role.is_some() => {
                let account = named_account(&parts.headers, &rest.live.rules())?;
                Slot::note(parts, Counted::Parts(Arc::clone(&account)));
                Ok(Self(account))
            }
            Scope::Administrator => {
                let detail = "an administrator's key can't send messages: use a key of an account";
                Err(Problem::new(StatusCode::FORBIDDEN, "account_key_needed", detail))
            }
        }
    }
}

impl FromRequestParts<Arc<Rest>> for Owned {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(caller) = Caller::from_request_parts(parts, rest).await?;
        let account = match &caller.scope {
            Scope::Account(account) => Arc::clone(account),
            Scope::Administrator if caller.role.is_some() => {
                named_account(&parts.headers, &rest.live.rules())?
            }
            Scope::Administrator => {
                let detail = "this belongs to accounts: use a key of an account";
                return Err(Problem::new(StatusCode::FORBIDDEN, "account_key_needed", detail));
            }
        };
        limit(&caller, parts, rest)?;
        match parts.method.is_safe() {
            true if !caller.permits.read => Err(out_of_scope("read")),
            false if !caller.permits.send => Err(out_of_scope("send")),
            _ => Ok(Self { account, caller, key: parts.extensions.get().cloned() }),
        }
    }
}

impl FromRequestParts<Arc<Rest>> for ByAdministrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let (who, rights) = administrator(parts, rest).await?;
        match parts.method.is_safe() {
            true if !rights.read => Err(out_of_scope("read")),
            false if !rights.write => Err(out_of_scope("write")),
            _ => Ok(Self(who)),
        }
    }
}

impl FromRequestParts<Arc<Rest>> for ByTracer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let (who, rights) = administrator(parts, rest).await?;
        if rights.trace { Ok(Self(who)) } else { Err(out_of_scope("trace")) }
    }
}

/// The account that a user sends for who is of none: the header `X-Account` names it.
fn named_account(headers: &HeaderMap, rules: &Rules) -> Result<Arc<Account>, Problem> {
    let wrong = |detail: String| Problem::bad("account_needed", detail).at("x-account");
    let name = headers.get(ACCOUNT).and_then(|name| name.to_str().ok());
    let name = name.ok_or_else(|| wrong("name the account that sends in the header X-Account".into()))?;
    let account = rules.accounts().find(|account| *account.name == *name);
    let account = account.ok_or_else(|| wrong(format!("there is no account '{name}'")))?;
    if account.enabled { Ok(Arc::clone(account)) } else { Err(disabled()) }
}

/// The name and the rights of the administrator whose request it is.
async fn administrator(parts: &mut Parts, rest: &Arc<Rest>) -> Result<(Box<str>, Rights), Problem> {
    let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
    match principal.scope {
        Scope::Administrator => Ok((principal.recorded_as().into(), principal.rights)),
        // A customer, about its own account.
        Scope::Account(_) if principal.role.is_some() => {
            Ok((principal.recorded_as().into(), principal.rights))
        }
        Scope::Account(_) => {
            let detail = "only an administrator's key may do this";
            Err(Problem::new(StatusCode::FORBIDDEN, "administrator_key_needed", detail))
        }
    }
}

/// The key of a request. Tools that report alerts may give it as a password: some can give nothing else. Nobody else may, since a
/// browser would send a password again without being asked.
fn key(parts: &Parts) -> Result<Cow<'_, str>, Problem> {
    let pattern = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match password(&parts.headers).filter(|_| pattern == RECEIVE) {
        Some(password) => Ok(password.into()),
        None => bearer(&parts.headers).map(Into::into),
    }
}

/// The password in `Authorization: Basic` (RFC 7617), or the name if there is no password.
fn password(headers: &HeaderMap) -> Option<String> {
    let (scheme, given) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(given.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some(if password.is_empty() { name } else { password }.to_owned())
}

/// The key in `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let Some(given) = headers.get(AUTHORIZATION) else {
        return Err(unknown("a key is required: send the header Authorization: Bearer <key>"));
    };
    let given = given.to_str().ok().and_then(|text| text.split_once(' '));
    match given {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(key.trim()),
        _ => Err(unknown("malformed header: send Authorization: Bearer <key>")),
    }
}

fn unknown(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_key", detail)
}

fn expired() -> Problem {
    let detail = "this key has expired: ask the administrator for another one";
    Problem::new(StatusCode::UNAUTHORIZED, "key_expired", detail)
}

fn out_of_scope(scope: &str) -> Problem {
    let detail = format!("this key has not the scope '{scope}': use another key, or ask the administrator");
    Problem::new(StatusCode::FORBIDDEN, "out_of_scope", detail)
}

fn disabled() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "account_disabled", "this account is disabled")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use postrider_core::account::Network;

    /// Who a key makes of a request: the name, and whether it is an account's; or status and code.
    fn who(key: u8, peer: &str, account: Account) -> Result<(String, bool), (u16, String)> {
        let rules = rules(account);
        let allowed = vec![Network::parse("192.0.2.0/24").unwrap()];
        let administrators =
            [Administrator { name: "ops".into(), key: [9; 32], allowed, rights: Rights::ALL }];
        let presented = Presented { hash: [key; 32], peer: peer.parse().unwrap(), now: Time(1_000) };
        let found = presented.principal(&rules, &administrators);
        let found =
            found.map(|(principal, _)| (principal.who.to_string(), principal.viewer().account().is_some()));
        found.map_err(|refused| {
            let problem = match refused {
                Refused::Disabled => disabled(),
                Refused::Wrong(_, problem) => problem,
            };
            (problem.status.as_u16(), problem.code.into_owned())
        })
    }

    #[test]
    fn a_key_is_an_accounts_or_an_administrators() {
        let here = "192.0.2.1";
        assert_eq!(who(7, here, account()), Ok(("shop".into(), true)));
        assert_eq!(who(9, here, account()), Ok(("ops".into(), false)));
        assert_eq!(who(9, "198.51.100.1", account()), Err((401, "invalid_key".into())));
        assert_eq!(
            who(7, here, Account { enabled: false, ..account() }),
            Err((403, "account_disabled".into()))
        );
        assert_eq!(who(8, here, account()), Err((401, "invalid_key".into())));
    }

    #[test]
    fn a_key_is_held_to_its_addresses_and_its_time() {
        let with = |allowed: &str, expires| {
            let allowed = vec![Network::parse(allowed).unwrap()];
            let key = Key { allowed, expires: Some(Time(expires)), ..Key::unrestricted("main", [7; 32]) };
            Account { keys: vec![key], ..account() }
        };
        assert_eq!(who(7, "192.0.2.1", with("192.0.2.0/24", 1_001)), Ok(("shop".into(), true)));
        assert_eq!(who(7, "198.51.100.1", with("192.0.2.0/24", 1_001)), Err((401, "invalid_key".into())));
        assert_eq!(who(7, "192.0.2.1", with("192.0.2.0/24", 1_000)), Err((401, "key_expired".into())));
    }

    #[test]
    fn the_key_is_a_bearer_token() {
        let key = |text: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(text) = text {
                headers.insert(AUTHORIZATION, text.parse().unwrap());
            }
            bearer(&headers).map(str::to_owned).map_err(|problem| problem.status.as_u16())
        };
        assert_eq!(key(Some("Bearer pr_x")), Ok("pr_x".into()));
        assert_eq!(key(Some("bearer  pr_x ")), Ok("pr_x".into()));
        for bad in [None, Some(""), Some("pr_x"), Some("Basic eDp5")] {
            assert_eq!(key(bad), Err(401), "{bad:?}");
        }
    }

    #[test]
    fn a_tool_may_give_the_key_as_a_password() {
        let given = |text: &str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, text.parse().unwrap())]);
            password(&headers)
        };
        assert_eq!(given("Basic dG9vbDpwcl94").as_deref(), Some("pr_x"));
        assert_eq!(
            given("basic cHJfeDo=").as_deref(),
            Some("pr_x"),
            "some tools have no field for a password"
        );
        for none in ["Bearer pr_x", "Basic pr_x", "Basic", "Basic cHJfeA=="] {
            assert_eq!(given(none), None, "{none}");
        }
    }
}
