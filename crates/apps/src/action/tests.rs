use super::*;
use crate::Apps;
use crate::testing::Gateway;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{Action, Archive, Bulk, BulkDone, Filter};
use postrider_core::delivery::State;
use postrider_core::message::Body;
use postrider_core::principal::Viewer;
use postrider_core::selector::Selector;
use postrider_core::submission::Submission;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SHOP: AccountId = AccountId(1);
/// More than a step looks at.
const MANY: usize = 620;

/// Cancels all messages that wait, as the API would, with what befalls it on the way.
struct Cancels {
    archive: Arc<dyn Archive>,
    /// Why the next step is not made.
    refusal: Mutex<Option<NotActed>>,
    ended: Mutex<Vec<ActionState>>,
}

#[async_trait]
impl ActsOnMessages for Cancels {
    async fn act(&self, step: ActionStep<'_>) -> Result<BulkDone, NotActed> {
        if let Some(refusal) = self.refusal.lock().unwrap().take() {
            return Err(refusal);
        }
        let filter = Filter { before: step.before, ..Filter::all(Viewer::Everything, 0) };
        let ActionStep { most, dry_run, .. } = step;
        let (selector, action) = (Selector::default(), Action::Cancel);
        let bulk = Bulk { filter, selector, action, reason: step.reason.map(Into::into), dry_run, most };
        self.archive.act(bulk).await.map_err(|error| NotActed::NotNow(error.to_string()))
    }

    async fn ended(&self, job: &ActionJob) {
        self.ended.lock().unwrap().push(job.state);
    }
}

async fn gateway(messages: usize) -> (Gateway, Apps, Cancels) {
    let (gateway, apps) = Gateway::new().await;
    let (account, intake) = (gateway.account(SHOP), gateway.parts().intake);
    let submission = |n: usize| Submission {
        to: format!("+{}", 447_700_900_000 + n),
        body: Some(Body::Text("x".into())),
        ..Submission::default()
    };
    let prepared = intake.prepare(&account, (0..messages).map(submission).collect()).await.unwrap();
    intake.commit(prepared.into_iter().map(Result::unwrap).collect(), None).await.unwrap();
    let archive = gateway.parts().archive;
    (gateway, apps, Cancels { archive, refusal: Mutex::default(), ended: Mutex::default() })
}

async fn begin(apps: &Apps, dry_run: bool) -> u64 {
    let order = json!({ "action": "cancel", "select": {} });
    let new = NewAction { author: "ops".into(), reason: Some("wrong price".into()), order, dry_run };
    apps.actions.begin(&new).await.unwrap().id
}

async fn shown(apps: &Apps, id: u64) -> ActionJob {
    apps.actions.show(id).await.unwrap().unwrap()
}

async fn counts(apps: &Apps, id: u64) -> (ActionState, [u64; 3]) {
    let job = shown(apps, id).await;
    (job.state, [job.total, job.done, job.left])
}

async fn waiting(gateway: &Gateway) -> usize {
    let filter = Filter { state: Some(State::Queued), ..Filter::all(Viewer::Everything, 1_000) };
    gateway.parts().archive.list(filter).await.unwrap().entries.len()
}

#[tokio::test]
async fn an_action_is_counted_and_done_step_by_step() {
    let (gateway, apps, cancels) = gateway(MANY).await;
    let id = begin(&apps, false).await;
    assert_eq!(counts(&apps, id).await, (ActionState::Counting, [0, 0, 0]));
    assert!(apps.actions.step_what_is_due(&cancels).await.unwrap());
    assert_eq!(counts(&apps, id).await, (ActionState::Acting, [620, 0, 0]));
    assert_eq!(waiting(&gateway).await, MANY, "it was counted only");
    assert!(apps.actions.step_what_is_due(&cancels).await.unwrap());
    assert_eq!(counts(&apps, id).await, (ActionState::Acting, [620, 500, 0]));
    assert!(!apps.actions.step_what_is_due(&cancels).await.unwrap());
    assert_eq!(counts(&apps, id).await, (ActionState::Done, [620, 620, 0]));
    assert_eq!(waiting(&gateway).await, 0);
    assert_eq!(*cancels.ended.lock().unwrap(), [ActionState::Done]);
    assert_eq!(apps.actions.list(None, 10).await.unwrap(), [shown(&apps, id).await]);
    assert!(apps.actions.list(Some(id), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_dry_run_counts() {
    let (gateway, apps, cancels) = gateway(3).await;
    let id = begin(&apps, true).await;
    while apps.actions.step_what_is_due(&cancels).await.unwrap() {}
    assert_eq!(counts(&apps, id).await, (ActionState::Done, [3, 0, 0]));
    assert_eq!(waiting(&gateway).await, 3);
}

#[tokio::test]
async fn what_is_stopped_goes_no_further() {
    let (gateway, apps, cancels) = gateway(MANY).await;
    let id = begin(&apps, false).await;
    for _ in 0..2 {
        apps.actions.step_what_is_due(&cancels).await.unwrap();
    }
    apps.actions.stop(id).await.unwrap();
    assert!(!apps.actions.step_what_is_due(&cancels).await.unwrap());
    assert_eq!(counts(&apps, id).await, (ActionState::Stopped, [620, 500, 0]));
    assert_eq!(waiting(&gateway).await, MANY - 500);
    apps.actions.stop(id).await.unwrap();
    assert!(matches!(apps.actions.stop(7).await, Err(NotStopped::Missing)));
    let done = begin(&apps, true).await;
    while apps.actions.step_what_is_due(&cancels).await.unwrap() {}
    assert!(matches!(apps.actions.stop(done).await, Err(NotStopped::Ended(ActionState::Done))));
}

/// A step that is under way while somebody stops the action.
struct StoppedMeanwhile<'a>(&'a Apps, u64, &'a Cancels);

#[async_trait]
impl ActsOnMessages for StoppedMeanwhile<'_> {
    async fn act(&self, step: ActionStep<'_>) -> Result<BulkDone, NotActed> {
        self.0.actions.stop(self.1).await.unwrap();
        self.2.act(step).await
    }

    async fn ended(&self, job: &ActionJob) {
        self.2.ended(job).await;
    }
}

#[tokio::test]
async fn the_step_during_which_it_is_stopped_counts() {
    let (_gateway, apps, cancels) = gateway(MANY).await;
    let id = begin(&apps, false).await;
    apps.actions.step_what_is_due(&cancels).await.unwrap();
    let stops = StoppedMeanwhile(&apps, id, &cancels);
    assert!(!apps.actions.step_what_is_due(&stops).await.unwrap());
    assert_eq!(counts(&apps, id).await, (ActionState::Stopped, [620, 500, 0]));
}

#[tokio::test]
async fn one_node_works_on_it_and_another_goes_on_when_that_is_gone() {
    let (gateway, apps, cancels) = gateway(MANY).await;
    let other = gateway.second_node();
    let id = begin(&apps, false).await;
    apps.actions.step_what_is_due(&cancels).await.unwrap();
    assert!(!other.actions.step_what_is_due(&cancels).await.unwrap(), "the first one works on it");
    gateway.pass(Duration::from_secs(16));
    while other.actions.step_what_is_due(&cancels).await.unwrap() {}
    assert_eq!(counts(&apps, id).await, (ActionState::Done, [620, 620, 0]));
    assert_eq!(shown(&apps, id).await.interrupted, 1);
}

#[tokio::test]
async fn a_node_that_stops_in_order_leaves_it_to_others() {
    let (gateway, apps, cancels) = gateway(MANY).await;
    let other = gateway.second_node();
    let id = begin(&apps, false).await;
    apps.actions.keep_going(&cancels, std::future::ready(())).await;
    assert_eq!(counts(&apps, id).await, (ActionState::Acting, [620, 0, 0]));
    while other.actions.step_what_is_due(&cancels).await.unwrap() {}
    assert_eq!(counts(&apps, id).await, (ActionState::Done, [620, 620, 0]));
    assert_eq!(shown(&apps, id).await.interrupted, 0);
}

#[tokio::test]
async fn what_is_busy_is_waited_for_and_what_is_wrong_ends_it() {
    let (gateway, apps, cancels) = gateway(3).await;
    let id = begin(&apps, false).await;
    let refuse = |refusal| *cancels.refusal.lock().unwrap() = Some(refusal);
    refuse(NotActed::NotNow("the queue is full".into()));
    assert!(!apps.actions.step_what_is_due(&cancels).await.unwrap());
    let job = shown(&apps, id).await;
    assert_eq!((job.state, job.problem.as_deref()), (ActionState::Counting, Some("the queue is full")));
    gateway.pass(Duration::from_secs(5));
    assert!(apps.actions.step_what_is_due(&cancels).await.unwrap());
    assert_eq!(shown(&apps, id).await.problem, None);
    refuse(NotActed::Never("there is no upstream 'acme'".into()));
    assert!(!apps.actions.step_what_is_due(&cancels).await.unwrap());
    let job = shown(&apps, id).await;
    assert_eq!(
        (job.state, job.problem.as_deref()),
        (ActionState::Failed, Some("there is no upstream 'acme'"))
    );
    assert_eq!(*cancels.ended.lock().unwrap(), [ActionState::Failed]);
}
