//! The loads of peers, for `least_conn`: which peer has the fewest tries under way for its weight.

use crate::upstream::peers::{NOWHERE, Peer};
use crate::upstream::shared::zone::Zone;

mod followed;
mod levels;
mod row;
mod tries;

use followed::Followed;
use levels::Levels;
use row::Row;
use tries::tries;

/// The loads of a tier's peers, while nothing is unusual: none has failed of late, starts slowly or is found
/// unhealthy, and the request asks for the first time. That a peer is full is nothing unusual.
///
/// Meanwhile the current weights in the peers are those of the beginning; [`Loads::leave`] writes them out.
#[derive(Default)]
pub struct Loads {
    form: Form,
    /// In a zone of many peers.
    followed: Option<Followed>,
    /// Usual turns in a row.
    calm: u32,
}

#[derive(Default)]
enum Form {
    /// Something is unusual, or the numbers are too large: peers are looked at one by one.
    #[default]
    General,
    Row(Row),
    Levels(Levels),
}

/// Usual turns before the loads are laid out, which costs more than a turn.
const CALM: u32 = 16;

/// Up to this number a linear search is as fast as one by levels.
pub const FEW: usize = 32;

impl Loads {
    /// For peers as they are; those of a new group, or after a change of addresses.
    pub fn new(peers: &[Peer], zone: Option<&Zone>) -> Self {
        let mut loads = Self::default();
        if peers.iter().all(|peer| is_usual(peer, 0) && peer.is_spotless()) {
            loads.enter(peers, zone);
        }
        loads
    }

    pub fn is_fast(&self) -> bool {
        !matches!(self.form, Form::General)
    }

    /// As many tries are under way at all peers as all workers know.
    pub(super) fn refresh(&mut self, zone: &Zone) {
        match (&mut self.form, &mut self.followed) {
            (form, Some(followed)) => followed.refresh(zone, |at, tries| form.set(at, tries)),
            (Form::Row(row), None) => row.refresh(zone),
            (Form::General | Form::Levels(_), None) => {}
        }
    }

    /// As many tries are under way at a peer as it says now.
    pub fn counted(&mut self, at: usize, peer: &Peer) {
        self.form.set(at, tries(peer));
    }

    pub(super) fn turn(&mut self) -> Option<usize> {
        match &mut self.form {
            Form::General => None,
            Form::Row(row) => row.turn(),
            Form::Levels(levels) => levels.turn(),
        }
    }

    /// The one whose turn it was cannot be used after all.
    pub(super) fn give_back(&mut self, at: usize) {
        match &mut self.form {
            Form::General => {}
            Form::Row(row) => row.give_back(at),
            Form::Levels(levels) => levels.give_back(),
        }
    }

    /// The peer that is likely to be picked next, if that is known without a look at all of them.
    pub fn ahead(&mut self) -> Option<usize> {
        match &mut self.form {
            Form::Levels(levels) => levels.foremost(),
            _ => None,
        }
    }

    /// Something unusual is about to happen to one of the peers, or has happened: writes out the weights, for all
    /// workers if there is a zone.
    pub fn leave(&mut self, peers: &mut [Peer], zone: Option<&Zone>) {
        let write = |(peer, current): (&mut Peer, i64)| {
            peer.current_weight = current;
            zone.iter().for_each(|zone| zone.tell_current(peer));
        };
        match std::mem::take(&mut self.form) {
            Form::General => {}
            Form::Row(row) => peers.iter_mut().zip(row.weights()).for_each(write),
            Form::Levels(levels) => peers.iter_mut().zip(levels.weights()).for_each(write),
        }
        self.calm = 0;
    }

    /// As `leave`, where the current weights in the peers are those of now.
    pub(super) fn forget(&mut self) {
        self.form = Form::General;
    }

    /// A turn was taken the general way.
    pub(super) fn weighed(&mut self, peers: &[Peer], now: u64) {
        let usual = peers.iter().all(|peer| is_usual(peer, now));
        self.calm = if usual { self.calm + 1 } else { 0 };
        if self.calm == CALM {
            self.calm = 0;
            self.enter(peers, None);
        }
    }

    pub(super) fn enter(&mut self, peers: &[Peer], zone: Option<&Zone>) {
        // One that found no room in the zone is looked at by itself.
        if zone.is_some() && peers.iter().any(|peer| peer.place == NOWHERE) {
            return;
        }
        let mut weights = peers.iter().filter(|it| it.takes_part()).map(|peer| peer.weight);
        let own = weights.next();
        // In a zone of few peers all are looked at anyway.
        let many = peers.len() > FEW && zone.is_none_or(Zone::tells);
        let equal = own.filter(|own| many && weights.all(|weight| weight == *own));
        let form = match equal {
            Some(own) => Levels::new(own, peers).map(Form::Levels),
            None => Row::new(peers).map(Form::Row),
        };
        self.form = form.unwrap_or_default();
        self.followed = zone.filter(|zone| zone.tells()).map(|_| Followed::new(peers));
    }
}

impl Form {
    fn set(&mut self, at: usize, tries: u32) {
        match self {
            Self::General => {}
            Self::Row(row) => row.set(at, tries),
            Self::Levels(levels) => levels.set(at, tries),
        }
    }
}

pub(super) fn is_usual(peer: &Peer, now: u64) -> bool {
    !peer.takes_part() || peer.is_plain(now) && !peer.barred
}

#[cfg(test)]
mod tests;
