//! What else is known of a person than messages: contacts, and conversations with their notes.

use crate::rest::Rest;
use crate::rest::contacts::ContactView;
use crate::rest::conversations::ConversationView;
use crate::rest::problem::Problem;
use postrider_apps::contact::Contact;
use postrider_core::account::AccountId;
use postrider_core::contract::ConversationFilter;
use postrider_core::conversation::{Conversation, Note};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use serde::Serialize;
use utoipa::ToSchema;

/// The most conversations of one person that are exported.
const CONVERSATIONS_MAX: usize = 500;

/// What is known of a person besides messages.
#[derive(Default)]
pub(super) struct Known {
    contacts: Vec<(AccountId, Contact)>,
    conversations: Vec<(Conversation, Vec<Note>)>,
}

/// A contact that the person is.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedContact)]
pub(super) struct ExportedContact {
    /// The account that keeps it.
    kept_by: String,
    #[serde(flatten)]
    contact: ContactView,
}

/// A conversation with the person.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedConversation)]
pub(super) struct ExportedConversation<'a> {
    /// The account that it belongs to.
    kept_by: String,
    #[serde(flatten)]
    conversation: ConversationView<'a>,
}

impl Known {
    /// What the viewer may know of a number.
    pub(super) async fn find(rest: &Rest, viewer: Viewer, number: Number) -> Result<Self, Problem> {
        let accounts: Vec<AccountId> = match viewer {
            Viewer::Account(account) => vec![account],
            Viewer::Everything => rest.live.rules().accounts().map(|account| account.id).collect(),
        };
        let mut known = Self::default();
        for account in accounts {
            let contact = rest.apps.contacts.show(account, number).await?;
            known.contacts.extend(contact.map(|(contact, _)| (account, contact)));
        }
        let with_it = ConversationFilter {
            handset: Some(number.to_string().into()),
            ..ConversationFilter::all(viewer, CONVERSATIONS_MAX)
        };
        for conversation in rest.archive.conversations(with_it).await? {
            known.conversations.extend(rest.archive.conversation(viewer, conversation.id).await?);
        }
        Ok(known)
    }

    pub(super) fn contacts(&self, rules: &Rules) -> Vec<ExportedContact> {
        let view = |(account, contact): &(AccountId, Contact)| ExportedContact {
            kept_by: name(*account, rules),
            contact: ContactView::from(contact),
        };
        self.contacts.iter().map(view).collect()
    }

    /// With their notes, whoever exports them.
    pub(super) fn conversations(&self, rules: &Rules) -> Vec<ExportedConversation<'_>> {
        self.conversations
            .iter()
            .map(|(conversation, notes)| {
                let account = conversation.ends.account;
                let owner = Viewer::Account(account);
                ExportedConversation {
                    kept_by: name(account, rules),
                    conversation: ConversationView::with_notes(conversation, notes, rules, owner),
                }
            })
            .collect()
    }
}

/// The name of an account; its number if it is gone.
pub(super) fn name(account: AccountId, rules: &Rules) -> String {
    rules.account(account).map_or_else(|| account.0.to_string(), |it| it.name.to_string())
}
