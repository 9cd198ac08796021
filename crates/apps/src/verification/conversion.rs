//! How many codes that were sent are told, by country and upstream: what a route of codes is worth.

use super::steps::Verification;
use postrider_core::contract::Live;
use postrider_core::route::UpstreamId;

/// Counts a code that was sent.
pub(super) fn sent(verification: &Verification, upstream: UpstreamId, live: &dyn Live) {
    count("postrider_verification_sends_total", verification, Some(upstream), live);
}

/// Counts a verification that was approved, for the upstream that sent its code last.
pub(super) fn approved(verification: &Verification, live: &dyn Live) {
    if !verification.is_test {
        count("postrider_verification_conversions_total", verification, verification.upstream(), live);
    }
}

/// Counts what was asked, by its result.
pub(super) fn asked(result: &'static str) {
    metrics::counter!("postrider_verifications_total", "result" => result).increment(1);
}

fn count(name: &'static str, verification: &Verification, upstream: Option<UpstreamId>, live: &dyn Live) {
    let rules = live.rules();
    let country = verification.to().and_then(|to| rules.numbering.find(to, live.now()).country);
    let country = country.map_or_else(|| "none".to_owned(), |country| country.code().to_owned());
    let upstream = upstream
        .and_then(|id| rules.upstream(id))
        .map_or_else(|| "none".to_owned(), |it| it.name.to_string());
    metrics::counter!(name, "country" => country, "upstream" => upstream).increment(1);
}
