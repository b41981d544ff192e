//! Strings of a body are replaced by others, in pieces of any size.

use std::borrow::Cow;

use super::gzip::{Flush, Step};
use crate::base::strings::{At, Strings};

/// Bytes of input that one step looks at, beside those that a string may need behind them.
const CHUNK: usize = 32 << 10;

/// One body on its way.
#[derive(Debug, Default)]
pub struct Substitution {
    /// What may be the beginning of a string: less than the longest of them.
    held: Vec<u8>,
    /// What is done before anything else is looked for.
    plan: Plan,
    /// By the index of the string; none: it was not met yet.
    values: Vec<Option<Box<[u8]>>>,
    /// How many of these there are.
    met: usize,
}

/// What becomes of the next bytes: some pass, some are replaced.
#[derive(Debug, Default)]
struct Plan {
    pass: usize,
    skip: usize,
    /// The value of the string with this index takes their place, and how many of its bytes are written.
    value: Option<(usize, usize)>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub strings: &'a Strings,
    /// Each of them is replaced where it is met first, and nowhere else.
    pub once: bool,
}

impl Substitution {
    /// Deals with some of `input`; all of it is given again until it is consumed. `value` says by what a string is
    /// replaced, and is asked once for each.
    pub fn step(
        &mut self,
        rules: Rules<'_>,
        input: &[u8],
        due: Flush,
        out: &mut [u8],
        mut value: impl FnMut(usize) -> Box<[u8]>,
    ) -> Step {
        self.values.resize_with(rules.strings.count(), Option::default);
        let (mut consumed, mut written) = (0, 0);
        loop {
            let (read, wrote) = self.obey(&input[consumed..], &mut out[written..]);
            consumed += read;
            written += wrote;
            if !self.plan.is_done() || consumed >= CHUNK {
                return Step { consumed, written, more: true };
            }
            let rest = &input[consumed..];
            if !self.decide(rules, rest, due) {
                self.held.extend_from_slice(rest);
                return Step { consumed: input.len(), written, more: false };
            }
            let Some((index, _)) = self.plan.value else { continue };
            if self.values[index].is_none() {
                self.values[index] = Some(value(index));
                self.met += 1;
            }
        }
    }

    /// Bytes read of `input`, and written to `out`.
    fn obey(&mut self, input: &[u8], out: &mut [u8]) -> (usize, usize) {
        let Self { held, plan, values, .. } = self;
        let of_held = plan.pass.min(held.len()).min(out.len());
        out[..of_held].copy_from_slice(&held[..of_held]);
        held.drain(..of_held);
        plan.pass -= of_held;
        let (mut read, mut written) = (0, of_held);
        if held.is_empty() {
            read = plan.pass.min(out.len() - written);
            out[written..written + read].copy_from_slice(&input[..read]);
            plan.pass -= read;
            written += read;
        }
        if plan.pass > 0 {
            return (read, written);
        }
        let of_held = plan.skip.min(held.len());
        held.drain(..of_held);
        read += plan.skip - of_held;
        plan.skip = 0;
        if let Some((index, done)) = plan.value {
            let value = values[index].as_deref().unwrap_or_default();
            let len = (value.len() - done).min(out.len() - written);
            out[written..written + len].copy_from_slice(&value[done..done + len]);
            written += len;
            plan.value = (done + len < value.len()).then_some((index, done + len));
        }
        (read, written)
    }

    /// Makes a plan for the next bytes. False: they are to be held, all of them, or there are none.
    fn decide(&mut self, rules: Rules<'_>, input: &[u8], due: Flush) -> bool {
        let Rules { strings, once } = rules;
        if once && self.met == strings.count() {
            self.plan.pass = self.held.len() + input.len();
            return self.plan.pass > 0;
        }
        // A string that begins in what is held ends before this.
        let beyond = strings.longest() - 1;
        let (text, is_all) = if self.held.is_empty() {
            let len = input.len().min(CHUNK + beyond);
            (Cow::Borrowed(&input[..len]), len == input.len())
        } else {
            let len = input.len().min(beyond);
            (Cow::Owned([&self.held, &input[..len]].concat()), len == input.len())
        };
        if text.is_empty() {
            return false;
        }
        let values = &self.values;
        let wanted = |index: usize| !once || values[index].is_none();
        // Of these places it is known what begins there.
        let known = match is_all && due == Flush::Finish {
            true => text.len(),
            false => text.len().saturating_sub(beyond),
        };
        self.plan = match strings.find(&text, known, wanted) {
            Some((start, index)) => Plan::replace(strings, start, index),
            None if known > 0 => Plan { pass: known, ..Plan::default() },
            None if due == Flush::Sync && is_all => flush(strings, &text, wanted),
            None => Plan::default(),
        };
        !self.plan.is_done()
    }
}

impl Plan {
    fn replace(strings: &Strings, start: usize, index: usize) -> Self {
        Self { pass: start, skip: strings.len_of(index), value: Some((index, 0)) }
    }

    fn is_done(&self) -> bool {
        self.pass == 0 && self.skip == 0 && self.value.is_none()
    }
}

/// Nothing waits that is not the beginning of a string.
fn flush(strings: &Strings, text: &[u8], wanted: impl Fn(usize) -> bool) -> Plan {
    for start in 0..text.len() {
        match strings.at(&text[start..], &wanted) {
            At::Nothing => {}
            At::String(index) => return Plan::replace(strings, start, index),
            At::Open => return Plan { pass: start, ..Plan::default() },
        }
    }
    Plan { pass: text.len(), ..Plan::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;

    const PAIRS: &[(&str, &str)] =
        &[("abc", "<1>"), ("ab", ""), ("caa", "<a long value>"), ("bb", "abc"), ("d", "D")];

    fn strings() -> Strings {
        Strings::new(PAIRS.iter().map(|it| it.0.as_bytes().into()).collect()).unwrap()
    }

    /// The whole at once.
    fn plainly(text: &[u8], once: bool) -> Vec<u8> {
        let (mut out, mut at, mut met) = (Vec::new(), 0, [false; PAIRS.len()]);
        while at < text.len() {
            let stands = |(from, _): &(&str, &str)| {
                let text = &text[at..];
                text.len() >= from.len() && text[..from.len()].eq_ignore_ascii_case(from.as_bytes())
            };
            let found = (0..PAIRS.len()).find(|&n| stands(&PAIRS[n]) && !(once && met[n]));
            match found {
                Some(n) => {
                    out.extend_from_slice(PAIRS[n].1.as_bytes());
                    at += PAIRS[n].0.len();
                    met[n] = true;
                }
                None => {
                    out.push(text[at]);
                    at += 1;
                }
            }
        }
        out
    }

    struct Run<'a> {
        it: Substitution,
        rules: Rules<'a>,
        out: Vec<u8>,
        room: usize,
    }

    impl Run<'_> {
        fn give(&mut self, mut input: &[u8], due: Flush) {
            loop {
                let mut out = vec![0; self.room];
                let value = |index: usize| PAIRS[index].1.as_bytes().into();
                let step = self.it.step(self.rules, input, due, &mut out, value);
                self.out.extend_from_slice(&out[..step.written]);
                input = &input[step.consumed..];
                assert!(self.it.held.len() < self.rules.strings.longest());
                if !step.more {
                    return assert!(input.is_empty());
                }
            }
        }
    }

    fn run(rules: Rules<'_>, room: usize) -> Run<'_> {
        Run { it: Substitution::default(), rules, out: vec![], room }
    }

    #[test]
    fn cuts_change_nothing() {
        let strings = strings();
        let text = b"xabcABbbaabcabcaaacaabdDabb";
        for once in [false, true] {
            let want = plainly(text, once);
            for cut in 0..=text.len() {
                for room in [1, 3, 4096] {
                    let mut run = run(Rules { strings: &strings, once }, room);
                    run.give(&text[..cut], Flush::None);
                    run.give(&text[cut..], Flush::Finish);
                    assert_eq!(run.out, want, "{once} {cut} {room}");
                }
            }
        }
    }

    #[test]
    fn pieces_and_flushes_change_nothing() {
        let strings = strings();
        let mut rng = Rng::new(7);
        for _ in 0..3000 {
            let text: Vec<_> =
                (0..rng.below(40)).map(|_| b"abcdABx"[rng.below(7) as usize]).collect();
            let once = rng.below(2) == 0;
            let mut run = run(Rules { strings: &strings, once }, 1 + rng.below(9) as usize);
            let mut rest = text.as_slice();
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(rng.below(rest.len() as u64 + 1) as usize);
                let due = [Flush::None, Flush::Sync][rng.below(2) as usize];
                run.give(piece, due);
                rest = behind;
            }
            run.give(b"", Flush::Finish);
            assert_eq!(run.out, plainly(&text, once), "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn a_flush_holds_only_what_may_be_a_string() {
        let strings = Strings::new(vec![(*b"</body>").into()]).unwrap();
        let mut run = run(Rules { strings: &strings, once: true }, 100);
        run.give(b"text", Flush::None);
        assert_eq!(run.out, b"");
        run.give(b"", Flush::Sync);
        assert_eq!(run.out, b"text");
        run.give(b" and </BO", Flush::Sync);
        assert_eq!(run.out, b"text and ");
        run.give(b"dx", Flush::Sync);
        assert_eq!(run.out, b"text and </BOdx");
    }

    #[test]
    fn long_inputs_take_several_steps() {
        let strings = strings();
        let rules = Rules { strings: &strings, once: false };
        let input = vec![b'x'; 3 * CHUNK];
        let mut out = vec![0; 8 * CHUNK];
        let step =
            Substitution::default().step(rules, &input, Flush::None, &mut out, |_| [].into());
        assert_eq!((step.consumed, step.written, step.more), (CHUNK, CHUNK, true));
        let mut run = run(rules, 4096);
        run.give(&b"bb".repeat(2 * CHUNK), Flush::Finish);
        assert_eq!(run.out, b"abc".repeat(2 * CHUNK));
    }
}
