//! Permissions: what can be done, and which roles may do it. This is the one table; doors ask it and hold no other.

use super::Role::{self, Author, Billing, Customer, Operator, Owner, Support};

/// Something that a principal may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See whether the gateway sends, and what is broken.
    ReadStatus,
    /// Find messages, both ways, and see what became of them.
    ReadMessages,
    /// See numbers and texts whole. Without it they are masked.
    ReadWhole,
    /// Unmask one message. Each time is a line of the audit log.
    Unmask,
    /// Preview, explain and send messages.
    SendMessages,
    /// Cancel and resend messages.
    CancelMessages,
    /// Read conversations.
    ReadConversations,
    /// Answer conversations, assign them, and write notes.
    AnswerConversations,
    /// See opt-outs, blocked numbers and consents.
    ReadConsent,
    /// Change opt-outs, blocked numbers and consents.
    WriteConsent,
    /// See upstreams, routes, numbers and rules.
    ReadConfiguration,
    /// Change upstreams, routes, numbers and rules; import numbering plans.
    WriteConfiguration,
    /// Pause, drain, examine, reload.
    Operate,
    /// See traffic of upstreams and clients, octet by octet.
    Trace,
    /// See accounts: limits, sessions, webhooks.
    ReadAccounts,
    /// Declare, change and delete accounts.
    WriteAccounts,
    /// Make and revoke keys, passwords and secrets of accounts.
    WriteKeys,
    /// Test webhooks and replay what they were told.
    TestWebhooks,
    /// See prices, balances and ledgers.
    ReadPrices,
    /// Change tariffs and prices, and top up balances.
    WritePrices,
    /// See the margin between prices and costs.
    ReadMargin,
    /// Read reports.
    ReadReports,
    /// Export lists to a file, and what is kept of a person.
    Export,
    /// Erase what is kept of a person.
    Erase,
    /// See receipts that found no message.
    ReadUnmatched,
    /// See the nodes, the store and the system.
    ReadSystem,
    /// See who changed or saw what.
    ReadAudit,
    /// See users and their sessions.
    ReadUsers,
    /// Add, change and delete users, and end their sessions.
    WriteUsers,
}

/// How far a permission reaches, for a user with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// What belongs to the account.
    Account,
    /// The whole gateway: a user with an account hasn't the permission.
    Gateway,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::ReadStatus,
        Self::ReadMessages,
        Self::ReadWhole,
        Self::Unmask,
        Self::SendMessages,
        Self::CancelMessages,
        Self::ReadConversations,
        Self::AnswerConversations,
        Self::ReadConsent,
        Self::WriteConsent,
        Self::ReadConfiguration,
        Self::WriteConfiguration,
        Self::Operate,
        Self::Trace,
        Self::ReadAccounts,
        Self::WriteAccounts,
        Self::WriteKeys,
        Self::TestWebhooks,
        Self::ReadPrices,
        Self::WritePrices,
        Self::ReadMargin,
        Self::ReadReports,
        Self::Export,
        Self::Erase,
        Self::ReadUnmatched,
        Self::ReadSystem,
        Self::ReadAudit,
        Self::ReadUsers,
        Self::WriteUsers,
    ];

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReadStatus => "read_status",
            Self::ReadMessages => "read_messages",
            Self::ReadWhole => "read_whole",
            Self::Unmask => "unmask",
            Self::SendMessages => "send_messages",
            Self::CancelMessages => "cancel_messages",
            Self::ReadConversations => "read_conversations",
            Self::AnswerConversations => "answer_conversations",
            Self::ReadConsent => "read_consent",
            Self::WriteConsent => "write_consent",
            Self::ReadConfiguration => "read_configuration",
            Self::WriteConfiguration => "write_configuration",
            Self::Operate => "operate",
            Self::Trace => "trace",
            Self::ReadAccounts => "read_accounts",
            Self::WriteAccounts => "write_accounts",
            Self::WriteKeys => "write_keys",
            Self::TestWebhooks => "test_webhooks",
            Self::ReadPrices => "read_prices",
            Self::WritePrices => "write_prices",
            Self::ReadMargin => "read_margin",
            Self::ReadReports => "read_reports",
            Self::Export => "export",
            Self::Erase => "erase",
            Self::ReadUnmatched => "read_unmatched",
            Self::ReadSystem => "read_system",
            Self::ReadAudit => "read_audit",
            Self::ReadUsers => "read_users",
            Self::WriteUsers => "write_users",
        }
    }

    /// The roles that have it.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::ReadStatus => &[Owner, Operator, Support, Billing, Author, Customer],
            Self::ReadMessages => &[Owner, Operator, Support, Author, Customer],
            Self::ReadWhole => &[Owner, Operator, Author, Customer],
            Self::Unmask => &[Owner, Operator, Support, Author, Customer],
            Self::SendMessages => &[Owner, Operator, Author, Customer],
            Self::CancelMessages => &[Owner, Operator, Support, Author, Customer],
            Self::ReadConversations | Self::AnswerConversations => {
                &[Owner, Operator, Support, Author, Customer]
            }
            Self::ReadConsent => &[Owner, Operator, Support, Author, Customer],
            Self::WriteConsent => &[Owner, Operator, Support, Customer],
            Self::ReadConfiguration => &[Owner, Operator, Support],
            Self::WriteConfiguration | Self::Operate | Self::Trace => &[Owner, Operator],
            Self::ReadAccounts => &[Owner, Operator, Support, Billing, Customer],
            Self::WriteAccounts => &[Owner, Operator],
            Self::WriteKeys | Self::TestWebhooks => &[Owner, Operator, Customer],
            Self::ReadPrices => &[Owner, Operator, Billing, Customer],
            Self::WritePrices | Self::ReadMargin => &[Owner, Billing],
            Self::ReadReports => &[Owner, Operator, Billing, Author, Customer],
            Self::Export => &[Owner, Operator, Billing, Customer],
            Self::Erase => &[Owner, Operator],
            Self::ReadUnmatched => &[Owner, Operator, Support],
            Self::ReadSystem => &[Owner, Operator],
            Self::ReadAudit => &[Owner],
            Self::ReadUsers | Self::WriteUsers => &[Owner],
        }
    }

    /// How far it reaches.
    #[must_use]
    pub const fn reach(self) -> Reach {
        match self {
            Self::ReadConfiguration
            | Self::WriteConfiguration
            | Self::Operate
            | Self::Trace
            | Self::WriteAccounts
            | Self::WritePrices
            | Self::ReadMargin
            | Self::Erase
            | Self::ReadUnmatched
            | Self::ReadSystem
            | Self::ReadAudit
            | Self::ReadUsers
            | Self::WriteUsers => Reach::Gateway,
            _ => Reach::Account,
        }
    }

    /// Whether a user must have proved who they are within the last minutes: before keys, prices, exports and users.
    #[must_use]
    pub const fn needs_fresh_proof(self) -> bool {
        matches!(self, Self::WriteKeys | Self::WritePrices | Self::Export | Self::Erase | Self::WriteUsers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which roles may do what: owner, operator, support, billing, author, customer.
    const TABLE: [(Permission, &str); 29] = [
        (Permission::ReadStatus, "oosbac"),
        (Permission::ReadMessages, "oos-ac"),
        (Permission::ReadWhole, "oo--ac"),
        (Permission::Unmask, "oos-ac"),
        (Permission::SendMessages, "oo--ac"),
        (Permission::CancelMessages, "oos-ac"),
        (Permission::ReadConversations, "oos-ac"),
        (Permission::AnswerConversations, "oos-ac"),
        (Permission::ReadConsent, "oos-ac"),
        (Permission::WriteConsent, "oos--c"),
        (Permission::ReadConfiguration, "oos---"),
        (Permission::WriteConfiguration, "oo----"),
        (Permission::Operate, "oo----"),
        (Permission::Trace, "oo----"),
        (Permission::ReadAccounts, "oosb-c"),
        (Permission::WriteAccounts, "oo----"),
        (Permission::WriteKeys, "oo---c"),
        (Permission::TestWebhooks, "oo---c"),
        (Permission::ReadPrices, "oo-b-c"),
        (Permission::WritePrices, "o--b--"),
        (Permission::ReadMargin, "o--b--"),
        (Permission::ReadReports, "oo-bac"),
        (Permission::Export, "oo-b-c"),
        (Permission::Erase, "oo----"),
        (Permission::ReadUnmatched, "oos---"),
        (Permission::ReadSystem, "oo----"),
        (Permission::ReadAudit, "o-----"),
        (Permission::ReadUsers, "o-----"),
        (Permission::WriteUsers, "o-----"),
    ];

    #[test]
    fn each_role_may_do_what_it_is_there_for() {
        for ((permission, roles), listed) in TABLE.into_iter().zip(Permission::ALL) {
            assert_eq!(permission, listed, "every permission is in the table, in order");
            let may: String = Role::ALL
                .iter()
                .map(|role| if role.may(permission) { &role.word()[..1] } else { "-" })
                .collect();
            assert_eq!(may, roles, "{permission:?}");
        }
    }

    #[test]
    fn a_customer_has_nothing_that_reaches_over_the_whole_gateway() {
        for permission in Permission::ALL {
            let reaches = permission.reach() == Reach::Gateway;
            assert!(!(reaches && Customer.may(permission)), "{permission:?}");
            assert!(!(reaches && Author.may(permission)), "{permission:?}");
        }
    }

    #[test]
    fn whoever_sees_messages_sees_them_whole_or_can_unmask_them() {
        for role in Role::ALL {
            assert!(!role.may(Permission::ReadMessages) || role.may(Permission::Unmask), "{role:?}");
            assert!(!role.may(Permission::ReadWhole) || role.may(Permission::ReadMessages), "{role:?}");
        }
    }
}
