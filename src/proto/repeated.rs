//! Which fields of a head have the same name, for protocols where they are one.

use std::cmp::Ordering;
use std::num::NonZeroU32;

use super::{Field, Head, Name, Names};

/// What was found in one head; its memory serves the next.
#[derive(Debug, Default)]
pub struct Repeated {
    /// The fields whose name another may have: by name, and in the order of the head.
    order: Vec<u32>,
    /// By field; empty if each is the only one of its name.
    places: Vec<Place>,
}

/// Where a field is among those of its name.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    is_first: bool,
    next: Option<NonZeroU32>,
}

impl Repeated {
    /// Looks at all fields. Names that have an id are not compared; of the others there are n log n comparisons.
    pub fn find(&mut self, head: &Head) {
        self.places.clear();
        let (mut seen, mut again) = (Names::default(), Names::default());
        for field in &head.fields {
            if seen.has(field.id) {
                again.insert(field.id);
            }
            seen.insert(field.id);
        }
        if again == Names::default() {
            return;
        }
        let numbered = (0..).zip(&head.fields);
        self.order.clear();
        self.order.extend(numbered.filter(|it| again.has(it.1.id)).map(|it| it.0));
        let compare =
            |a: u32, b: u32| by_name(head, &head.fields[a as usize], &head.fields[b as usize]);
        self.order.sort_unstable_by(|&a, &b| compare(a, b).then(a.cmp(&b)));
        self.places.resize(head.fields.len(), Place { is_first: true, next: None });
        for pair in self.order.windows(2) {
            if compare(pair[0], pair[1]).is_eq() {
                self.places[pair[0] as usize].next = NonZeroU32::new(pair[1]);
                self.places[pair[1] as usize].is_first = false;
            }
        }
    }

    /// No field before this one has its name.
    pub fn is_first(&self, at: usize) -> bool {
        self.places.get(at).is_none_or(|place| place.is_first)
    }

    /// The fields behind this one that have its name.
    pub fn behind(&self, at: usize) -> impl Iterator<Item = usize> {
        let next = |&at: &usize| self.places.get(at)?.next.map(|next| next.get() as usize);
        std::iter::successors(next(&at), next)
    }
}

fn by_name(head: &Head, a: &Field, b: &Field) -> Ordering {
    let ids = (a.id as u8).cmp(&(b.id as u8));
    if ids.is_ne() || a.id != Name::Other {
        return ids;
    }
    let (a, b) = (head.name(a), head.name(b));
    a.len().cmp(&b.len()).then_with(|| lower(a).cmp(lower(b)))
}

fn lower(name: &[u8]) -> impl Iterator<Item = u8> {
    name.iter().map(u8::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the fields of each name.
    fn found(names: &[&str]) -> Vec<Vec<usize>> {
        let (mut head, mut repeated) = (Head::default(), Repeated::default());
        names.iter().for_each(|name| head.push_copy(name.as_bytes(), b""));
        repeated.find(&head);
        let firsts = (0..names.len()).filter(|&at| repeated.is_first(at));
        firsts.map(|at| [at].into_iter().chain(repeated.behind(at)).collect()).collect()
    }

    #[test]
    fn names_are_the_same_in_any_case() {
        let names = ["X-A", "Cookie", "x-B", "cookie", "x-a", "Host", "X-B", "X-a", "X-Ab"];
        let wanted: [&[usize]; 5] = [&[0, 4, 7], &[1, 3], &[2, 6], &[5], &[8]];
        assert_eq!(found(&names), wanted);
        assert_eq!(found(&["Host", "Accept", "X-A"]), [[0], [1], [2]]);
        assert_eq!(found(&["X-A", "X-B"]), [[0], [1]]);
        assert!(found(&[]).is_empty());
    }

    #[test]
    fn the_memory_serves_the_next_head() {
        let (mut head, mut repeated) = (Head::default(), Repeated::default());
        ["A", "A"].iter().for_each(|name| head.push_copy(name.as_bytes(), b""));
        repeated.find(&head);
        assert!(!repeated.is_first(1));
        repeated.find(&Head::default());
        assert!(repeated.is_first(1) && repeated.behind(0).next().is_none());
    }
}
