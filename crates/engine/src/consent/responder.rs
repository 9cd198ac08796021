//! Answers requests of handsets: one confirmation of STOP and START, and an answer to HELP, as ordinary messages.

use crate::intake::Reception;
use arc_swap::ArcSwap;
use postrider_core::consent::{Answer, Change};
use postrider_core::contract::{ConsentFilter, Once, Store, StoreError};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class, Receipts, Via};
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::submission::Submission;
use std::sync::Arc;

/// Changes of one number that are looked at to know whether a request changed anything.
const LOOK_MOST: usize = 16;

/// A request of a handset that is recorded, and is still to be answered.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The message from the handset.
    pub(crate) inbound: MessageId,
    /// The change that it made, if it asked for one.
    pub(crate) change: Option<Arc<Change>>,
    pub(crate) answer: Answer,
}

/// Answers requests.
pub(crate) struct Responder {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) reception: Arc<Reception>,
}

impl Responder {
    /// Answers requests, each once.
    pub(crate) async fn answer(&self, all: Vec<Asked>) {
        for asked in all {
            let (inbound, intent) =
                (asked.inbound, if asked.change.is_some() { "confirmation" } else { "help" });
            let result = match self.answer_one(asked).await {
                Ok(true) => "sent",
                Ok(false) => "not_needed",
                Err(why) => {
                    tracing::warn!(%inbound, why, "a request of a handset is recorded, and can't be answered");
                    "failed"
                }
            };
            metrics::counter!("postrider_consent_answers_total", "answer" => intent, "result" => result)
                .increment(1);
        }
    }

    async fn answer_one(&self, asked: Asked) -> Result<bool, String> {
        let Asked { inbound, change, answer } = asked;
        if let Some(change) = change
            && !self.is_kept(&change).await.map_err(|error| error.to_string())?
        {
            // Another node was asked for the same at the same moment.
            return Ok(false);
        }
        let rules = self.rules.load_full();
        let account = rules.account(answer.account).ok_or("its account is no more")?;
        let text = answer.text.replace("{name}", &account.name);
        let submission = Submission {
            to: answer.to.to_string(),
            from: Some(answer.from.to_string()),
            body: Some(Body::Text(text.into())),
            class: Some(Class::Transactional),
            receipts: Receipts::None,
            via: Some(Via::Rule),
            exempt: true,
            ..Submission::default()
        };
        let prepared = self.reception.prepare(account, vec![submission]).await;
        let prepared = prepared.map_err(|error| error.to_string())?.pop().ok_or("nothing was prepared")?;
        let prepared = prepared.map_err(|refusal| refusal.to_string())?;
        let key = format!("consent {inbound}").into();
        let once = Once { account: account.id, key, request: [0; 32], decided: Vec::new() };
        self.reception.commit(vec![prepared], Some(once)).await.map_err(|busy| busy.to_string())?;
        Ok(true)
    }

    /// Whether a change changed anything.
    async fn is_kept(&self, change: &Change) -> Result<bool, StoreError> {
        let filter = ConsentFilter {
            number: Some(change.number),
            history: true,
            ..ConsentFilter::all(change.scope.kind, Viewer::Everything, LOOK_MOST)
        };
        Ok(self.store.consents(filter).await?.iter().any(|kept| kept.change.id == change.id))
    }
}
