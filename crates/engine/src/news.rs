//! News from other nodes: what they did that this node would otherwise find only by looking.

use crate::clock::{Clock, instant};
use crate::consent::Following;
use crate::inbox::Inbox;
use crate::learned_forms::LearnedForms;
use crate::outbox::Lanes;
use crate::shelves::Shelves;
use crate::upstreams::Upstreams;
use postrider_core::node::{News, Nodes};
use std::sync::Arc;
use tokio::sync::watch;

/// The listener to news, and the parts that it works with.
pub(crate) struct Listener {
    pub(crate) nodes: Arc<dyn Nodes>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) shelves: Arc<Shelves>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) forms: Arc<LearnedForms>,
    pub(crate) following: Arc<Following>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Counts how often other nodes declared something.
    pub(crate) declared: Arc<watch::Sender<u64>>,
}

impl Listener {
    /// Listens for as long as the gateway runs.
    pub(crate) async fn listen(self) {
        loop {
            let news = self.nodes.news().await;
            self.hear(news);
        }
    }

    fn hear(&self, news: News) {
        match news {
            News::Queue(upstream) => {
                if let Some(counter) = self.upstreams.get(upstream) {
                    counter.look_again();
                }
            }
            News::Bound(node, upstream) => {
                if let Some(counter) = self.upstreams.get(upstream) {
                    counter.peer_links.bound_by(node, instant());
                }
            }
            News::Unbound(node, upstream) => {
                if let Some(counter) = self.upstreams.get(upstream) {
                    counter.peer_links.unbound_by(|other| other == node);
                }
                let now = self.clock.now();
                self.inbox.put(|post| post.lost_elsewhere.push((upstream, now)));
            }
            News::Lane(lane) => self.lanes.look_again(lane),
            News::Resources => self.resources_changed(),
            News::Learnt => self.forms.look(),
            News::Wanted(message) => self.shelves.give_back(message),
            News::Consent => self.following.look(),
            News::ConsentTaken(node, sequence) => self.following.heard_of(node, sequence),
            News::Anything => {
                for counter in self.upstreams.all() {
                    counter.look_again();
                }
                self.lanes.look_at_all();
                self.resources_changed();
                self.forms.look();
                self.following.look();
            }
        }
    }

    /// Has whoever follows the store's resources read them again.
    fn resources_changed(&self) {
        self.declared.send_modify(|times| *times += 1);
    }
}
