//! Holds what is declared, takes changes to it, and publishes what it means. Whatever it publishes was checked whole,
//! and is in the store where it comes from there.

mod condition;
mod difference;
mod draft;
mod emptied;
mod envelope;
mod plan;
mod record;
mod route_trial;
mod tariff;
mod user;

use crate::account::{AccountDocument, KeyDocument};
use crate::document::{self, Document, Documents, Kind, Set};
use crate::mistake::{Found, Mistake, Mistakes};
use crate::rules::{self, Declared, Ids};
use crate::secret::Secrets;
use crate::set::{Entry, Origin};
use crate::tree::Node;
pub use condition::Condition;
use difference::{differences, shadowed};
pub use plan::{ImportedPlan, PlanSummary};
use postrider_core::contract::{Keeping, Resource, ResourceChange, Store, StoreError};
use postrider_core::csv::CsvMistakes;
use postrider_core::time::Time;
use record::{Recorded, file_changes, recorded};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
pub use tariff::{ImportedTariff, ImportedTariffs, TariffSummary};
use tokio::sync::{Mutex, watch};
pub use user::{new_code_key, new_token};

/// Why what was declared can't be put in force. Everything is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Something is wrong with it.
    #[error("{0}")]
    Mistakes(#[from] Mistakes),
    /// The store can't take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file declares it, and only there it can be changed.
    #[error("this is declared in the configuration file and can be changed only there")]
    ReadOnly,
    /// There is no such thing; the error says which.
    #[error("{0}")]
    Missing(String),
    /// The name is another's; the error says whose.
    #[error("{0}")]
    Taken(String),
    /// Routes go over it; the error says which, and what to do.
    #[error("{0}")]
    Named(String),
    /// Nothing of a kind would be left; the error says of which.
    #[error("{0}")]
    Emptied(String),
    /// It is not in the state that the change was asked for; the error says how it is.
    #[error("{0}")]
    Unmet(String),
    /// Something is wrong with a table that was imported.
    #[error("{0}")]
    Plan(#[from] CsvMistakes),
    /// The document's form is wrong.
    #[error("{0}")]
    Form(Mistakes),
    /// The work was broken off, or the system has no randomness to give.
    #[error("the change could not be carried through just now; try again")]
    Interrupted,
}

/// A document that was read, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Read<D> {
    /// The document. Beside mistakes it has defaults in their places.
    pub document: D,
    /// The mistakes, with paths within the document.
    pub mistakes: Vec<Mistake>,
}

impl<D: Document> From<D> for Read<D> {
    fn from(document: D) -> Self {
        Self { document, mistakes: Vec::new() }
    }
}

/// The result of a put.
pub struct Put<D> {
    /// The current declarations.
    pub entry: Arc<Entry<D>>,
    /// Whether there was nothing of the name before.
    pub created: bool,
    /// Secrets that were made, by their paths: this is the only time that they can be seen.
    pub made: Vec<(String, String)>,
}

/// The declared things, from the file and from the store.
pub struct Registry {
    store: Arc<dyn Store>,
    state: Mutex<State>,
    published: watch::Sender<Arc<Declared>>,
    apply: OnceLock<Apply>,
}

/// What a change of a declaration comes with.
#[derive(Default)]
struct Edit {
    /// The names of secrets that aren't kept.
    forget: &'static [&'static str],
    /// What is wrong with the document already.
    mistakes: Vec<Mistake>,
    /// The state that the declaration must have.
    condition: Condition,
}

impl Edit {
    fn forgetting(forget: &'static [&'static str]) -> Self {
        Self { forget, ..Self::default() }
    }
}

type Apply = Box<dyn Fn(&Arc<Declared>) + Send + Sync>;

struct State {
    file: Set,
    /// Accounts that the file declared earlier, with the secrets by which they are known again.
    left: BTreeMap<String, Secrets>,
    stored: Set,
    ids: Ids,
    plan: Option<ImportedPlan>,
    tariffs: ImportedTariffs,
    generation: u64,
}

impl Registry {
    /// Reads what the store declares and what the file does. Where both declare a name, the file's stands.
    pub async fn open(store: Arc<dyn Store>, file: Documents) -> Result<Arc<Self>, RegistryError> {
        let mut mistakes = Vec::new();
        let file = Set::of_file(file, &mut mistakes);
        let resources = store.resources().await?;
        let (stored, ids) = read_resources(&resources, &mut mistakes);
        let plan = plan::fetch(&*store, &resources, None).await?;
        let tariffs = tariff::fetch(&*store, &resources, &ImportedTariffs::new()).await?;
        let mut state = State { file, left: BTreeMap::new(), stored, ids, plan, tariffs, generation: 0 };
        let declared = state.read(&*store, state.whole(), mistakes).await?;
        state.generation = declared.rules.generation;
        for words in shadowed(&state.file, &state.stored) {
            tracing::warn!("{words}");
        }
        let (published, _) = watch::channel(Arc::new(declared));
        Ok(Arc::new(Self { store, state: Mutex::new(state), published, apply: OnceLock::new() }))
    }

    /// The current declarations.
    #[must_use]
    pub fn declared(&self) -> Arc<Declared> {
        Arc::clone(&self.published.borrow())
    }

    /// The declarations, now and after each change.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Declared>> {
        self.published.subscribe()
    }

    /// Has `apply` called with what is declared at each change, before whoever asked for the change hears that it is
    /// done: so that its answer means that the rules are in force. It can be set once; `false` when it was set before.
    pub fn on_change(&self, apply: impl Fn(&Arc<Declared>) + Send + Sync + 'static) -> bool {
        self.apply.set(Box::new(apply)).is_ok()
    }

    /// Declares something in the place of what has its name. Secrets that are left out are kept, or made where there
    /// was none and one can be made.
    pub async fn put<D: Document>(
        self: &Arc<Self>,
        name: &str,
        read: impl Into<Read<D>>,
        who: &str,
        now: Time,
    ) -> Result<Put<D>, RegistryError> {
        self.put_if(name, read, Condition::None, who, now).await
    }

    /// Declares something as [`Registry::put`] does, if what is declared now meets the condition.
    pub async fn put_if<D: Document>(
        self: &Arc<Self>,
        name: &str,
        read: impl Into<Read<D>>,
        condition: Condition,
        who: &str,
        now: Time,
    ) -> Result<Put<D>, RegistryError> {
        let Read { document, mistakes } = read.into();
        self.change(name, who, now, Edit { mistakes, condition, ..Edit::default() }, move |_| Ok(document))
            .await
    }

    /// Changes fields of what has this name as a JSON merge patch says (RFC 7386), if it meets the condition. Secrets that the
    /// patch doesn't name are kept.
    pub async fn patch<D: Document>(
        self: &Arc<Self>,
        name: &str,
        patch: Node,
        condition: Condition,
        who: &str,
        now: Time,
    ) -> Result<Put<D>, RegistryError> {
        let of = name.to_owned();
        let merge = move |old: Option<D>| {
            let old = old.ok_or_else(|| none::<D>(&of))?;
            let mut node = Node::of_json(&serde_json::to_value(&old).unwrap_or_default());
            node.merge(patch);
            match document::read(&node) {
                (Some(document), mistakes) if mistakes.is_empty() => Ok(document),
                (_, mistakes) if mistakes.iter().any(Mistake::is_of_form) => {
                    Err(RegistryError::Form(Mistakes(mistakes)))
                }
                (_, mistakes) => {
                    let within = mistakes.into_iter().map(|mistake| mistake.within(&[D::PLURAL, &of]));
                    Err(Mistakes(within.collect()).into())
                }
            }
        };
        self.change(name, who, now, Edit { condition, ..Edit::default() }, merge).await
    }

    /// Makes an account a new API key.
    pub async fn add_key(
        self: &Arc<Self>,
        account: &str,
        key: KeyDocument,
        who: &str,
        now: Time,
    ) -> Result<Put<AccountDocument>, RegistryError> {
        let of = account.to_owned();
        let add = move |old: Option<AccountDocument>| {
            let mut document = old.ok_or_else(|| none::<AccountDocument>(&of))?;
            if document.keys.iter().any(|other| other.name == key.name) {
                let key = &key.name;
                return Err(RegistryError::Taken(format!(
                    "the account '{of}' has a key '{key}' already: revoke it first, or choose another name"
                )));
            }
            document.keys.push(key);
            Ok(document)
        };
        self.change(account, who, now, Edit::default(), add).await
    }

    /// Revokes an account's API key.
    pub async fn revoke_key(
        self: &Arc<Self>,
        account: &str,
        key: String,
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let of = account.to_owned();
        let revoke = move |old: Option<AccountDocument>| {
            let mut document = old.ok_or_else(|| none::<AccountDocument>(&of))?;
            let before = document.keys.len();
            document.keys.retain(|other| other.name != key);
            match document.keys.len() < before {
                true => Ok(document),
                false => Err(RegistryError::Missing(format!("the account '{of}' has no key '{key}'"))),
            }
        };
        self.change(account, who, now, Edit::default(), revoke).await.map(|_| ())
    }

    /// Makes an account a new SMPP password.
    pub async fn rotate_password(
        self: &Arc<Self>,
        account: &str,
        who: &str,
        now: Time,
    ) -> Result<Put<AccountDocument>, RegistryError> {
        let of = account.to_owned();
        let same = move |old: Option<AccountDocument>| {
            let document = old.ok_or_else(|| none::<AccountDocument>(&of))?;
            let without = || RegistryError::Missing(format!("the account '{of}' has no login for SMPP"));
            if document.smpp.is_some() { Ok(document) } else { Err(without()) }
        };
        self.change(account, who, now, Edit::forgetting(&["smpp.password"]), same).await
    }

    /// Ends the rotation of a webhook's key: only the new one signs from now on.
    pub async fn drop_previous_webhook_secret(
        self: &Arc<Self>,
        account: &str,
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let of = account.to_owned();
        let same = move |old: Option<AccountDocument>| {
            let document = old.ok_or_else(|| none::<AccountDocument>(&of))?;
            let without = || RegistryError::Missing(format!("the account '{of}' has no webhook"));
            if document.webhook.is_some() { Ok(document) } else { Err(without()) }
        };
        let edit = Edit::forgetting(&["webhook.previous_secret"]);
        self.change(account, who, now, edit, same).await.map(|_| ())
    }

    /// Makes an account a new key for the signatures of its webhook. The one before signs as well, until it is dropped.
    pub async fn rotate_webhook_secret(
        self: &Arc<Self>,
        account: &str,
        who: &str,
        now: Time,
    ) -> Result<Put<AccountDocument>, RegistryError> {
        let of = account.to_owned();
        let same = move |old: Option<AccountDocument>| {
            let document = old.ok_or_else(|| none::<AccountDocument>(&of))?;
            let without = || RegistryError::Missing(format!("the account '{of}' has no webhook"));
            if document.webhook.is_some() { Ok(document) } else { Err(without()) }
        };
        self.change(account, who, now, Edit::forgetting(&["webhook.secret"]), same).await
    }

    /// Deletes what has this name. What nobody declares any more must not be named by anything else. The last of its kind is
    /// deleted only with `allow_empty`.
    pub async fn delete<D: Document>(
        self: &Arc<Self>,
        name: &str,
        allow_empty: bool,
        condition: Condition,
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let (registry, name, who) = (Arc::clone(self), name.to_owned(), who.to_owned());
        carried_through(async move {
            let mut state = registry.state.lock().await;
            state.writable::<D>(&name)?;
            condition.check(&name, D::of(&state.stored).get(&name).map(|entry| &**entry))?;
            let mut stored = state.stored.clone();
            let old = D::of_mut(&mut stored).remove(&name).ok_or_else(|| none::<D>(&name))?;
            let whole = stored.overlaid(&state.file);
            let unnamed = rules::unnamed::<D>(&name, &whole);
            unnamed.map_err(RegistryError::Named)?;
            if !allow_empty {
                emptied::by_deletion::<D>(&name, &whole)?;
            }
            let declared = state.read(&*registry.store, whole, Vec::new()).await?;
            let (change, _) = recorded::<D>(&name, Some(&old.document), None, &[], &who, now)?;
            registry.store.declare(vec![(change, keeping::<D>())]).await?;
            if !D::KEEPS_NUMBER {
                state.ids.forget(D::KIND, &name);
            }
            state.stored = stored;
            registry.publish(&mut state, declared);
            Ok(())
        })
        .await
    }

    /// Takes what the file declares now in the place of what it declared, and says in words what that changed. What would
    /// leave nothing of a kind, or nothing of the file, is done only with `allow_empty`.
    pub async fn reload(
        self: &Arc<Self>,
        file: Documents,
        allow_empty: bool,
        now: Time,
    ) -> Result<Vec<String>, RegistryError> {
        let registry = Arc::clone(self);
        carried_through(async move {
            let mut mistakes = Vec::new();
            let file = Set::of_file(file, &mut mistakes);
            let mut state = registry.state.lock().await;
            let whole = state.stored.overlaid(&file);
            state.check(whole.clone(), mistakes.clone())?;
            let before = registry.declared();
            if !allow_empty {
                emptied::by_reload(&state.file, &file, &before.set, &whole)?;
            }
            let mut recorded = file_changes(&state.file, &file, &state.stored, now)?;
            retire(&mut recorded, &state.strangers(&file));
            if !recorded.is_empty() {
                registry.store.declare(recorded).await?;
            }
            state.depart(&file);
            let declared = state.read(&*registry.store, whole, mistakes).await?;
            let mut said = differences(&before.set, &declared.set);
            said.extend(shadowed(&file, &state.stored));
            state.file = file;
            registry.publish(&mut state, declared);
            Ok(said)
        })
        .await
    }

    /// Reads the store again, in case another node has changed it; says whether it had.
    pub async fn refresh(self: &Arc<Self>) -> Result<bool, RegistryError> {
        let registry = Arc::clone(self);
        carried_through(async move {
            let mut state = registry.state.lock().await;
            let mut mistakes = Vec::new();
            let resources = registry.store.resources().await?;
            let (stored, ids) = read_resources(&resources, &mut mistakes);
            let plan = plan::fetch(&*registry.store, &resources, state.plan.as_ref()).await?;
            let summary = |plan: &Option<ImportedPlan>| plan.as_ref().map(|plan| plan.summary.clone());
            let tariffs = tariff::fetch(&*registry.store, &resources, &state.tariffs).await?;
            let same_plan =
                summary(&plan) == summary(&state.plan) && tariff::are_same(&tariffs, &state.tariffs);
            if mistakes.is_empty() && stored == state.stored && state.ids.agree(&ids) && same_plan {
                return Ok(false);
            }
            state.ids = ids;
            state.plan = plan;
            state.tariffs = tariffs;
            let whole = stored.overlaid(&state.file);
            let declared = state.read(&*registry.store, whole, mistakes).await?;
            state.stored = stored;
            registry.publish(&mut state, declared);
            Ok(true)
        })
        .await
    }

    /// Recorded changes, newest first, older than the position `before`.
    pub async fn changes(
        &self,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<(u64, ResourceChange)>, StoreError> {
        self.store.changes(before, most).await
    }

    /// Declares what `make` makes of what was declared.
    async fn change<D: Document>(
        self: &Arc<Self>,
        name: &str,
        who: &str,
        now: Time,
        Edit { forget, mistakes, condition }: Edit,
        make: impl FnOnce(Option<D>) -> Result<D, RegistryError> + Send + 'static,
    ) -> Result<Put<D>, RegistryError> {
        let (registry, name, who) = (Arc::clone(self), name.to_owned(), who.to_owned());
        carried_through(async move {
            let mut state = registry.state.lock().await;
            state.writable::<D>(&name)?;
            let old = D::of(&state.stored).get(&name).cloned();
            condition.check(&name, old.as_deref())?;
            let document = make(old.as_ref().map(|old| old.document.clone()))?;
            let place = [D::PLURAL, &*name];
            let found = Found::after(mistakes.into_iter().map(|mistake| mistake.within(&place)).collect());
            let draft = {
                let file = found.notes();
                let kind = file.key(D::PLURAL);
                document.check_files(&kind.key(&name));
                draft::of(&name, document, old.as_deref(), forget, now, &kind.key(&name))?
            };
            let mistakes = found.into_mistakes();
            state.check(state.with(&name, &draft.entry), mistakes)?;
            if old.is_none() && D::KIND == AccountDocument::KIND {
                registry.retire_earlier(&mut state, &name, &draft.entry.secrets, now).await?;
            }
            let entry = Arc::new(draft::seal(draft.entry).await?);
            let mut stored = state.stored.clone();
            D::of_mut(&mut stored).insert(name.clone(), Arc::clone(&entry));
            let whole = stored.overlaid(&state.file);
            let declared = state.read(&*registry.store, whole, Vec::new()).await?;
            let before = old.as_ref().map(|old| &old.document);
            let (change, _) = recorded(&name, before, Some(&entry.document), &draft.changed, &who, now)?;
            let kept = envelope::close(&entry).map_err(|_| RegistryError::Interrupted)?;
            registry.store.declare(vec![(change, Keeping::Document(kept))]).await?;
            state.stored = stored;
            registry.publish(&mut state, declared);
            Ok(Put { entry, created: old.is_none(), made: draft.made })
        })
        .await
    }

    /// Takes its number away from an account that the file declared earlier by this name, unless it shares a secret with the
    /// new one.
    async fn retire_earlier(
        &self,
        state: &mut State,
        name: &str,
        secrets: &Secrets,
        now: Time,
    ) -> Result<(), RegistryError> {
        if state.left.get(name).is_some_and(|left| !left.share(secrets)) {
            let file = Origin::File.word();
            let (change, _) = recorded::<AccountDocument>(name, None, None, &[], file, now)?;
            self.store.declare(vec![(change, Keeping::OldNumber)]).await?;
            state.ids.forget(AccountDocument::KIND, name);
        }
        state.left.remove(name);
        Ok(())
    }

    fn publish(&self, state: &mut State, declared: Declared) {
        state.generation = declared.rules.generation;
        #[expect(clippy::cast_precision_loss, reason = "generations are far below where a float loses one")]
        metrics::gauge!("postrider_config_generation").set(state.generation as f64);
        let declared = Arc::new(declared);
        if let Some(apply) = self.apply.get() {
            apply(&declared);
        }
        self.published.send_replace(declared);
    }
}

impl State {
    fn whole(&self) -> Set {
        self.stored.overlaid(&self.file)
    }

    /// The whole with this entry in it.
    fn with<D: Document>(&self, name: &str, entry: &Entry<D>) -> Set {
        let mut set = self.whole();
        D::of_mut(&mut set).insert(name.to_owned(), Arc::new(entry.clone()));
        set
    }

    /// Accounts of the file under names of earlier ones of which they share no secret: they are others.
    fn strangers(&self, file: &Set) -> Vec<String> {
        let is_stranger = |(name, entry): &(&String, &Arc<Entry<AccountDocument>>)| {
            self.left.get(*name).is_some_and(|left| !left.share(&entry.secrets))
        };
        file.accounts.iter().filter(is_stranger).map(|(name, _)| name.clone()).collect()
    }

    /// Notes which accounts the next file no longer declares, and which it declares again.
    fn depart(&mut self, next: &Set) {
        for name in next.accounts.keys() {
            if self.left.get(name).is_some_and(|left| !left.share(&next.accounts[name].secrets)) {
                self.ids.forget(AccountDocument::KIND, name);
            }
            self.left.remove(name);
        }
        let gone = self.file.accounts.iter().filter(|(name, _)| !next.accounts.contains_key(*name));
        self.left.extend(gone.map(|(name, entry)| (name.clone(), entry.secrets.clone())));
    }

    fn writable<D: Document>(&self, name: &str) -> Result<(), RegistryError> {
        if D::of(&self.file).contains_key(name) { Err(RegistryError::ReadOnly) } else { Ok(()) }
    }

    fn check(&self, set: Set, mistakes: Vec<Mistake>) -> Result<(), Mistakes> {
        rules::whole(Arc::new(set), &self.ids, 0, mistakes).map(|_| ())
    }

    /// Reads a whole set, once it is checked and everything in it has a number.
    async fn read(
        &mut self,
        store: &dyn Store,
        set: Set,
        mistakes: Vec<Mistake>,
    ) -> Result<Declared, RegistryError> {
        let missing = self.ids.missing(&set);
        if !missing.is_empty() {
            // Names are checked before the store hears of them.
            self.check(set.clone(), mistakes.clone())?;
            let numbers = store.number(missing.clone()).await?;
            for ((kind, name), id) in missing.iter().zip(numbers) {
                self.ids.set(kind, name, id);
            }
        }
        let declared = rules::whole(Arc::new(set), &self.ids, self.generation + 1, mistakes)?;
        let declared = plan::put_in_force(declared, self.plan.as_ref());
        Ok(tariff::put_in_force(declared, &self.tariffs, &self.ids))
    }
}

/// Has the changes of these accounts take their earlier numbers away: they are new accounts.
fn retire(changes: &mut [Recorded], accounts: &[String]) {
    for (change, keeping) in changes {
        if &*change.kind == AccountDocument::KIND && accounts.iter().any(|name| **name == *change.name) {
            *keeping = Keeping::OldNumber;
        }
    }
}

/// What the store keeps of a deleted thing.
const fn keeping<D: Document>() -> Keeping {
    if D::KEEPS_NUMBER { Keeping::Number } else { Keeping::OldNumber }
}

/// That there is none of this kind and name.
pub fn none<D: Document>(name: &str) -> RegistryError {
    RegistryError::Missing(format!("there is no {} '{name}'", D::KIND))
}

/// The store's declarations, and the numbers it has given.
fn read_resources(resources: &[Resource], mistakes: &mut Vec<Mistake>) -> (Set, Ids) {
    let mut ids = Ids::default();
    for resource in resources {
        ids.set(&resource.kind, &resource.name, resource.id);
    }
    (envelope::open(resources, mistakes), ids)
}

/// Runs a change to its end even when the one who asked goes away: the store and this registry must not differ.
async fn carried_through<T: Send + 'static>(
    change: impl Future<Output = Result<T, RegistryError>> + Send + 'static,
) -> Result<T, RegistryError> {
    tokio::spawn(change).await.unwrap_or(Err(RegistryError::Interrupted))
}
