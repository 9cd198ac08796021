//! URLs of rules' own: each is told of what sets off its rule, signed and allowed as the account's webhook is.

use super::batch::Batch;
use postrider_core::account::{Account, Webhook};
use postrider_core::notice::Lane;
use postrider_core::rules::Rules;
use std::sync::Arc;

/// The account of a batch, and the webhook that it is posted to: the account's, or one at the URL of a rule.
///
/// # Errors
/// There is no endpoint, for this reason.
pub(super) fn endpoint<'a>(
    batch: &Batch,
    rules: &'a Rules,
) -> Result<(&'a Arc<Account>, Arc<Webhook>), &'static str> {
    let account = rules.account(batch.account());
    let found = account.and_then(|account| Some((account, account.webhook.as_ref()?)));
    let (account, webhook) = found.ok_or("the account has no webhook")?;
    let Lane::Rule(rule) = batch.lane() else { return Ok((account, Arc::clone(webhook))) };
    let url = rules.automation.rule(rule).and_then(|rule| rule.then.url.clone());
    let url = url.ok_or("the rule has no URL")?;
    Ok((account, Arc::new(Webhook { url, batch: 1, ..(**webhook).clone() })))
}

/// The words before the result of a post in a message's timeline.
pub(super) fn label(batch: &Batch, rules: &Rules) -> String {
    match batch.lane() {
        Lane::Rule(rule) => {
            let name = rules.automation.rule(rule).map_or("that is gone", |rule| &*rule.name);
            format!("the URL of the rule {name}: ")
        }
        Lane::Sessions(_) | Lane::Webhooks | Lane::Automation => String::new(),
    }
}
