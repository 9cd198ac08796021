//! What is recorded of messages that have passed into other hands: by a node that stood still, and was taken for dead.

use super::Place;
use super::samples::{
    NOW, UPSTREAM, accept_owned, after, awaited, change, ended, find, id, ids, lease, message, record, taken,
};
use postrider_core::contract::{Record, Recorded, Store};
use postrider_core::delivery::{Change, PartSet, Queue, State};
use postrider_core::message::Message;
use postrider_core::notice::{Lane, NoticeId};
use postrider_core::principal::Viewer;
use std::sync::Arc;

/// A message in this node's hands that another node has taken over.
const TAKEN_OVER: &str = "UPDATE queue SET owner = 77, possible_duplicate = true";
/// The same, where no node has it in hand yet.
const FREED: &str = "UPDATE queue SET owner = 0, possible_duplicate = true";

async fn recorded(store: &dyn Store, changes: Vec<Change>) -> Recorded {
    store.record(Arc::new(Record { changes, ..Record::default() })).await.expect("recorded")
}

/// The other node's copy was taken, and its record came first.
fn copy_taken(message: &Message, reference: &str) -> Change {
    let mut change = taken(message, reference);
    change.mark();
    change
}

fn delivered(message: &Message, reference: &str) -> Change {
    Change {
        queue: Queue::Keep,
        arrived: vec![(UPSTREAM, reference.into())],
        ..ended(message, State::Delivered)
    }
}

fn taken_over() -> Recorded {
    Recorded { taken_over: vec![id(1)], ..Recorded::default() }
}

/// The other node sends its copy, and whichever copy is reported, the end is marked.
pub async fn what_another_node_has_in_hand_stays_there(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2)]).await;
    place.sql(&format!("{TAKEN_OVER} WHERE id = {}", id(1).number())).await;
    let both = vec![taken(&message(1), "a1"), taken(&message(2), "a2")];
    assert_eq!(recorded(&*store, both).await, taken_over());
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!((history.state, history.possible_duplicate), (State::Queued, true));
    let marks = [find(&*store, "a1").await, find(&*store, "a2").await];
    assert_eq!(
        marks.map(|found| found.map(|(delivery, _)| delivery.possible_duplicate)),
        [Some(true), Some(false)]
    );
}

/// The carrier has it: a second copy would be for nothing.
pub async fn what_nobody_has_in_hand_is_not_sent_again(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    place.sql(FREED).await;
    assert_eq!(recorded(&*store, vec![taken(&message(1), "a1")]).await, taken_over());
    assert_eq!(lease(&*store).await, []);
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!((history.state, history.possible_duplicate), (State::Sent, true));
}

/// The node that was taken for dead may be the one that takes the message over.
pub async fn what_this_node_has_in_hand_again_is_another_copy(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    place.sql(FREED).await;
    assert_eq!(ids(&lease(&*store).await), [id(1)]);
    assert_eq!(recorded(&*store, vec![taken(&message(1), "a1")]).await, taken_over());
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!(history.state, State::Queued, "its second copy is under way");
    assert_eq!(recorded(&*store, vec![copy_taken(&message(1), "b1")]).await, Recorded::default());
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!((history.state, history.possible_duplicate), (State::Sent, true));
}

/// Parts that were taken are waited for, marked.
pub async fn what_came_back_half_sent_stays_with_its_new_owner(place: &impl Place) {
    let store = place.open().await;
    let long = Message { parts: 2, ..message(1) };
    accept_owned(&*store, [long.clone()]).await;
    place.sql(TAKEN_OVER).await;
    let queue = Queue::Put {
        upstream: UPSTREAM,
        due: NOW,
        failed: 1,
        taken: PartSet::default().with(0),
        possible_duplicate: false,
    };
    let half = Change { queue, awaited: vec![awaited("a0", 0, 2)], ..change(&long) };
    assert_eq!(recorded(&*store, vec![half]).await, taken_over());
    assert_eq!(lease(&*store).await, [], "it is in the other node's hands");
    let (delivery, _) = find(&*store, "a0").await.expect("it is waited for");
    assert_eq!((delivery.failed, delivery.possible_duplicate), (0, true));
}

/// The other node's copy has come to its end before.
pub async fn a_copy_recorded_after_the_end_waits_for_nothing(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    place.sql(FREED).await;
    assert_eq!(ids(&lease(&*store).await), [id(1)]);
    let mut end = delivered(&message(1), "b1");
    end.mark();
    record(&*store, [copy_taken(&message(1), "b1"), end]).await;
    // The one that was first, and one that was marked before it was sent.
    assert_eq!(recorded(&*store, vec![taken(&message(1), "a1")]).await, taken_over());
    assert_eq!(recorded(&*store, vec![copy_taken(&message(1), "c1")]).await, Recorded::default());
    let depths = store.depths().await.expect("counted");
    assert_eq!((depths.awaited, depths.queued), (0, Vec::new()));
}

/// Its receipt came so soon that both are recorded together.
pub async fn an_end_in_the_record_of_its_copy_is_marked(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2)]).await;
    place.sql(&format!("{TAKEN_OVER} WHERE id = {}", id(1).number())).await;
    let one = [1, 2].map(|n| taken(&message(n), &format!("a{n}")));
    let two = [1, 2].map(|n| delivered(&message(n), &format!("a{n}")));
    assert_eq!(recorded(&*store, one.into_iter().chain(two).collect()).await, taken_over());
    for (n, marked) in [(1, true), (2, false)] {
        let history = store.history(Viewer::Everything, id(n)).await.expect("read").expect("known");
        assert_eq!(history.outcome.map(|outcome| outcome.possible_duplicate), Some(marked), "{n}");
    }
    assert_eq!(store.depths().await.expect("counted").awaited, 0);
}

/// The carrier refused this node's copy: the other node's may arrive.
pub async fn what_became_of_a_copy_ends_nothing_of_another_nodes(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    let refusal = || {
        let mut end = ended(&message(1), State::Rejected);
        end.notice.iter_mut().for_each(|notice| notice.owned = true);
        end
    };
    let refused = Recorded { dropped: vec![NoticeId::from(id(1))], ..taken_over() };
    place.sql(TAKEN_OVER).await;
    assert_eq!(recorded(&*store, vec![refusal()]).await, refused);
    // The other node's copy was taken.
    place.sql(FREED).await;
    assert_eq!(ids(&lease(&*store).await), [id(1)]);
    record(&*store, [copy_taken(&message(1), "b1")]).await;
    assert_eq!(recorded(&*store, vec![refusal()]).await, refused);
    assert_eq!(store.history(Viewer::Everything, id(1)).await.expect("read").expect("known").outcome, None);
    assert_eq!(store.lease_notices(Lane::Webhooks, 9, after(9)).await.expect("leased").notices, []);
    assert!(find(&*store, "b1").await.is_some());
}

/// What the handset has is true of all copies.
pub async fn a_receipt_ends_a_message_wherever_it_is(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    place.sql(TAKEN_OVER).await;
    record(&*store, [taken(&message(1), "a1")]).await;
    let mut end = Change { queue: Queue::Leave, ..delivered(&message(1), "a1") };
    end.mark();
    assert_eq!(recorded(&*store, vec![end]).await, Recorded::default());
    let depths = store.depths().await.expect("counted");
    assert_eq!((depths.awaited, depths.queued), (0, Vec::new()));
}
