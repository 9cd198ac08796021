//! Campaigns that drive people away are paused: too many of those who got it write STOP.

use super::desk::Runs;
use super::document::{Run, RunKind};
use crate::kept::Kept;
use postrider_core::consent::{Kind, Source};
use postrider_core::contract::{ConsentFilter, StoreError};
use postrider_core::principal::Viewer;
use postrider_core::time::Time;

/// Why it is paused.
pub(super) const MANY_OPT_OUTS: &str = "many_opt_outs";
/// The most opt-outs, in percent of the messages so far.
const PER_CENT_MAX: u64 = 2;
/// Fewer opt-outs than this mean nothing.
const LEAST: u64 = 10;
/// Opt-outs that are read at once.
const PAGE: usize = 500;

impl Runs {
    /// Whether more handsets have asked the account to stop since the run began than may be. Whose messages they mean, they don't say:
    /// those of all that the account sends meanwhile count.
    pub(super) async fn has_many_opt_outs(&self, kept: &Kept<Run>) -> Result<bool, StoreError> {
        let run = &kept.value;
        let Some(started) = run.started.filter(|_| !run.bears_opt_outs && run.kind != RunKind::Broadcast)
        else {
            return Ok(false);
        };
        let most = (run.accepted * PER_CENT_MAX / 100).max(LEAST - 1);
        let mut filter = ConsentFilter::all(Kind::OptOut, Viewer::Account(kept.account), PAGE);
        let mut count = 0;
        loop {
            let page = self.parts.consent.consents(filter.clone()).await?;
            filter.before = page.last().map(|last| last.sequence);
            let since = page.iter().take_while(|entry| entry.change.at >= Time(started));
            let mut seen = 0;
            for entry in since {
                seen += 1;
                count += u64::from(entry.change.source == Source::Keyword);
            }
            if count > most {
                return Ok(true);
            }
            if seen < page.len() || page.len() < PAGE {
                return Ok(false);
            }
        }
    }
}
