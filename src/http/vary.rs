//! `Vary`: which fields of a request have selected a response, and what they were (RFC 9111, 4.1).
//!
//! The first response that is stored for a cache key lies under that key, with the list of the fields and a number of
//! its own. Responses to requests in which these fields have other values are *variants*, and lie under keys that are
//! made of that number, too: when the first one is removed, or replaced by one that varies otherwise, they are not found
//! again.

use crate::cache::key::Variant;
use crate::proto::{Head, Name, head};

/// Digits of the number before the list.
const NUMBER: usize = 16;

/// More bytes of names are not looked at: such a response is not stored.
pub const LONGEST: usize = 4096;

/// The names in all `Vary` lines, in lower case, each once, and in order: the same whatever their order was. Empty: there
/// is no such line.
pub fn names(response: &Head) -> Vec<u8> {
    let lines = response.all(Name::Vary);
    let mut names: Vec<_> = lines.flat_map(head::list).map(<[u8]>::to_ascii_lowercase).collect();
    names.sort_unstable();
    names.dedup();
    names.join(&b',')
}

/// What is stored with a response: the list, and a number.
pub fn numbered(names: &[u8], number: u64) -> Vec<u8> {
    let mut out = format!("{number:016x}").into_bytes();
    out.extend_from_slice(names);
    out
}

/// The list of what is stored.
pub fn list(numbered: &[u8]) -> &[u8] {
    numbered.get(NUMBER..).unwrap_or_default()
}

/// The variant that a request asks for, by a list of names.
pub fn variant_of(request: &Head, names: &[u8]) -> Variant {
    let values = head::list(names).map(|name| value(request, name));
    let values: Vec<_> = values.collect();
    let parts: Vec<&[u8]> = [names].into_iter().chain(values.iter().map(|it| &**it)).collect();
    Variant::of(&parts)
}

/// The same, for the key of its own that the variant has beside the response of `numbered`.
pub fn beside(variant: Variant, numbered: &[u8]) -> Variant {
    Variant::of(&[&numbered[..numbered.len().min(NUMBER)], &variant.0])
}

/// All lines of the name as one list, without the space that does not matter. An absent field has another value than an
/// empty one.
fn value(request: &Head, name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let lines = request.iter().filter(|(_, other, _)| other.eq_ignore_ascii_case(name));
    for (_, _, value) in lines {
        if out.is_empty() {
            out.push(b':');
        }
        for element in head::list(value) {
            out.extend_from_slice(element);
            out.push(b',');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(lines: &[(&str, &str)]) -> Head {
        let mut head = Head::default();
        lines.iter().for_each(|(name, value)| head.push_copy(name.as_bytes(), value.as_bytes()));
        head
    }

    #[test]
    fn lines_are_one_list() {
        let of = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|value| ("Vary", *value)).collect();
            names(&head(&lines))
        };
        assert_eq!(of(&[]), b"");
        assert_eq!(of(&["Accept-Encoding"]), b"accept-encoding");
        assert_eq!(of(&["B, a", " , A,b"]), b"a,b");
        let many: Vec<_> = (0..100).map(|at| format!("x{at}")).collect();
        assert_eq!(
            names(&head(&[("Vary", &many.join(","))])).iter().filter(|it| **it == b',').count(),
            99
        );
    }

    #[test]
    fn variants() {
        let of = |lines| variant_of(&head(lines), b"accept,cookie");
        let usual = of(&[("Accept", "a, b"), ("Other", "1")]);
        assert_eq!(usual, of(&[("accept", "a,b"), ("Other", "2")]));
        assert_eq!(usual, of(&[("Accept", "a"), ("Accept", "b")]));
        for other in [
            &[("Accept", "a")][..],
            &[("Accept", "b, a")],
            &[("Accept", "A, b")],
            &[("Cookie", "a, b")],
            &[("Accept", "a, b"), ("Cookie", "")],
            &[],
        ] {
            assert_ne!(usual, of(other), "{other:?}");
        }
        let request = head(&[("Accept", "a, b")]);
        assert_ne!(usual, variant_of(&request, b"accept"));
    }

    #[test]
    fn a_number_tells_lists_apart() {
        let (one, other) = (numbered(b"accept", 1), numbered(b"accept", 2));
        assert_eq!(list(&one), b"accept");
        assert_eq!(list(b"short"), b"");
        let variant = variant_of(&head(&[]), b"accept");
        assert_ne!(beside(variant, &one), beside(variant, &other));
    }
}
