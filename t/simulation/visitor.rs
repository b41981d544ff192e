//! A client of either protocol.

use peerage::base::rng::Rng;

use crate::client::{Client, Tally};
use crate::exchange::Trust;
use crate::h2;

pub enum Visitor {
    H1(Client),
    H2(h2::Client),
}

/// Calls the same method of the protocol's own client.
macro_rules! each {
    ($self:ident, $it:ident => $call:expr) => {
        match $self {
            Self::H1($it) => $call,
            Self::H2($it) => $call,
        }
    };
}

impl Visitor {
    pub fn turn(&mut self, rng: &mut Rng, tally: &mut Tally, trust: Trust) -> Result<bool, String> {
        each!(self, it => it.turn(rng, tally, trust))
    }

    pub fn hurry(&mut self, pace: usize) {
        each!(self, it => it.hurry(pace));
    }

    pub fn is_deaf(&self) -> bool {
        each!(self, it => it.is_deaf())
    }

    pub fn describe(&self) -> String {
        each!(self, it => it.describe())
    }
}
