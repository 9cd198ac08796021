//! Users sign in at the provider, and are made, or get another role, by what it claims of them.

use super::claims::Part;
use super::discovery::{self, Discovery};
use super::flow::{Flow, Returned};
use super::token::{self, Claims, Expected};
use super::{Oidc, OidcSettings};
use crate::access::{Access, NotAllowed};
use crate::sign_in::NewSession;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postrider_core::principal::USER_PREFIX;
use postrider_core::time::Time;
use postrider_core::user::User;
use postrider_declare::{Condition, Origin, UserDocument};
use serde::Deserialize;
use std::net::IpAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

/// What the provider gives for a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// An attempt to sign in that has begun.
pub struct Begun {
    /// The address to which the browser goes.
    pub address: String,
    /// What it keeps meanwhile.
    pub flow: Flow,
}

impl Access {
    /// What the button for signing in at the provider says; `None` without one.
    #[must_use]
    pub fn provider_label(&self) -> Option<&str> {
        Some(&self.oidc.as_ref()?.settings.label)
    }

    /// The address at which somebody signs out of the provider, too; `None` if it has none, or wasn't asked yet.
    #[must_use]
    pub fn provider_sign_out(&self) -> Option<String> {
        let oidc = self.oidc.as_ref()?;
        let endpoint = oidc.asked()?.end_session_endpoint.clone()?;
        let mut address: url::Url = endpoint.parse().ok()?;
        address.query_pairs_mut().append_pair("client_id", &oidc.settings.client_id);
        Some(address.into())
    }

    /// Begins an attempt to sign in at the provider. For a fresh proof it asks again who somebody is.
    ///
    /// # Errors
    /// When there is no provider, or it can't be asked.
    pub async fn begin_at_provider(&self, is_fresh: bool) -> Result<Begun, NotAllowed> {
        let oidc = self.oidc.as_ref().ok_or(NotAllowed::NoProvider)?;
        let discovery = oidc.discovery(self.now()).await.map_err(NotAllowed::Provider)?;
        let flow = Flow::new()?;
        let address = flow.address(&discovery, &oidc.settings, is_fresh).map_err(NotAllowed::Provider)?;
        Ok(Begun { address, flow })
    }

    /// Signs somebody in who comes back from the provider.
    ///
    /// # Errors
    /// When they aren't whom they say, have no part here, or the provider or the store is away.
    pub async fn sign_in_at_provider(
        &self,
        returned: Returned<'_>,
        address: IpAddr,
        agent: &str,
    ) -> Result<NewSession, NotAllowed> {
        let oidc = self.oidc.as_ref().ok_or(NotAllowed::NoProvider)?;
        self.unlocked(address, "")?;
        let refused = |why: &str| {
            self.wrong(address, "", why);
            NotAllowed::ByProvider(why.to_owned())
        };
        let flow = Flow::read(returned.flow);
        let flow = flow.filter(|flow| bool::from(flow.state.as_bytes().ct_eq(returned.state.as_bytes())));
        let flow = flow
            .ok_or_else(|| refused("this attempt to sign in is over, or another browser's: begin again"))?;
        if !returned.issuer.is_empty() && returned.issuer != &*oidc.settings.issuer {
            return Err(refused("another provider answered"));
        }
        let now = self.now();
        let discovery = oidc.discovery(now).await.map_err(NotAllowed::Provider)?;
        let tokens = oidc.tokens(&discovery, returned.code, &flow).await.map_err(NotAllowed::Provider)?;
        let claims = match oidc.claims(&discovery, &tokens, &flow, now).await? {
            Ok(claims) => claims,
            Err(why) => return Err(refused(why)),
        };
        let user = self.user_of(oidc, &claims, address).await?;
        let principal = self.principal(&user, address).map_err(refused)?;
        self.right(address, "");
        let proved = claims.proved().map_or(Time(0), |proved| proved.min(now));
        let session = self.begin(&user, principal, address, agent, proved).await?;
        self.note(&user, address, "session.begun", format!("user {} by {}", user.name, oidc.settings.issuer))
            .await;
        metrics::counter!("postrider_sign_ins_total").increment(1);
        Ok(session)
    }

    /// The user of whom this is claimed, with the role that follows from it.
    async fn user_of(&self, oidc: &Oidc, claims: &Claims, address: IpAddr) -> Result<Arc<User>, NotAllowed> {
        let settings = &oidc.settings;
        let subject = claims.subject().unwrap_or_default();
        let known = self.users().all().find(|user| user.subject.as_deref() == Some(subject)).cloned();
        let part = settings.part(claims);
        let refused = |why: String| {
            self.wrong(address, "", &why);
            NotAllowed::ByProvider(why)
        };
        match (known, part) {
            (Some(user), None) if settings.roles.is_empty() => Ok(user),
            (_, None) => Err(refused(format!("you have no role here by '{}'", settings.roles_claim))),
            (Some(user), Some(part)) => self.with_part(&user, &part).await,
            (None, Some(part)) if settings.creates_users => self.made(settings, claims, &part).await,
            (None, Some(_)) => Err(refused(format!(
                "you are no user here yet: ask an owner to add one with the subject {subject}"
            ))),
        }
    }

    /// A user with the role that the provider claims, if it is another one. What the file declares stays as it is.
    async fn with_part(&self, user: &Arc<User>, part: &Part) -> Result<Arc<User>, NotAllowed> {
        let declared = self.registry.declared();
        let Some(entry) = declared.set.users.get(&*user.name) else { return Ok(Arc::clone(user)) };
        let is_same = user.role == part.role && entry.document.account == part.account;
        if is_same || entry.origin == Origin::File {
            return Ok(Arc::clone(user));
        }
        let mut document = entry.document.clone();
        (document.role, document.account) = (part.role.into(), part.account.clone());
        self.declared(&user.name, document, Condition::None).await
    }

    /// A new user. A name that another has is refused: nobody becomes somebody else by a name.
    async fn made(
        &self,
        settings: &OidcSettings,
        claims: &Claims,
        part: &Part,
    ) -> Result<Arc<User>, NotAllowed> {
        let nameless = || NotAllowed::ByProvider(format!("'{}' has no name for a user", settings.name_claim));
        let name = settings.name(claims).ok_or_else(nameless)?;
        if self.users().named(&name).is_some() {
            let why = format!("the name {name} is another user's: ask an owner to add one for you");
            return Err(NotAllowed::ByProvider(why));
        }
        let subject = claims.subject().map(str::to_owned);
        let document =
            UserDocument { subject, account: part.account.clone(), ..UserDocument::new(part.role) };
        self.declared(&name, document, Condition::Missing).await
    }

    async fn declared(
        &self,
        name: &str,
        document: UserDocument,
        condition: Condition,
    ) -> Result<Arc<User>, NotAllowed> {
        let who = format!("{USER_PREFIX}{name}");
        self.registry.put_if(name, document, condition, &who, self.now()).await?;
        let users = self.users();
        users.named(name).cloned().ok_or(NotAllowed::Wrong)
    }
}

impl Oidc {
    /// What the provider gives for a code.
    async fn tokens(&self, discovery: &Discovery, code: &str, flow: &Flow) -> Result<Tokens, String> {
        let (form, authorization) = self.token_request(discovery, code, flow);
        discovery::post(&self.connector, &discovery.token_endpoint, &form, authorization.as_deref()).await
    }

    /// The form by which tokens are asked for, and the header with the secret, if it goes there.
    fn token_request(&self, discovery: &Discovery, code: &str, flow: &Flow) -> (String, Option<String>) {
        let OidcSettings { client_id, client_secret, redirect_uri, .. } = &self.settings;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_verifier", &flow.verifier);
        let mut authorization = None;
        match client_secret {
            Some(secret) if discovery.wants_secret_in_body() => {
                form.append_pair("client_id", client_id).append_pair("client_secret", secret);
            }
            Some(secret) => authorization = Some(basic(client_id, secret)),
            None => {
                form.append_pair("client_id", client_id);
            }
        }
        (form.finish(), authorization)
    }

    /// What is claimed of whoever the tokens are of; or why the token isn't believed.
    async fn claims(
        &self,
        discovery: &Discovery,
        tokens: &Tokens,
        flow: &Flow,
        now: Time,
    ) -> Result<Result<Claims, &'static str>, NotAllowed> {
        let (connector, settings) = (&self.connector, &self.settings);
        let keys =
            discovery::get(connector, &discovery.jwks_uri, None).await.map_err(NotAllowed::Provider)?;
        let expected =
            Expected { issuer: &settings.issuer, client_id: &settings.client_id, nonce: &flow.nonce, now };
        let mut claims = match token::read(&tokens.id_token, &keys, &expected) {
            Ok(claims) => claims,
            Err(why) => return Ok(Err(why)),
        };
        // Many providers tell more there than in the token.
        if let (Some(endpoint), Some(token)) = (&discovery.userinfo_endpoint, &tokens.access_token) {
            let more =
                discovery::get(connector, endpoint, Some(token)).await.map_err(NotAllowed::Provider)?;
            let more = Claims(more);
            if more.subject() != claims.subject() {
                return Ok(Err("the provider told of somebody else"));
            }
            claims.fill_in(more);
        }
        Ok(Ok(claims))
    }
}

/// A name and a secret as a header has them (RFC 6749, section 2.3.1).
fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret))))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use postrider_core::user::Role;

    pub(in crate::oidc) fn settings() -> OidcSettings {
        let role = |value: &str, role| (Box::from(value), role);
        OidcSettings {
            label: "Company".into(),
            issuer: "https://id.example".into(),
            client_id: "postrider".into(),
            client_secret: Some("a b".into()),
            redirect_uri: "https://sms.example/console/sign-in/provider".into(),
            scopes: vec!["profile".into()],
            name_claim: "preferred_username".into(),
            roles_claim: "groups".into(),
            roles: vec![
                role("sms-ops", Role::Operator),
                role("sms-admins", Role::Owner),
                role("shops", Role::Customer),
            ],
            account_claim: Some("account".into()),
            creates_users: true,
        }
    }

    #[test]
    fn a_secret_is_encoded_before_it_is_a_header() {
        assert_eq!(basic("postrider", "a b"), format!("Basic {}", STANDARD.encode("postrider:a+b")));
    }
}
