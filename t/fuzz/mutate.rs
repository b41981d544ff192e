//! One input made of another: small changes that parsers are sensitive to.

use peerage::base::rng::Rng;

/// An input is no longer than this, in bytes.
const LONGEST: usize = 16 << 10;

const BYTES: &[u8] = b"\r\n\0 \t:;,/?#%@\"'\\${}x0Ff-_.\x7f\x80\xc0\xff";
const NUMBERS: &[&str] =
    &["0", "1", "-1", "255", "256", "65535", "65536", "4294967296", "9223372036854775808"];

/// Changes `input` in one to eight places. `others` are inputs it may take a part of, `words` those of the
/// target's language.
pub fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&[u8]], rng: &mut Rng) {
    // Each further change is half as likely as the one before.
    let changes = 1 + (rng.word() as u8).trailing_ones().min(7);
    for _ in 0..changes {
        change(input, others, words, rng);
    }
    input.truncate(LONGEST);
}

fn change(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&[u8]], rng: &mut Rng) {
    let (start, end) = range(input.len(), rng);
    let to = below(input.len() + 1, rng);
    match rng.below(11) {
        0 => input.iter_mut().skip(start).take(1).for_each(|byte| *byte ^= 1 << rng.below(8)),
        1 => input.iter_mut().skip(start).take(1).for_each(|byte| *byte = pick(BYTES, rng)),
        2 => input.insert(to, pick(BYTES, rng)),
        3 => drop(input.drain(start..end)),
        4 => {
            let copy = input[start..end].to_vec();
            drop(input.splice(to..to, copy));
        }
        5 => {
            let copy = input[start..end].repeat(1 + below(64, rng));
            drop(input.splice(to..to, copy));
        }
        6 if !words.is_empty() => drop(input.splice(to..to, pick(words, rng).iter().copied())),
        7 if !words.is_empty() => {
            drop(input.splice(start..end, pick(words, rng).iter().copied()));
        }
        8 => {
            let number =
                pick(&[0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xc00c, 0xffff], rng);
            let bytes = u16::to_be_bytes(number);
            input.iter_mut().skip(start).zip(bytes).for_each(|(byte, new)| *byte = new);
        }
        9 => {
            // A number in digits.
            let Some(first) = input.iter().skip(start).position(u8::is_ascii_digit) else { return };
            let first = start + first;
            let digits = input[first..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            drop(input.splice(first..first + digits, pick(NUMBERS, rng).bytes()));
        }
        _ if !others.is_empty() => {
            let other = &others[below(others.len(), rng)];
            let (from, until) = range(other.len(), rng);
            drop(input.splice(start..end, other[from..until].iter().copied()));
        }
        _ => {}
    }
}

/// A range within `0..len`; more often a short one.
fn range(len: usize, rng: &mut Rng) -> (usize, usize) {
    let start = below(len, rng);
    let most = if rng.one_in(4) { len } else { 16 };
    (start, (start + below(most + 1, rng)).min(len))
}

fn below(n: usize, rng: &mut Rng) -> usize {
    rng.below(n as u64) as usize
}

fn pick<T: Copy>(all: &[T], rng: &mut Rng) -> T {
    all[below(all.len(), rng)]
}
