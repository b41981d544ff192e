//! The zones of a configuration. The master opens them before it forks; its workers inherit them; a reload keeps those
//! that both configurations have.

use std::sync::Arc;

use super::zone::{Declaration, Process, Zone};
use crate::os::Errno;

/// Names a zone of the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, PartialOrd, Ord)]
pub struct ZoneIndex(pub u16);

#[derive(Clone, Debug, Default)]
pub struct Zones {
    all: Arc<[Zone]>,
}

impl Zones {
    /// Those that are declared, taken over from `former` where that has them too. The secret is for those that are new.
    pub fn open<'a>(
        declared: impl IntoIterator<Item = &'a Declaration>,
        former: &Self,
        secret: [u64; 2],
        process: Process,
    ) -> Result<Self, Errno> {
        let open = |it: &Declaration| match former.named(it) {
            Some(zone) => Ok(zone.clone()),
            None => Zone::open(it.clone(), secret, process),
        };
        Ok(Self { all: declared.into_iter().map(open).collect::<Result<_, _>>()? })
    }

    /// What these declarations are refused for after those of this configuration, in nginx's words.
    pub fn refusal<'a>(
        &self,
        declared: impl IntoIterator<Item = &'a Declaration>,
    ) -> Option<String> {
        declared.into_iter().find_map(|new| {
            let former = &self.named(new)?.declared;
            let [key, before] = [new, former].map(|it| String::from_utf8_lossy(&it.key));
            let (kind, name, what) = (new.kind.name(), &new.name, new.kind.key_name());
            let words = || {
                format!(
                    "{kind} \"{name}\" uses the \"{key}\" {what} while previously it used the \
                     \"{before}\" {what}"
                )
            };
            (key != before).then(words)
        })
    }

    fn named(&self, declared: &Declaration) -> Option<&Zone> {
        self.all.iter().find(|zone| {
            let it = &zone.declared;
            (&it.name, it.kind, it.size) == (&declared.name, declared.kind, declared.size)
        })
    }

    /// The same zones for another process.
    pub fn of_process(&self, process: Process) -> Self {
        Self { all: self.all.iter().map(|zone| zone.of_process(process)).collect() }
    }

    /// `None` only in a process that has not got its zones.
    pub fn get(&self, index: ZoneIndex) -> Option<&Zone> {
        self.all.get(usize::from(index.0))
    }

    /// In the master: the process has died. Zones that it had locked are emptied; from the others only what it held
    /// itself is removed.
    pub fn settle(&self, dead: Process) {
        self.all.iter().for_each(|zone| zone.settle(dead));
    }
}

#[cfg(test)]
mod tests {
    use super::super::zone::Kind;
    use super::*;

    fn declared(name: &str, kind: Kind, size: usize, key: &str) -> Declaration {
        Declaration { name: name.into(), kind, size, key: key.as_bytes().into() }
    }

    fn open(declared: &[Declaration], former: &Zones) -> Zones {
        Zones::open(declared, former, [1, 2], Process { pid: 1, row: 0 }).unwrap()
    }

    fn has(zones: &Zones, key: &[u8]) -> bool {
        let zone = zones.get(ZoneIndex(0)).unwrap();
        zone.lock().unwrap().find(zone.key(key)).is_some()
    }

    #[test]
    fn a_zone_is_kept_if_its_name_kind_and_size_stay() {
        let first = open(&[declared("a", Kind::LimitReq, 65_536, "$x")], &Zones::default());
        let zone = first.get(ZoneIndex(0)).unwrap();
        zone.lock().unwrap().insert(zone.key(b"k")).unwrap();
        for (name, kind, size, kept) in [
            ("a", Kind::LimitReq, 65_536, true),
            ("b", Kind::LimitReq, 65_536, false),
            ("a", Kind::LimitConn, 65_536, false),
            ("a", Kind::LimitReq, 131_072, false),
        ] {
            let next = [declared(name, kind, size, "$x")];
            assert_eq!(first.refusal(&next), None);
            assert_eq!(has(&open(&next, &first), b"k"), kept, "{name} {kind:?} {size}");
        }
        assert!(first.get(ZoneIndex(1)).is_none());
    }

    #[test]
    fn a_zone_does_not_change_its_key() {
        let first = open(&[declared("a", Kind::LimitReq, 65_536, "$x")], &Zones::default());
        let words = "limit_req \"a\" uses the \"$y\" key while previously it used the \"$x\" key";
        let next = declared("a", Kind::LimitReq, 65_536, "$y");
        assert_eq!(first.refusal(&[next]).as_deref(), Some(words));
        assert_eq!(first.refusal(&[declared("a", Kind::LimitReq, 32_768, "$y")]), None);
    }
}
