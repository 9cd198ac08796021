//! The numbering plan that operators import: kept in the store as the CSV that it came in, and read whole by every node.

use super::{Registry, RegistryError, State, carried_through};
use crate::rules::Declared;
use postrider_core::contract::{Keeping, Resource, ResourceChange, Store, StoreError};
use postrider_core::csv::CsvMistakes;
use postrider_core::numbering::{Numbering, NumberingPlan};
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Its kind in the store and in recorded changes.
pub(super) const KIND: &str = "numbering_plan";
/// Its name: there is one.
const NAME: &str = "plan";

/// What is said of an imported plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// How many ranges it has.
    pub ranges: usize,
    /// How many networks they name.
    pub networks: usize,
    /// Its size, in octets of CSV.
    pub octets: usize,
    /// The SHA-256 of the CSV, in hexadecimal.
    pub sha256: String,
}

/// An imported plan.
#[derive(Clone, Debug)]
pub struct ImportedPlan {
    /// What is said of it.
    pub summary: PlanSummary,
    /// When it was imported.
    pub updated: Time,
    plan: Arc<NumberingPlan>,
}

impl ImportedPlan {
    /// Reads a plan. It takes seconds for millions of ranges.
    fn read(octets: &[u8], updated: Time) -> Result<Self, CsvMistakes> {
        let plan = NumberingPlan::read(octets)?;
        let sha256 = Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect();
        let (ranges, networks) = (plan.len(), plan.networks().len());
        let summary = PlanSummary { ranges, networks, octets: octets.len(), sha256 };
        Ok(Self { summary, updated, plan: Arc::new(plan) })
    }

    /// Reads it on a thread that may be busy.
    async fn read_aside(octets: Arc<[u8]>, updated: Time) -> Result<Self, RegistryError> {
        let read = tokio::task::spawn_blocking(move || Self::read(&octets, updated)).await;
        Ok(read.map_err(|_| RegistryError::Interrupted)??)
    }
}

/// The plan that the store has, if it isn't the known one.
pub(super) async fn fetch(
    store: &dyn Store,
    resources: &[Resource],
    known: Option<&ImportedPlan>,
) -> Result<Option<ImportedPlan>, RegistryError> {
    let row = resources.iter().find(|resource| &*resource.kind == KIND);
    let Some((row, text)) = row.and_then(|row| Some((row, row.document.as_deref()?))) else {
        return Ok(None);
    };
    let summary: Option<PlanSummary> = serde_json::from_str(text).ok();
    if let Some(known) = known.filter(|known| summary.as_ref() == Some(&known.summary)) {
        return Ok(Some(ImportedPlan { updated: row.updated, ..known.clone() }));
    }
    match store.resource_data(KIND, NAME).await? {
        None => Ok(None),
        Some(octets) => ImportedPlan::read_aside(octets.into(), row.updated).await.map(Some),
    }
}

/// The declarations with this plan in force.
pub(super) fn put_in_force(mut declared: Declared, plan: Option<&ImportedPlan>) -> Declared {
    if let Some(rules) = Arc::get_mut(&mut declared.rules) {
        rules.numbering = Numbering::with(plan.map(|imported| Arc::clone(&imported.plan)));
    }
    declared.numbering_plan = plan.cloned();
    declared
}

impl Registry {
    /// Checks a numbering plan, as [`Registry::import_numbering_plan`] would.
    pub async fn check_numbering_plan(
        &self,
        octets: Arc<[u8]>,
        now: Time,
    ) -> Result<PlanSummary, RegistryError> {
        Ok(ImportedPlan::read_aside(octets, now).await?.summary)
    }

    /// Puts a numbering plan in the place of the one before, whole or not at all.
    pub async fn import_numbering_plan(
        self: &Arc<Self>,
        octets: Arc<[u8]>,
        who: &str,
        now: Time,
    ) -> Result<ImportedPlan, RegistryError> {
        let imported = ImportedPlan::read_aside(Arc::clone(&octets), now).await?;
        let document: Box<str> =
            serde_json::to_string(&imported.summary).map_err(|_| RegistryError::Interrupted)?.into();
        let keeping = Keeping::DocumentAndData(document.clone(), octets);
        self.replace(Some(imported.clone()), (Some(document), keeping), who, now).await?;
        Ok(imported)
    }

    /// Takes the numbering plan away.
    pub async fn delete_numbering_plan(self: &Arc<Self>, who: &str, now: Time) -> Result<(), RegistryError> {
        if self.declared().numbering_plan.is_none() {
            return Err(RegistryError::Missing("there is no numbering plan".to_owned()));
        }
        self.replace(None, (None, Keeping::Number), who, now).await
    }

    /// The numbering plan as it was imported, in CSV.
    pub async fn exported_numbering_plan(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.resource_data(KIND, NAME).await
    }

    async fn replace(
        self: &Arc<Self>,
        plan: Option<ImportedPlan>,
        (after, keeping): (Option<Box<str>>, Keeping),
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let (registry, who) = (Arc::clone(self), Box::from(who));
        carried_through(async move {
            let mut state = registry.state.lock().await;
            let before = state.plan.as_ref().and_then(|plan| serde_json::to_string(&plan.summary).ok());
            let change = ResourceChange {
                at: now,
                who,
                kind: KIND.into(),
                name: NAME.into(),
                before: before.map(Into::into),
                after,
            };
            registry.store.declare(vec![(change, keeping)]).await?;
            state.plan = plan;
            let whole = state.whole();
            let declared = State::read(&mut state, &*registry.store, whole, Vec::new()).await?;
            registry.publish(&mut state, declared);
            Ok(())
        })
        .await
    }
}
