//! Active checks: what they have found of each peer, as the workers count it.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crate::os::shm::AtomicU64;

use crate::upstream::shared::gauge::count;

/// What one `health_check` of a group says of counting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Failures in a row that make a peer unhealthy.
    pub fails: u32,
    /// Passed checks in a row that make it healthy again.
    pub passes: u32,
    /// A peer is not used before its first good answer.
    pub mandatory: bool,
    /// It is used at once if it was well under the former configuration.
    pub persistent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// `mandatory`: nothing is known yet.
    Checking,
    Healthy,
    Unhealthy,
}

/// The state of one check of one peer.
#[derive(Clone, Copy, Debug)]
struct Mark {
    state: State,
    /// Answers in a row that speak against the state.
    against: u32,
    /// Checks that the peer has passed, and how many of them before it last failed one or could not be reached.
    passed: u64,
    before: u64,
}

impl Mark {
    fn new(rule: &Rule) -> Self {
        let state = if rule.mandatory { State::Checking } else { State::Healthy };
        Self { state, against: 0, passed: 0, before: 0 }
    }

    /// Checks in a row that were passed since the peer could last not be reached.
    fn reaches(&self, rule: &Rule) -> bool {
        self.passed.saturating_sub(self.before) >= u64::from(rule.passes)
    }

    /// Counts an answer; true: the state has changed by it.
    fn told(&mut self, rule: &Rule, passed: bool) -> bool {
        match passed {
            true => self.passed += 1,
            false => self.before = self.passed,
        }
        let needed = match (self.state, passed) {
            (State::Healthy, true) | (State::Unhealthy, false) => {
                self.against = 0;
                return false;
            }
            (State::Checking, true) => 1,
            (State::Unhealthy, true) => rule.passes,
            (State::Healthy | State::Checking, false) => rule.fails,
        };
        self.against += 1;
        if self.against < needed {
            return false;
        }
        self.against = 0;
        self.state = if passed { State::Healthy } else { State::Unhealthy };
        true
    }
}

/// What all checks of its group have found of a peer: each of them can keep it from being used.
#[derive(Default, Debug)]
pub struct Health {
    marks: Vec<Mark>,
    /// Of the peer's failures, those to reach it: checks that it passes can clear them.
    pub unreached: u32,
}

/// What a check has found, as a number, which is never 0.
impl From<Mark> for u64 {
    fn from(mark: Mark) -> Self {
        let state = match mark.state {
            State::Healthy => HEALTHY,
            State::Unhealthy => 2,
            State::Checking => 3,
        };
        state | Self::from(mark.against) << 2
    }
}

impl Mark {
    /// The other way round.
    fn found(&mut self, word: u64) {
        self.state = match word & 3 {
            HEALTHY => State::Healthy,
            2 => State::Unhealthy,
            _ => State::Checking,
        };
        self.against = (word >> 2) as u32;
    }
}

const HEALTHY: u64 = 1;

/// Whether that number says so.
pub fn is_healthy(word: u64) -> bool {
    word & 3 == HEALTHY
}

impl Health {
    /// Takes over what others have found, where they have; returns whether it is barred.
    pub fn pull(&mut self, shared: &Shared<'_>) -> bool {
        let words = shared.found.iter().zip(shared.passed).zip(shared.before);
        for (mark, ((found, passed), before)) in self.marks.iter_mut().zip(words) {
            let word = found.load(Relaxed);
            if word != 0 {
                mark.found(word);
            }
            mark.passed = passed.load(Relaxed);
            mark.before = before.load(Relaxed);
        }
        self.unreached = count(shared.unreached);
        self.bars()
    }

    /// All workers hear what that check has found.
    pub fn push(&self, shared: &Shared<'_>, check: usize) {
        let words = shared.found.iter().zip(shared.passed).zip(shared.before);
        let Some((mark, ((found, passed), before))) = self.marks.iter().zip(words).nth(check)
        else {
            return;
        };
        passed.store(mark.passed, Relaxed);
        before.fetch_max(mark.before, Relaxed);
        // It may free a place: see `zone::line`.
        found.store((*mark).into(), SeqCst);
    }

    /// The peer could not be reached: checks that it has passed until now say nothing of that.
    pub fn unreached(&mut self) {
        self.unreached = self.unreached.saturating_add(1);
        self.marks.iter_mut().for_each(|mark| mark.before = mark.passed);
    }

    /// As each of its checks has it, the peer can be reached again.
    pub fn is_reached(&self, rules: &[Rule]) -> bool {
        self.unreached > 0 && self.marks.iter().zip(rules).all(|(mark, rule)| mark.reaches(rule))
    }

    /// Counts the answer of a check: its state before, and whether that has changed. `None`: no such check.
    pub fn told(&mut self, check: usize, rule: &Rule, passed: bool) -> Option<(State, bool)> {
        let mark = self.marks.get_mut(check)?;
        Some((mark.state, mark.told(rule, passed)))
    }

    /// For the checks of its group; those that know something of it go on. Returns whether it is barred.
    pub fn begin(&mut self, rules: &[Rule]) -> bool {
        let known = self.marks.len().min(rules.len());
        self.marks.extend(rules[known..].iter().map(Mark::new));
        self.bars()
    }

    /// Some check says that it is not to be used.
    pub fn bars(&self) -> bool {
        self.marks.iter().any(|mark| mark.state != State::Healthy)
    }
}

/// The health of a peer in a zone: atomic words for each of its checks.
pub struct Shared<'a> {
    pub found: &'a [AtomicU64],
    pub passed: &'a [AtomicU64],
    pub before: &'a [AtomicU64],
    pub unreached: &'a AtomicU64,
}

impl Shared<'_> {
    /// The peer could not be reached, as far as its checks are concerned.
    pub fn doubt(&self) {
        for (passed, before) in self.passed.iter().zip(self.before) {
            before.fetch_max(passed.load(Relaxed), Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { fails: 2, passes: 3, mandatory: false, persistent: false };
    const MANDATORY: Rule = Rule { mandatory: true, ..RULE };

    #[test]
    fn so_many_in_a_row_change_a_state() {
        let mut mark = Mark::new(&RULE);
        let told: Vec<bool> =
            [false, true, false, false, false, true, true, false, true, true, true]
                .map(|passed| mark.told(&RULE, passed))
                .into();
        let changes: Vec<usize> = (0..told.len()).filter(|&at| told[at]).collect();
        assert_eq!(changes, [3, 10]);
        assert_eq!(mark.state, State::Healthy);
    }

    #[test]
    fn the_first_good_answer_is_enough_for_a_mandatory_check() {
        let mut mark = Mark::new(&MANDATORY);
        assert!(!mark.told(&MANDATORY, false));
        assert!(mark.told(&MANDATORY, true));
        assert_eq!(mark.state, State::Healthy);
        let mut mark = Mark::new(&MANDATORY);
        assert!(!mark.told(&MANDATORY, false) && mark.told(&MANDATORY, false));
        assert!(!mark.told(&MANDATORY, true) && !mark.told(&MANDATORY, true));
        assert!(mark.told(&MANDATORY, true));
    }
}
