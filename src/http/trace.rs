//! The context of a trace, as the fields `traceparent` and `tracestate` carry it (W3C Trace Context).

use crate::proto::Head;

pub const PARENT: &[u8] = b"traceparent";
pub const STATE: &[u8] = b"tracestate";

/// The span that a request comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parent {
    pub trace: u128,
    pub span: u64,
    pub sampled: bool,
}

/// The spans of a request: its parent's, if it is known, and its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    pub id: u128,
    pub span: u64,
    pub parent: Option<Parent>,
    /// What goes with the parent; empty without one.
    pub state: Box<[u8]>,
}

/// More of it than a participant has to pass on (3.3.1.5) is not kept.
const LONGEST_STATE: usize = 8192;

impl Parent {
    /// Of the one field of a head; none if it has several, or a wrong one.
    pub fn of(head: &Head) -> Option<Self> {
        let mut lines = named(head, PARENT);
        let line = lines.next()?;
        Self::parse(line).filter(|_| lines.next().is_none())
    }

    /// `00-TRACE-SPAN-FLAGS`, all of it hexadecimal in lower case (3.2.2). Later versions may go on behind a dash.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let (known, rest) = line.split_at_checked(55)?;
        let (version, known) = known.split_at(2);
        let (trace, known) = known.split_at(33);
        let (span, flags) = known.split_at(17);
        let is_dashed = [trace, span, flags].iter().all(|part| part[0] == b'-');
        let is_whole = rest.is_empty() || version != b"00" && rest[0] == b'-';
        if !is_dashed || !is_whole || version == b"ff" || hex(version).is_none() {
            return None;
        }
        let trace = hex(&trace[1..])?;
        let span = u64::try_from(hex(&span[1..])?).ok()?;
        let flags = hex(&flags[1..])?;
        (trace != 0 && span != 0).then_some(Self { trace, span, sampled: flags & 1 == 1 })
    }
}

impl Trace {
    /// `random` gives the new numbers; 0 is none.
    pub fn new(parent: Option<Parent>, state: Vec<u8>, mut random: impl FnMut() -> u64) -> Self {
        let mut word = || random().max(1);
        let id = match parent {
            Some(parent) => parent.trace,
            None => u128::from(word()) << 64 | u128::from(word()),
        };
        let state = if parent.is_some() { state.into() } else { Box::default() };
        Self { id, span: word(), parent, state }
    }

    /// The value of `traceparent` for what follows. Nothing is recorded here, so the parent's decision stays.
    pub fn line(&self) -> String {
        let sampled = self.parent.is_some_and(|parent| parent.sampled);
        format!("00-{:032x}-{:016x}-{:02x}", self.id, self.span, u8::from(sampled))
    }

    /// The fields of the request are those of this context.
    pub fn inject(&self, head: &mut Head) {
        let Head { bytes, fields } = head;
        fields.retain(|field| {
            let name = field.name.of(bytes);
            !name.eq_ignore_ascii_case(PARENT) && !name.eq_ignore_ascii_case(STATE)
        });
        head.push_copy(PARENT, self.line().as_bytes());
        if !self.state.is_empty() {
            head.push_copy(STATE, &self.state);
        }
    }
}

/// The lines of `tracestate` as one list; empty if it is too long.
pub fn state(head: &Head) -> Vec<u8> {
    let lines: Vec<&[u8]> = named(head, STATE).filter(|line| !line.is_empty()).collect();
    let state = lines.join(&b","[..]);
    if state.len() > LONGEST_STATE { Vec::new() } else { state }
}

fn named<'a>(head: &'a Head, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    head.iter().filter(|(_, other, _)| other.eq_ignore_ascii_case(name)).map(|field| field.2)
}

/// Of at most 32 digits in lower case.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn parents() {
        let parent = Parent::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(parent.trace, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_eq!((parent.span, parent.sampled), (0xb7ad_6b71_6920_3331, true));
        for good in [
            GOOD.replace("-01", "-00"),
            GOOD.replace("-01", "-ff"),
            GOOD.replacen("00-", "cc-", 1),
            format!("{}-what-comes", GOOD.replacen("00-", "01-", 1)),
        ] {
            assert!(Parent::parse(good.as_bytes()).is_some(), "{good}");
        }
        for wrong in [
            String::new(),
            GOOD[..54].to_owned(),
            format!("{GOOD}-more"),
            format!("{GOOD}0"),
            format!("{}.more", GOOD.replacen("00-", "01-", 1)),
            GOOD.replacen("00-", "ff-", 1),
            GOOD.replacen("00-", "0x-", 1),
            GOOD.to_uppercase(),
            GOOD.replace("0af7", "0AF7"),
            GOOD.replace("0af7", "0xf7"),
            GOOD.replace("0af7", "+af7"),
            GOOD.replace("-01", "-0g"),
            GOOD.replace("-b7", "_b7"),
            GOOD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            GOOD.replace("b7ad6b7169203331", &"0".repeat(16)),
            "-".repeat(55),
        ] {
            assert_eq!(Parent::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn fields_are_replaced() {
        let mut head = Head::default();
        head.push_copy(b"TraceParent", GOOD.as_bytes());
        head.push_copy(b"tracestate", b"a=1");
        head.push_copy(b"Host", b"x");
        head.push_copy(b"TraceState", b"b=2");
        assert_eq!(state(&head), b"a=1,b=2");
        let trace = Trace::new(Parent::of(&head), state(&head), || 7);
        trace.inject(&mut head);
        let line = GOOD.replace("b7ad6b7169203331", "0000000000000007");
        assert_eq!(head.find(PARENT), Some(line.as_bytes()));
        assert_eq!((head.find(STATE), head.fields.len()), (Some(&b"a=1,b=2"[..]), 3));
        head.push_copy(PARENT, GOOD.as_bytes());
        assert_eq!(Parent::of(&head), None, "two of them");
        let alone = Trace::new(None, b"a=1".to_vec(), || 7);
        alone.inject(&mut head);
        assert!(head.find(STATE).is_none() && alone.line().ends_with("-00"));
    }
}
