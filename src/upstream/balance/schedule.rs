//! Turns of peers that nothing happens to: smooth weighted round robin, in as many steps as there are
//! different weights.
//!
//! Peers of one weight gain the same with every turn, so their order changes only when one of them is picked
//! and pays the sum of all weights. Once that makes it fall behind all others of its weight, which turns soon
//! come to, those of one weight are picked in a fixed cycle: by their current weights, the heaviest first, the
//! earlier one of two equals. So of each weight only the next one is compared; where all weigh the same
//! nothing is.

use std::cmp::Reverse;

use crate::upstream::peers::Peer;

#[derive(Default)]
pub struct Schedule {
    /// The peers by their weights; those of one weight in the order of their turns.
    order: Vec<u16>,
    /// Their current weights at the beginning.
    base: Vec<i64>,
    classes: Vec<Class>,
    /// Of each class; where there is only one they are not kept up.
    heads: Vec<Head>,
    /// What the one that is picked pays.
    total: i64,
    /// Turns that were paid for, whose gains have not been added up.
    pending: i64,
}

/// Peers of one weight.
#[derive(Clone, Copy)]
struct Class {
    /// Where it begins in the order.
    first: u32,
    len: u32,
    /// How many of them have had their turn in this round.
    turn: u32,
}

struct Head {
    /// What the next one will weigh when it has gained what is pending, and for the turn to come.
    ahead: i64,
    /// What each peer of the class weighs.
    own: i64,
}

impl Schedule {
    /// Begins with such a current weight and, among equals, place of each peer. In a zone the places are what all
    /// workers have in common. False: one that is picked would not fall behind.
    pub fn begin(&mut self, peers: &[Peer], of: impl Fn(u16, &Peer) -> (i64, u32)) -> bool {
        let peer = |at: u16| &peers[usize::from(at)];
        let current = |at: u16| of(at, peer(at)).0;
        let place = |at: u16| of(at, peer(at)).1;
        let able = (0..).zip(peers).filter(|(_, peer)| peer.takes_part());
        self.order.clear();
        self.order.extend(able.map(|(at, _)| at));
        self.order.sort_by_key(|&at| (peer(at).weight, Reverse(current(at)), place(at)));
        self.base.clear();
        self.base.extend(self.order.iter().map(|&at| current(at)));
        self.total = self.order.iter().map(|&at| peer(at).weight).sum();
        self.pending = 0;
        self.classes.clear();
        self.heads.clear();
        let (mut first, mut falls_behind) = (0, true);
        for class in self.order.chunk_by(|&a, &b| peer(a).weight == peer(b).weight) {
            let (next, last) = (class[0], class[class.len() - 1]);
            let paid = current(next) - self.total;
            falls_behind &= (paid, place(last)) <= (current(last), place(next));
            let own = peer(next).weight;
            self.classes.push(Class { first, len: class.len() as u32, turn: 0 });
            self.heads.push(Head { ahead: current(next) + own, own });
            first += class.len() as u32;
        }
        falls_behind && !self.order.is_empty()
    }

    /// How many different weights there are.
    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    /// The class whose turn it is: that of the peer that weighs the most, the earliest one of equals.
    pub fn foremost(&mut self) -> usize {
        if self.heads.len() == 1 {
            return 0;
        }
        let turns = std::mem::take(&mut self.pending);
        let (order, classes) = (&self.order, &self.classes);
        let peer = |class: usize| order[classes[class].next()];
        let (mut best, mut most) = (0, i64::MIN);
        for (class, head) in self.heads.iter_mut().enumerate() {
            head.ahead = head.ahead.wrapping_add(turns.wrapping_mul(head.own));
            if head.ahead > most || (head.ahead == most && peer(class) < peer(best)) {
                (best, most) = (class, head.ahead);
            }
        }
        best
    }

    /// Whose turn it is in that class.
    pub fn peer(&self, class: usize) -> usize {
        usize::from(self.order[self.classes[class].next()])
    }

    /// Whose turn it is in that class after this number of others.
    pub fn peer_ahead(&self, class: usize, turns: usize) -> Option<usize> {
        self.order.get(self.classes[class].next() + turns).map(|&at| usize::from(at))
    }

    /// Whose turn in that class is the one of that number since the beginning.
    pub fn peer_of_turn(&self, class: usize, number: u64) -> usize {
        let Class { first, len, .. } = self.classes[class];
        usize::from(self.order[first as usize + (number % u64::from(len)) as usize])
    }

    /// This number of turns are those of that class; a negative number gives turns back.
    pub fn pay(&mut self, class: usize, turns: i64) {
        let it = &mut self.classes[class];
        let (had, len) = (it.next(), i64::from(it.len));
        let turn = i64::from(it.turn) + turns;
        let (turn, rounds) = match turn {
            _ if (0..len).contains(&turn) => (turn, 0),
            _ if turn == len => (0, 1),
            _ => (turn.rem_euclid(len), turn.div_euclid(len)),
        };
        it.turn = turn as u32;
        if self.heads.len() > 1 {
            // All that is far from 0 cancels out in the end.
            let change = self.base[it.next()] - self.base[had];
            let head = &mut self.heads[class];
            head.ahead = (head.ahead + change).wrapping_sub(rounds.wrapping_mul(self.total));
            self.pending = self.pending.wrapping_add(turns);
        }
    }

    /// As if no turn had been taken since the beginning.
    pub fn begin_again(&mut self) {
        self.pending = 0;
        for (class, head) in self.classes.iter_mut().zip(&mut self.heads) {
            class.turn = 0;
            head.ahead = self.base[class.first as usize] + head.own;
        }
    }

    /// What each peer weighs now.
    pub fn weights(&self) -> impl Iterator<Item = (usize, i64)> {
        self.classes.iter().zip(&self.heads).flat_map(move |(&class, head)| {
            // Whole rounds, in which all of the class have paid, are left out.
            let gained = match self.heads.len() {
                1 => i64::from(class.turn) * head.own,
                _ => {
                    let turns = (self.pending - 1).wrapping_mul(head.own);
                    head.ahead.wrapping_add(turns) - self.base[class.next()]
                }
            };
            let first = class.first as usize;
            (first..first + class.len as usize).map(move |at| {
                let paid = if at < class.next() { self.total } else { 0 };
                (usize::from(self.order[at]), self.base[at] + gained - paid)
            })
        })
    }
}

impl Class {
    /// Where the next one is in the order.
    fn next(&self) -> usize {
        self.first as usize + self.turn as usize
    }
}
