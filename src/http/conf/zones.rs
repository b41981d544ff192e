//! The zones of shared memory that a configuration names, each for one use and of one size.

use crate::cache::place::{Cache, Place};
use crate::conf::error::{Error, Position, Wrong};
use crate::http::settings::cache::CacheIndex;
use crate::http::settings::limits::LimitZone;
use crate::http::settings::upstream_conf::ProtocolIndex;
use crate::http::vars::Template;
use crate::shared::zone::{Declaration, Kind};
use crate::shared::zones::ZoneIndex;

/// The least that a zone may have: nginx's eight pages.
pub const SMALLEST: usize = 8 * 4096;

#[derive(Debug, Default)]
pub struct ZonesRaw {
    named: Vec<ZoneRaw>,
}

/// A zone, as far as it was said what it is.
#[derive(Debug)]
struct ZoneRaw {
    name: Box<str>,
    size: Option<usize>,
    used_for: Use,
}

#[derive(Debug)]
enum Use {
    /// The state of groups.
    Groups,
    /// The sessions of this upstream's `sticky learn`.
    Sessions(Box<str>),
    Limit(LimitRaw),
    /// Sessions of TLS with clients, or the status of their certificates: the number of it among both.
    Tls(Kind, u16),
    Cache(CacheZoneRaw),
    Dict,
}

/// A zone of a cache; where its files are is known once it was declared.
#[derive(Debug)]
struct CacheZoneRaw {
    index: CacheIndex,
    protocol: ProtocolIndex,
    /// And where that was said.
    place: Option<(Place, Position)>,
    /// Where it was named first.
    at: Position,
}

/// A zone of limits; its key is known once it was declared.
#[derive(Debug)]
struct LimitRaw {
    index: ZoneIndex,
    kind: Kind,
    key: Option<LimitKey>,
}

/// By what a zone of limits knows its records, and how fast requests may come.
#[derive(Debug)]
pub struct LimitKey {
    pub template: Template,
    /// As it stands in the file.
    pub written: Box<[u8]>,
    /// Thousandths of a request per second.
    pub rate: u64,
}

impl Use {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Groups, Self::Groups) | (Self::Sessions(_), Self::Sessions(_)) => true,
            (Self::Limit(one), Self::Limit(other)) => one.kind == other.kind,
            (Self::Tls(one, _), Self::Tls(other, _)) => one == other,
            (Self::Cache(one), Self::Cache(other)) => one.protocol == other.protocol,
            _ => false,
        }
    }
}

impl ZonesRaw {
    /// A zone that a group is in, and its size as far as it is known. Several may name it, one at least with
    /// its size.
    pub fn of_group(&mut self, name: &str, size: Option<usize>) -> Result<Option<usize>, Wrong> {
        Ok(self.zone(name, size, Use::Groups)?.size)
    }

    /// The zone of an upstream's sessions, which is its own.
    pub fn of_sessions(&mut self, name: &str, size: usize, upstream: &str) -> Result<(), Wrong> {
        let known = self.named.len();
        self.zone(name, Some(size), Use::Sessions(upstream.into()))?;
        match self.named.iter().take(known).find(|zone| *zone.name == *name) {
            Some(ZoneRaw { used_for: Use::Sessions(other), .. }) => {
                Err(format!("sticky zone \"{name}\" is already used in upstream \"{other}\"")
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// A zone of an `ssl_session_cache` or an `ssl_ocsp_cache`; several may name it. Its number among those.
    pub fn of_tls(&mut self, kind: Kind, name: &str, size: usize) -> Result<u16, Wrong> {
        let known = self.named.iter().filter(|zone| matches!(zone.used_for, Use::Tls(..)));
        let new = u16::try_from(known.count()).map_err(|_| "too many shared memory zones")?;
        match self.zone(name, Some(size), Use::Tls(kind, new))?.used_for {
            Use::Tls(_, number) => Ok(number),
            _ => Err(for_different_use(name)),
        }
    }

    /// A zone that a `limit_req` or `limit_conn` names; it may be declared later.
    pub fn of_limit(&mut self, name: &str, kind: Kind) -> Result<ZoneIndex, Wrong> {
        Ok(self.limit(name, None, kind)?.index)
    }

    /// `lua_shared_dict`
    pub fn declare_dict(&mut self, name: &str, size: usize) -> Result<(), Wrong> {
        if self.named.iter().any(|zone| *zone.name == *name && matches!(zone.used_for, Use::Dict)) {
            return Err(
                format!("lua_shared_dict \"{name}\" is already defined as \"{name}\"").into()
            );
        }
        self.zone(name, Some(size.max(SMALLEST)), Use::Dict).map(drop)
    }

    /// The zones of [`Self::declare_dict`], in their order.
    pub fn dicts(&self) -> Vec<Declaration> {
        let dicts = self.named.iter().filter(|zone| matches!(zone.used_for, Use::Dict));
        let declared = dicts.map(|zone| Declaration {
            name: zone.name.clone(),
            kind: Kind::Dict,
            size: zone.size.unwrap_or(SMALLEST),
            key: Box::default(),
        });
        declared.collect()
    }

    /// A `limit_req_zone` or `limit_conn_zone`, which is the name of `directive`.
    pub fn declare_limit(
        &mut self,
        directive: &str,
        kind: Kind,
        (name, size): (&str, usize),
        key: LimitKey,
    ) -> Result<(), Wrong> {
        let limit = self.limit(name, Some(size), kind)?;
        match &limit.key {
            Some(known) => {
                let written = String::from_utf8_lossy(&known.written);
                Err(format!("{directive} \"{name}\" is already bound to key \"{written}\"").into())
            }
            None => {
                limit.key = Some(key);
                Ok(())
            }
        }
    }

    fn limit(
        &mut self,
        name: &str,
        size: Option<usize>,
        kind: Kind,
    ) -> Result<&mut LimitRaw, Wrong> {
        let limits = self.named.iter().filter(|zone| matches!(zone.used_for, Use::Limit(_)));
        let index = u16::try_from(limits.count()).map_err(|_| "too many shared memory zones")?;
        let new = LimitRaw { index: ZoneIndex(index), kind, key: None };
        match &mut self.zone(name, size, Use::Limit(new))?.used_for {
            Use::Limit(limit) => Ok(limit),
            _ => Err(for_different_use(name)),
        }
    }

    /// A zone that a `…_cache` names at `at`; it may be declared later.
    pub fn of_cache(
        &mut self,
        name: &str,
        protocol: ProtocolIndex,
        at: &Position,
    ) -> Result<CacheIndex, Wrong> {
        Ok(self.cache(name, None, protocol, at)?.index)
    }

    /// The `keys_zone` of a `…_cache_path` at `at`.
    pub fn declare_cache(
        &mut self,
        (name, size): (&str, usize),
        protocol: ProtocolIndex,
        place: Place,
        at: &Position,
    ) -> Result<(), Wrong> {
        let find = || {
            let mut places = self.caches_raw().filter_map(|(_, cache)| cache.place.as_ref());
            places.find(|(known, _)| known.root == place.root)
        };
        if let Some((_, first)) = find() {
            let root = place.root.display();
            return Err(format!("the same path name \"{root}\" used in {first} and").into());
        }
        let cache = self.cache(name, Some(size), protocol, at)?;
        if cache.place.is_some() {
            return Err(format!("duplicate zone \"{name}\"").into());
        }
        cache.place = Some((place, at.clone()));
        Ok(())
    }

    fn cache(
        &mut self,
        name: &str,
        size: Option<usize>,
        protocol: ProtocolIndex,
        at: &Position,
    ) -> Result<&mut CacheZoneRaw, Wrong> {
        let index = u16::try_from(self.caches_raw().count());
        let index = CacheIndex(index.map_err(|_| "too many shared memory zones")?);
        let new = CacheZoneRaw { index, protocol, place: None, at: at.clone() };
        match &mut self.zone(name, size, Use::Cache(new))?.used_for {
            Use::Cache(cache) => Ok(cache),
            _ => Err(for_different_use(name)),
        }
    }

    fn caches_raw(&self) -> impl Iterator<Item = (&ZoneRaw, &CacheZoneRaw)> {
        self.named.iter().filter_map(|zone| match &zone.used_for {
            Use::Cache(cache) => Some((zone, cache)),
            _ => None,
        })
    }

    /// The zones of caches, by their index. Each that is named has its `…_cache_path`.
    pub fn caches(&mut self) -> Result<Vec<Cache>, Error> {
        let mut frozen = vec![];
        for zone in &mut self.named {
            let Use::Cache(cache) = &mut zone.used_for else { continue };
            let (place, size) = cache.place.take().zip(zone.size).ok_or_else(|| {
                let (prefix, name) = (cache.protocol.prefix(), &zone.name);
                Error::new(format!("\"{prefix}_cache\" zone \"{name}\" is unknown"), &cache.at)
            })?;
            let (name, kind) = (zone.name.clone(), Kind::Cache);
            let (place, _) = place;
            let key = place.described();
            let declared = Declaration { name, kind, size, key };
            frozen.push(Cache { place, declared });
        }
        Ok(frozen)
    }

    fn zone(
        &mut self,
        name: &str,
        size: Option<usize>,
        used_for: Use,
    ) -> Result<&mut ZoneRaw, Wrong> {
        let Some(at) = self.named.iter().position(|known| *known.name == *name) else {
            let at = self.named.len();
            self.named.push(ZoneRaw { name: name.into(), size, used_for });
            return Ok(&mut self.named[at]);
        };
        let zone = &mut self.named[at];
        if !zone.used_for.is_like(&used_for) {
            return Err(for_different_use(name));
        }
        match (zone.size, size) {
            (Some(known), Some(size)) if known != size => Err(format!(
                "the size {size} of shared memory zone \"{name}\" conflicts with already declared \
                 size {known}"
            )
            .into()),
            _ => {
                zone.size = zone.size.or(size);
                Ok(zone)
            }
        }
    }

    /// Every zone has a size in the end.
    pub fn check(&self) -> Result<(), Error> {
        // What a cache without one is refused for is said elsewhere.
        let is_cache = |zone: &ZoneRaw| matches!(zone.used_for, Use::Cache(_));
        match self.named.iter().find(|zone| zone.size.is_none() && !is_cache(zone)) {
            None => Ok(()),
            Some(zone) => {
                let words = format!("zero size shared memory zone \"{}\"", zone.name);
                Err(Error::whole(words))
            }
        }
    }

    /// The zones of [`Self::of_tls`], by their number.
    pub fn tls(&self) -> Vec<Declaration> {
        let declared = self.named.iter().filter_map(|zone| {
            let Use::Tls(kind, _) = zone.used_for else { return None };
            let name = zone.name.clone();
            Some(Declaration { name, kind, size: zone.size?, key: Box::default() })
        });
        declared.collect()
    }

    /// The zones of limits, by their index.
    pub fn limits(self) -> Vec<LimitZone> {
        let frozen = self.named.into_iter().filter_map(|zone| {
            let Use::Limit(LimitRaw { kind, key, .. }) = zone.used_for else { return None };
            let LimitKey { template, written, rate } = key?;
            let size = zone.size?;
            let declared = Declaration { name: zone.name, kind, size, key: written };
            Some(LimitZone { declared, key: template, rate })
        });
        frozen.collect()
    }
}

fn for_different_use(name: &str) -> Wrong {
    format!("the shared memory zone \"{name}\" is already declared for a different use").into()
}
