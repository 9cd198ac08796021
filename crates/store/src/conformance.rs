//! What every engine must do: one function a behaviour, run against an engine by
//! [`held_to_conformance`](crate::held_to_conformance). How an engine does it is not asked here.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a behaviour fails by panicking"
)]

pub mod accept;
pub mod apps;
pub mod audit;
pub mod chores;
pub mod claim;
pub mod client_parts;
pub mod cluster;
pub mod consent;
pub mod conversations;
pub mod counted;
pub mod damage;
pub mod events;
pub mod find;
pub mod hands;
pub mod history;
pub mod inbound;
pub mod lease;
pub mod list;
pub mod media;
pub mod money;
pub mod notices;
pub mod number_facts;
pub mod person;
pub mod quality;
pub mod recipients;
pub mod record;
pub mod reopen;
pub mod reports;
pub mod resources;
pub mod retention;
pub mod rules;
pub(crate) mod samples;
pub mod sealing;
pub mod sessions;
pub mod usage;

use postrider_core::contract::Store;
use std::sync::Arc;

/// Where a store lies: it may be opened there again after it was closed or dropped. Each behaviour gets an
/// empty one.
pub trait Place: Send + Sync {
    /// Opens the store that lies there.
    fn open(&self) -> impl Future<Output = Arc<dyn Store>> + Send;

    /// Changes its tables behind its back, as no verb does.
    fn sql(&self, sql: &str) -> impl Future<Output = ()> + Send;
}

/// Makes a test of each behaviour; the expression makes an empty [`Place`].
#[macro_export]
macro_rules! held_to_conformance {
    ($place:expr) => {
        $crate::held_to_conformance! { @tests $place;
            accept:
                what_was_accepted_reads_back_whole,
                a_batch_is_accepted_whole_or_not_at_all,
                a_batch_that_fails_does_not_harm_its_neighbours,
                a_repeated_request_gets_its_first_answer,
                a_key_used_for_another_request_conflicts,
                a_key_belongs_to_its_account,
                what_this_node_sends_at_once_is_not_leased;
            lease:
                the_most_urgent_class_goes_first_then_the_earliest_due,
                what_is_not_due_waits,
                what_is_leased_is_leased_once,
                a_lease_keeps_to_its_upstream_and_its_bound,
                leases_at_once_do_not_overlap,
                what_is_released_comes_back_untouched,
                accounts_take_turns,
                a_lease_begins_where_the_last_one_ended,
                an_accounts_messages_keep_their_order,
                accounts_that_are_left_out_keep_theirs,
                what_is_not_due_of_many_accounts_holds_nobody_up,
                messages_with_an_ordering_key_leave_one_after_the_other,
                what_is_scheduled_is_found_by_its_recipient;
            damage:
                a_damaged_message_holds_no_lease_up,
                what_is_damaged_is_met_once,
                what_is_set_aside_stays_there,
                a_damaged_message_holds_no_chore_up,
                a_damaged_notice_holds_no_lane_up,
                a_damaged_message_waits_for_no_receipt,
                a_damaged_row_holds_no_other_receipt_up,
                a_damaged_parked_receipt_is_left_out,
                a_damaged_message_is_left_out_of_lists;
            inbound:
                what_was_received_reads_back_whole,
                the_newest_come_first_page_by_page,
                messages_from_handsets_are_seen_by_their_owner,
                a_message_from_a_handset_is_told_on_its_lanes,
                parts_from_handsets_wait_for_the_others,
                parts_from_handsets_become_one_message,
                purging_forgets_what_is_old;
            consent:
                what_was_changed_reads_back_whole,
                an_opt_out_holds_until_it_is_lifted,
                what_was_never_made_is_not_lifted,
                a_consent_that_is_given_again_is_renewed,
                a_record_changes_what_holds,
                nodes_take_changes_in_in_their_order,
                an_account_sees_its_own_opt_outs,
                opt_outs_are_listed_page_by_page,
                an_opt_out_is_told_by_webhook,
                what_holds_of_an_erased_number_stays_under_its_pseudonym,
                opt_outs_are_events;
            counted:
                messages_that_count_are_kept_with_them,
                messages_that_count_no_more_are_forgotten;
            conversations:
                a_message_from_a_handset_begins_a_conversation,
                a_conversation_is_assigned_closed_and_opened_again,
                a_request_waits_for_nobody,
                a_conversation_is_opened_once,
                a_handset_waits_since_its_first_message_without_an_answer,
                one_reply_follows_what_was_seen,
                a_conversation_is_claimed_until_it_is_answered,
                a_conversation_is_read_by_each_person,
                who_is_free_gets_what_has_waited_longest,
                notes_are_kept_in_their_order,
                purging_forgets_conversations_that_rest;
            apps:
                a_record_reads_back_and_changes_by_its_version,
                a_write_is_made_whole_or_not_at_all,
                records_are_listed_by_name_and_by_due_time,
                a_limit_is_kept_and_says_when_there_is_room,
                counts_at_once_keep_to_their_limit,
                what_has_expired_is_forgotten,
                records_of_a_person_are_erased,
                records_are_found_and_counted_by_their_labels;
            recipients:
                a_number_is_once_in_an_audience,
                who_adds_at_once_loses_nothing,
                results_are_kept_and_counted,
                an_erased_person_leaves_an_empty_place;
            events:
                an_end_recorded_again_is_named_once,
                reports_see_each_end,
                events_come_in_the_order_in_which_they_were_recorded,
                a_stream_goes_on_behind_any_event,
                the_end_of_the_stream_has_nothing_behind_it,
                forgotten_events_are_told_of,
                an_event_without_its_message_is_passed_over,
                a_message_of_parts_is_an_event_when_it_is_whole;
            rules:
                what_rules_remember_reads_back,
                a_decision_on_an_old_memory_is_not_kept,
                what_rules_did_is_kept_whole,
                votes_are_counted,
                menus_time_out_when_they_are_due,
                urls_of_rules_have_lanes_of_their_own,
                old_memory_is_forgotten,
                what_rules_remember_of_a_person_is_erased;
            record:
                what_the_carrier_took_leaves_the_queue,
                what_goes_back_carries_what_was_said,
                what_was_not_delivered_returns_once,
                what_goes_back_half_sent_knows_its_parts,
                a_final_state_is_final,
                the_notice_of_a_second_end_is_not_kept,
                remarks_and_parts_are_kept,
                early_receipts_are_parked_and_unparked,
                the_same_early_receipt_is_parked_once;
            hands:
                what_another_node_has_in_hand_stays_there,
                what_nobody_has_in_hand_is_not_sent_again,
                what_this_node_has_in_hand_again_is_another_copy,
                what_came_back_half_sent_stays_with_its_new_owner,
                a_copy_recorded_after_the_end_waits_for_nothing,
                an_end_in_the_record_of_its_copy_is_marked,
                what_became_of_a_copy_ends_nothing_of_another_nodes,
                a_receipt_ends_a_message_wherever_it_is;
            find:
                a_receipt_finds_its_message_by_upstream_and_name,
                what_has_arrived_is_found_no_more,
                parts_know_what_the_others_came_to,
                a_mark_of_one_part_is_all_parts,
                a_half_sent_message_is_found_as_queued,
                what_is_forgotten_is_found_no_more,
                a_name_used_again_is_the_newer_message,
                a_name_is_shown_as_it_was_given,
                the_form_of_names_is_kept;
            notices:
                a_notice_says_what_the_outcome_said,
                sessions_get_their_own_account_only,
                webhooks_are_told_of_all_accounts,
                what_is_not_due_is_not_told,
                a_notice_is_given_out_once,
                an_owned_notice_is_nobody_elses,
                notices_survive_who_had_them_in_hand,
                what_was_told_is_gone,
                what_failed_is_told_again;
            claim:
                a_waiting_message_is_taken_once,
                a_message_in_hand_is_busy,
                sent_and_ended_messages_are_not_taken,
                another_accounts_message_is_missing,
                a_replaced_message_goes_back_rewritten,
                a_replaced_message_goes_where_it_is_put;
            client_parts:
                what_was_collected_reads_back_whole,
                parts_that_wait_are_found,
                parts_are_joined_once,
                several_parts_read_back_whole,
                parts_that_wait_are_counted_and_kept,
                a_damaged_part_is_set_aside;
            history:
                it_says_where_a_message_stands,
                what_may_come_twice_is_told_before_it_ends,
                another_accounts_message_is_unknown,
                it_holds_receipts_waited_for_and_attempts;
            list:
                the_newest_come_first_page_by_page,
                an_account_sees_only_its_own,
                each_state_is_found,
                numbers_and_references_are_found,
                a_page_says_where_the_list_goes_on,
                senders_upstreams_carriers_references_and_errors_are_found,
                what_is_held_is_found_and_released,
                times_bound_it,
                conditions_hold_together,
                an_accounts_messages_are_read_by_their_identifiers,
                what_is_in_blocks_is_found_as_before;
            chores:
                what_is_overdue_is_given_once,
                the_silent_are_those_sent_before,
                a_name_used_again_leaves_the_older_message_to_be_silent,
                the_unheard_are_parts_sent_before,
                the_stranded_have_no_upstream,
                the_stranded_are_walked_through,
                purging_forgets_what_ended_and_nothing_else,
                depths_count_what_waits;
            media:
                a_medium_reads_back_whole,
                an_account_stores_so_many_octets,
                media_are_held_by_their_account,
                media_and_pages_expire,
                media_of_a_person_are_erased;
            money:
                what_can_not_be_paid_is_refused,
                credit_is_spent_once_by_those_who_ask_at_once,
                an_end_settles_its_message_once,
                what_is_charged_later_is_reserved,
                a_top_up_is_made_once,
                a_fee_is_paid_once_within_the_limit,
                a_request_that_was_not_paid_is_tried_anew,
                days_have_caps,
                parts_are_paid_when_they_are_joined,
                messages_from_handsets_are_charged_once,
                money_survives;
            reports:
                what_has_ended_is_counted_once,
                days_and_hours_say_the_same;
            resources:
                numbers_are_given_once,
                a_retired_name_gets_another_number,
                declarations_are_kept_and_recorded,
                changes_are_read_page_by_page,
                octets_are_kept_beside_a_document;
            audit:
                lines_are_chained_and_read_back_whole,
                changes_of_declarations_leave_lines,
                old_lines_leave_one_that_says_so;
            person:
                a_person_is_found_by_number_wherever_it_stands,
                what_has_ended_is_erased_and_nothing_else,
                an_account_reaches_its_own_alone;
            usage:
                what_was_used_adds_up,
                what_was_used_long_ago_is_forgotten;
            number_facts:
                numbers_that_fail_for_days_are_found,
                what_was_looked_up_holds_for_a_while;
            quality:
                measurements_add_up,
                old_measurements_are_forgotten;
            retention:
                a_text_goes_with_the_end_of_its_message,
                old_texts_are_removed_once_their_message_has_ended,
                texts_from_handsets_stay_until_they_are_told,
                records_are_forgotten_account_by_account;
            sealing:
                nothing_is_read_without_the_key,
                keys_are_changed_while_the_store_is_in_use,
                a_sealed_value_that_was_changed_is_as_good_as_removed;
            sessions:
                a_session_reads_back_whole,
                the_uses_of_a_session_are_kept,
                sessions_end,
                a_code_is_taken_once,
                a_link_is_taken_once_and_in_time;
            reopen:
                everything_survives,
                what_was_in_hand_at_a_death_may_have_been_sent,
                what_was_in_hand_at_a_close_was_not,
                a_closed_store_says_so;
        }
    };
    (@tests $place:expr; $($module:ident: $($behaviour:ident),+;)+) => {
        $(
            mod $module {
                #[allow(unused_imports, reason = "the expression may need what is around it")]
                use super::*;
                $(
                    #[tokio::test]
                    async fn $behaviour() {
                        $crate::conformance::$module::$behaviour(&$place).await;
                    }
                )+
            }
        )+
    };
}
