//! Submissions of one read: checked together, and made durable together.

use postrider_core::account::Account;
use postrider_core::contract::{Accepted, Busy, Intake, Prepared};
use postrider_core::id::MessageId;
use postrider_core::submission::{Refusal, Submission};

/// Why a submission was not accepted.
#[derive(Clone, Debug)]
pub(crate) enum Unaccepted {
    /// Something is wrong with it.
    Refused(Refusal),
    /// Nothing could be stored just now.
    Busy(Busy),
}

/// Has submissions checked, and made durable where nothing is wrong with them; the order stays. `adjust` sees them in
/// between.
pub(crate) async fn hand_in(
    intake: &dyn Intake,
    account: &Account,
    submissions: Vec<Submission>,
    adjust: impl FnOnce(&mut [Result<Prepared, Refusal>]) + Send,
) -> Vec<Result<MessageId, Unaccepted>> {
    let count = submissions.len();
    let Ok(mut checked) = intake.prepare(account, submissions).await else {
        return vec![Err(Unaccepted::Busy(Busy::Store)); count];
    };
    adjust(&mut checked);
    let mut prepared = Vec::with_capacity(count);
    let result = |checked: Result<Prepared, Refusal>| match checked {
        Ok(message) => {
            let id = message.message.id;
            prepared.push(message);
            Ok(id)
        }
        Err(refusal) => Err(Unaccepted::Refused(refusal)),
    };
    let mut results: Vec<_> = checked.into_iter().map(result).collect();
    if prepared.is_empty() {
        return results;
    }
    let committed = intake.commit(prepared, None).await;
    let accepted = results.iter_mut().filter(|result| result.is_ok());
    match committed {
        Err(busy) => accepted.for_each(|result| *result = Err(Unaccepted::Busy(busy.clone()))),
        Ok(Accepted::Now { refused }) => {
            let mut refused = refused.into_iter().peekable();
            for (place, result) in accepted.enumerate() {
                if let Some((_, refusal)) = refused.next_if(|(at, _)| *at == place) {
                    *result = Err(Unaccepted::Refused(refusal));
                }
            }
        }
        // These answer idempotency keys, which sessions don't have.
        Ok(Accepted::Before(_) | Accepted::Conflict) => {
            accepted.for_each(|result| *result = Err(Unaccepted::Busy(Busy::Store)));
        }
    }
    results
}
