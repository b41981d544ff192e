//! Which peer is at an address that a script has named.

use std::collections::HashMap;

use crate::base::ids::PeerIndex;
use crate::os::addr::Addr;
use crate::upstream::peers::Peer;

/// Where the peer of each address is.
#[derive(Default)]
pub struct OnDemand(pub(super) HashMap<Addr, PeerIndex>);

impl OnDemand {
    /// The peers have been numbered anew; these are behind the members.
    pub(super) fn arrange(&mut self, peers: &[Peer], live: usize) {
        self.0.clear();
        let numbered = (0..).zip(peers).skip(live).filter(|(_, peer)| !peer.is_removed());
        self.0.extend(numbered.map(|(at, peer)| (peer.settings.addr.clone(), PeerIndex(at))));
    }
}
