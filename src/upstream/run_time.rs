//! Groups that are made while the worker runs: what a `proxy_pass` with variables names.
//!
//! They are kept, for their connections' sake. When there are too many, the one that was not used for the longest
//! time gives its place to the next.

use std::collections::HashMap;
use std::rc::Rc;

use super::conf;
use super::group::{Group, Groups};
use super::resolve::Answer;
use crate::base::ids::{GroupIndex, ResolverIndex};
use crate::os::addr::Addr;

/// What tells such groups apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// `None`: an address, for which no name was looked up.
    pub resolver: Option<ResolverIndex>,
    /// In lower case.
    pub host: Box<str>,
    pub port: u16,
}

#[derive(Default)]
pub struct RunTime {
    by_key: HashMap<Key, Made>,
}

struct Made {
    group: GroupIndex,
    used: u64,
    /// Where its addresses are from.
    answer: Option<Rc<Answer>>,
}

/// Groups that may be idle.
pub const MOST: usize = 1024;

impl RunTime {
    /// The group of that name, and whether its addresses are those of the answer.
    pub fn find(
        &mut self,
        key: &Key,
        answer: Option<&Rc<Answer>>,
        now: u64,
    ) -> Option<(GroupIndex, bool)> {
        let made = self.by_key.get_mut(key)?;
        made.used = now;
        let same = match (&made.answer, answer) {
            (Some(known), Some(answer)) => Rc::ptr_eq(known, answer),
            (known, answer) => known.is_none() && answer.is_none(),
        };
        if !same {
            made.answer = answer.cloned();
        }
        Some((made.group, same))
    }

    pub fn is_full(&self) -> bool {
        self.by_key.len() >= MOST
    }

    /// The group that was least recently used of those without a request. Its place is now another group's.
    pub fn give_up_oldest(&mut self, used: impl Fn(GroupIndex) -> bool) -> Option<GroupIndex> {
        let made = &mut self.by_key;
        let unused = made.iter().filter(|(_, made)| !used(made.group));
        let (key, _) = unused.min_by_key(|(_, made)| (made.used, made.group))?;
        let key = key.clone();
        made.remove(&key).map(|made| made.group)
    }

    /// Makes a group, in the place of one that was given up if there is one.
    pub fn make(
        &mut self,
        groups: &mut Groups,
        key: Key,
        addrs: Vec<Addr>,
        answer: Option<Rc<Answer>>,
        place: Option<GroupIndex>,
        now: u64,
    ) -> GroupIndex {
        let name: Box<[u8]> = key.host.as_bytes().into();
        // Failures are not remembered from one request to the next, as nginx does not.
        let line = conf::ServerLine { max_fails: 0, ..conf::ServerLine::new(&name, addrs) };
        let settings = conf::Group::implicit(name, None, line);
        let mut group = Group::new(&settings);
        group.begin_at(groups.skipped);
        if let Some(shared_counters) = &groups.shared_counters {
            group.share_counters(shared_counters, &key, None);
        }
        let index = match place {
            Some(index) => {
                groups[index] = group;
                index
            }
            None => {
                groups.all.push(group);
                GroupIndex(groups.all.len() as u32 - 1)
            }
        };
        self.by_key.insert(key, Made { group: index, used: now, answer });
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_without_a_request_gives_its_place() {
        let (mut groups, mut made) = (Groups::default(), RunTime::default());
        let key = |n: u16| Key { resolver: None, host: "10.0.0.1".into(), port: n };
        for n in 0..3 {
            let group = made.make(&mut groups, key(n), vec![], None, None, 1000 + u64::from(n));
            assert_eq!(group, GroupIndex(u32::from(n)));
        }
        assert_eq!(made.find(&key(0), None, 2000), Some((GroupIndex(0), true)));
        let place = made.give_up_oldest(|group| group == GroupIndex(1));
        assert_eq!(place, Some(GroupIndex(2)));
        assert_eq!(made.make(&mut groups, key(7), vec![], None, place, 3000), GroupIndex(2));
        assert_eq!(made.find(&key(2), None, 3000), None);
        assert_eq!(groups.all.len(), 3);
    }
}
