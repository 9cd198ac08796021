//! URLs of rules' own: each is told of what sets off its rule, signed and allowed as the account's webhook is.

use super::batch::Batch;
use postrider_core::account::{Account, Webhook};
use postrider_core::automation::UrlForm;
use postrider_core::notice::Lane;
use postrider_core::rules::Rules;
use std::sync::Arc;

/// Why nothing is posted.
const NO_WEBHOOK: &str = "the account has no webhook";

/// The account of a batch, and the webhook that it is posted to: the account's, or one at the URL of a rule.
///
/// # Errors
/// There is no endpoint, for this reason.
pub(super) fn endpoint<'a>(
    batch: &Batch,
    rules: &'a Rules,
) -> Result<(&'a Arc<Account>, Arc<Webhook>), &'static str> {
    let account = rules.account(batch.account()).ok_or(NO_WEBHOOK)?;
    let of_account = account.webhook.as_ref();
    let Lane::Rule(rule) = batch.lane() else {
        return Ok((account, Arc::clone(of_account.ok_or(NO_WEBHOOK)?)));
    };
    let rule = rules.automation.rule(rule).map(|rule| &rule.then);
    let (url, form) =
        rule.and_then(|then| Some((then.url.as_deref()?, &then.form))).ok_or("the rule has no URL")?;
    Ok((account, Arc::new(webhook_at(url, form, of_account.map(|webhook| &**webhook)).ok_or(NO_WEBHOOK)?)))
}

/// The webhook of an account as it holds for a rule's own URL. A chat needs none: nothing there verifies a signature.
pub(super) fn webhook_at(url: &str, form: &UrlForm, of_account: Option<&Webhook>) -> Option<Webhook> {
    let webhook = match of_account {
        Some(webhook) => webhook.clone(),
        None if form.is_text() => Webhook {
            url: Box::default(),
            secret: Box::default(),
            previous_secret: None,
            allow_http: false,
            ca_file: None,
            allow_private: false,
            menu: None,
            batch: 1,
            kannel_headers: false,
        },
        None => return None,
    };
    let secret = if form.is_text() { Box::default() } else { webhook.secret };
    Some(Webhook { url: url.into(), batch: 1, secret, ..webhook })
}

/// The words before the result of a post in a message's timeline.
pub(super) fn label(batch: &Batch, rules: &Rules) -> String {
    match batch.lane() {
        Lane::Rule(rule) => {
            let name = rules.automation.rule(rule).map_or("that is gone", |rule| &*rule.name);
            format!("the URL of the rule {name}: ")
        }
        Lane::Sessions(_) | Lane::Webhooks | Lane::Automation | Lane::Timeouts => String::new(),
    }
}
