//! `ngx.shared`: dictionaries that all workers have together, in zones of shared memory.
//!
//! A record is known by its key. Its first value is when it ends, in milliseconds since 1970 (0: never); its payload is
//! a word (the type in the low half, the flags in the high half) and the bytes of the value.

use mlua::{Lua, MultiValue, Table, Value};

use super::Link;
use super::api::{Call, arg};
use crate::http::conf::Conf;
use crate::lua::values::{self, none, one, raised};
use crate::os::clock::Clock;
use crate::shared::table::Record;
use crate::shared::zone::{Locked, Zone};
use crate::shared::zones::ZoneIndex;

mod list;

pub(super) const METHODS: &[(&str, Call)] = &[
    ("get", |lua, link, args| get(lua, link, &args, false)),
    ("get_stale", |lua, link, args| get(lua, link, &args, true)),
    ("set", |lua, link, args| store(lua, link, &args, How { evicts: true, ..SET })),
    ("safe_set", |lua, link, args| store(lua, link, &args, SET)),
    ("add", |lua, link, args| store(lua, link, &args, How { evicts: true, is_new: true, ..SET })),
    ("safe_add", |lua, link, args| store(lua, link, &args, How { is_new: true, ..SET })),
    ("replace", |lua, link, args| {
        store(lua, link, &args, How { evicts: true, is_known: true, ..SET })
    }),
    ("delete", delete),
    ("incr", incr),
    ("ttl", ttl),
    ("expire", expire),
    ("flush_all", flush_all),
    ("flush_expired", flush_expired),
    ("get_keys", get_keys),
    ("capacity", capacity),
    ("free_space", free_space),
    ("lpush", |lua, link, args| list::push(lua, link, &args, true)),
    ("rpush", |lua, link, args| list::push(lua, link, &args, false)),
    ("lpop", |lua, link, args| list::pop(lua, link, &args, true)),
    ("rpop", |lua, link, args| list::pop(lua, link, &args, false)),
    ("llen", list::len),
];

/// The numbers of the zones by the names of the dictionaries.
pub(super) fn all(lua: &Lua, conf: &Conf) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    for (number, dict) in conf.http.dicts.iter().enumerate() {
        if let Some(index) = conf.http.zone_of_dict(number) {
            table.set(&*dict.name, index.0)?;
        }
    }
    Ok(table)
}

/// The most that a key may have, in bytes.
const LONGEST: usize = 65_535;

/// How many records give way to one, at most.
const EVICTIONS: usize = 30;

const BOOLEAN: u64 = 1;
const NUMBER: u64 = 3;
const STRING: u64 = 4;
const LIST: u64 = 5;

/// What a way to store does besides.
#[derive(Clone, Copy)]
struct How {
    /// Others give way to it.
    evicts: bool,
    /// Nothing may be there.
    is_new: bool,
    /// Something must be there.
    is_known: bool,
}

const SET: How = How { evicts: false, is_new: false, is_known: false };

/// A dictionary for one call: its zone is locked.
struct Dict<'a> {
    zone: &'a Locked<'a>,
    keys: &'a Zone,
    now: u64,
}

/// A record that has not ended.
struct Found {
    record: Record,
    ends: u64,
    payload: Vec<u8>,
}

impl Found {
    fn kind(&self) -> u64 {
        word(&self.payload) & 0xffff_ffff
    }

    fn flags(&self) -> u64 {
        word(&self.payload) >> 32
    }

    fn bytes(&self) -> &[u8] {
        self.payload.get(8..).unwrap_or_default()
    }
}

fn word(bytes: &[u8]) -> u64 {
    let first = bytes.first_chunk().copied().unwrap_or_default();
    u64::from_ne_bytes(first)
}

/// Calls with the dictionary that the first argument names.
fn with<R>(link: &Link, args: &MultiValue, call: impl FnOnce(&Dict<'_>) -> R) -> Option<R> {
    let index = match arg(args, 0) {
        Value::Integer(it) => ZoneIndex(u16::try_from(*it).ok()?),
        Value::Number(it) => ZoneIndex(*it as u16),
        _ => return None,
    };
    let own = link.worker.with(|w| (w.zones.get(index).cloned(), w.event.wall_ms()));
    let (zone, now) = match own {
        Some((zone, now)) => (zone, now),
        None => {
            let wall = Clock::new().wall();
            let now = wall.secs.unsigned_abs() * 1000 + u64::from(wall.ms);
            (link.zones.get(index).cloned(), now)
        }
    };
    let zone = zone?;
    let locked = zone.lock()?;
    Some(call(&Dict { zone: &locked, keys: &zone, now }))
}

/// As `with`, for calls that may fail. The error is the answer to the script.
fn attempt<R>(
    lua: &Lua,
    link: &Link,
    args: &MultiValue,
    call: impl FnOnce(&Dict<'_>) -> Result<R, &'static str>,
) -> Result<R, mlua::Result<MultiValue>> {
    let result = with(link, args, call).unwrap_or(Err("the shared memory zone is not there"));
    result.map_err(|why| values::failed(lua, why))
}

/// As `attempt`, with the key that is the first argument behind the dictionary.
fn of_key<R>(
    lua: &Lua,
    link: &Link,
    args: &MultiValue,
    call: impl FnOnce(&Dict<'_>, &[u8]) -> Result<R, &'static str>,
) -> Result<R, mlua::Result<MultiValue>> {
    match key(lua, args) {
        Ok(key) => attempt(lua, link, args, |dict| call(dict, &key)),
        Err(why) => Err(values::failed(lua, why)),
    }
}

/// The key of a call, or why it is none.
fn key(lua: &Lua, args: &MultiValue) -> Result<Vec<u8>, &'static str> {
    match arg(args, 1) {
        Value::Nil => Err("nil key"),
        other => match values::text(lua, other) {
            None => Err("bad key"),
            Some(key) if key.is_empty() => Err("empty key"),
            Some(key) if key.len() > LONGEST => Err("key too long"),
            Some(key) => Ok(key),
        },
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(it) => Some(*it as f64),
        Value::Number(it) => Some(*it),
        Value::String(it) => it.to_string_lossy().trim().parse().ok(),
        _ => None,
    }
}

/// A value as a payload. The inner `None`: nil.
fn payload(value: &Value, flags: u64) -> Option<Option<Vec<u8>>> {
    let of = |kind: u64, bytes: &[u8]| {
        let mut out = (kind | flags << 32).to_ne_bytes().to_vec();
        out.extend_from_slice(bytes);
        Some(Some(out))
    };
    match value {
        Value::Nil => Some(None),
        Value::Boolean(it) => of(BOOLEAN, &[u8::from(*it)]),
        Value::String(text) => of(STRING, &text.as_bytes()),
        other => of(NUMBER, &number(other)?.to_ne_bytes()),
    }
}

fn value(lua: &Lua, kind: u64, bytes: &[u8]) -> mlua::Result<Value> {
    Ok(match kind {
        BOOLEAN => Value::Boolean(bytes.first() == Some(&1)),
        NUMBER => {
            Value::Number(f64::from_ne_bytes(bytes.first_chunk().copied().unwrap_or_default()))
        }
        STRING => Value::String(lua.create_string(bytes)?),
        _ => Value::Nil,
    })
}

impl Dict<'_> {
    /// The record of a key, also one that has ended.
    fn any(&self, key: &[u8]) -> Option<Found> {
        let record = self.zone.find(self.keys.key(key))?;
        let (ends, payload) = (self.zone.value(record, 0), self.zone.payload(record));
        Some(Found { record, ends, payload })
    }

    fn find(&self, key: &[u8]) -> Option<Found> {
        self.any(key).filter(|it| !self.is_over(it.ends))
    }

    fn is_over(&self, ends: u64) -> bool {
        ends > 0 && ends <= self.now
    }

    /// The end of a lifetime in seconds, in milliseconds since 1970; 0: it has none.
    fn ends(&self, seconds: f64) -> u64 {
        match seconds > 0.0 {
            true => self.now.saturating_add((seconds * 1000.0).ceil() as u64),
            false => 0,
        }
    }

    /// Stores in place of what the key has. None: there is no room. Else whether others had to give way.
    fn put(&self, key: &[u8], payload: &[u8], ends: u64, evicts: bool) -> Option<bool> {
        let mut old = self.any(key).map(|it| it.record);
        self.drop_ended(old);
        let mut forcible = false;
        for _ in 0..=EVICTIONS {
            if let Some(record) = self.zone.insert_with(self.keys.key(key), payload) {
                self.zone.set_value(record, 0, ends);
                if let Some(old) = old {
                    self.zone.remove(old);
                }
                return Some(forcible);
            }
            // The old value gives way first, if it may be lost.
            let victim = match (evicts, old.take()) {
                (false, _) => return None,
                (true, Some(old)) => old,
                (true, None) => {
                    forcible = true;
                    self.zone.oldest()?
                }
            };
            self.zone.remove(victim);
        }
        None
    }

    /// Removes those of the longest unused records that have ended, two at most.
    fn drop_ended(&self, but: Option<Record>) {
        for _ in 0..2 {
            let Some(oldest) = self.zone.oldest().filter(|it| Some(*it) != but) else { return };
            if !self.is_over(self.zone.value(oldest, 0)) {
                return;
            }
            self.zone.remove(oldest);
        }
    }

    /// Every record, the longest unused first.
    fn each(&self, mut visit: impl FnMut(&Self, Record) -> bool) {
        let mut next = self.zone.oldest();
        while let Some(record) = next {
            next = self.zone.newer(record);
            if !visit(self, record) {
                return;
            }
        }
    }

    fn remove(&self, key: &[u8]) {
        if let Some(it) = self.any(key) {
            self.zone.remove(it.record);
        }
    }
}

fn get(lua: &Lua, link: &Link, args: &MultiValue, stale: bool) -> mlua::Result<MultiValue> {
    let found = of_key(lua, link, args, |dict, key| {
        let found = if stale { dict.any(key) } else { dict.find(key) };
        if let Some(found) = &found {
            dict.zone.touch(found.record);
        }
        Ok(found.map(|it| (it.kind(), it.flags(), it.bytes().to_vec(), dict.is_over(it.ends))))
    });
    let (kind, flags, bytes, is_over) = match found {
        Ok(Some(found)) => found,
        Ok(None) => return one(lua, Value::Nil),
        Err(answer) => return answer,
    };
    if kind == LIST {
        return values::failed(lua, "value is a list");
    }
    let mut results = vec![value(lua, kind, &bytes)?];
    if flags > 0 || stale {
        results.push(if flags > 0 { Value::Integer(flags as i64) } else { Value::Nil });
    }
    if stale {
        results.push(Value::Boolean(is_over));
    }
    Ok(MultiValue::from_vec(results))
}

/// True, the words of a failure, and whether others gave way.
fn done(lua: &Lua, ok: bool, why: Option<&str>, forcible: bool) -> mlua::Result<MultiValue> {
    let why = match why {
        Some(why) => Value::String(lua.create_string(why)?),
        None => Value::Nil,
    };
    Ok(MultiValue::from_vec(vec![Value::Boolean(ok), why, Value::Boolean(forcible)]))
}

fn store(lua: &Lua, link: &Link, args: &MultiValue, how: How) -> mlua::Result<MultiValue> {
    let seconds = match arg(args, 3) {
        Value::Nil => 0.0,
        other => number(other).unwrap_or(f64::NAN),
    };
    if seconds.is_nan() || seconds < 0.0 {
        return raised(lua, "bad \"exptime\" argument");
    }
    let flags = number(arg(args, 4)).unwrap_or(0.0) as u32;
    let Some(payload) = payload(arg(args, 2), u64::from(flags)) else {
        return values::failed(lua, "bad value type");
    };
    if payload.is_none() && (how.is_new || how.is_known) {
        return values::failed(lua, "attempt to add or replace nil values");
    }
    // What is refused is a result here, not a failure of the call.
    let stored = of_key(lua, link, args, |dict, key| {
        let is_there = dict.find(key).is_some();
        if how.is_new && is_there {
            return Ok(Err("exists"));
        }
        if how.is_known && !is_there {
            return Ok(Err("not found"));
        }
        Ok(match payload {
            Some(payload) => {
                dict.put(key, &payload, dict.ends(seconds), how.evicts).ok_or("no memory")
            }
            None => {
                dict.remove(key);
                Ok(false)
            }
        })
    });
    match stored {
        Ok(Ok(forcible)) => done(lua, true, None, forcible),
        Ok(Err(why)) => done(lua, false, Some(why), false),
        Err(answer) => answer,
    }
}

fn delete(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let removed = of_key(lua, link, &args, |dict, key| {
        dict.remove(key);
        Ok(true)
    });
    removed.map_or_else(|answer| answer, |done| one(lua, done))
}

fn incr(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let Some(by) = number(arg(&args, 2)) else {
        return raised(lua, "bad \"value\" argument: number expected");
    };
    let init = match arg(&args, 3) {
        Value::Nil => None,
        other => match number(other) {
            Some(init) => Some(init),
            None => return raised(lua, "bad \"init\" argument: number expected"),
        },
    };
    let lives = number(arg(&args, 4)).unwrap_or(0.0);
    if lives.is_nan() || lives < 0.0 {
        return raised(lua, "bad \"init_ttl\" argument: number >= 0 expected");
    }
    let result = of_key(lua, link, &args, |dict, key| {
        if let Some(found) = dict.find(key) {
            if found.kind() != NUMBER {
                return Err("not a number");
            }
            let is = f64::from_bits(word(found.bytes())) + by;
            dict.zone.set_payload_word(found.record, 1, is.to_bits());
            dict.zone.touch(found.record);
            return Ok((is, false));
        }
        let is = init.ok_or("not found")? + by;
        let payload = [NUMBER, is.to_bits()].map(u64::to_ne_bytes).concat();
        let stored = dict.put(key, &payload, dict.ends(lives), true);
        stored.map(|forcible| (is, forcible)).ok_or("no memory")
    });
    match result {
        Err(answer) => answer,
        Ok((is, _)) if init.is_none() => one(lua, is),
        Ok((is, forcible)) => {
            Ok(MultiValue::from_vec(vec![Value::Number(is), Value::Nil, Value::Boolean(forcible)]))
        }
    }
}

/// The seconds that are left; 0: for ever.
fn ttl(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let left = of_key(lua, link, &args, |dict, key| {
        let ends = dict.find(key).ok_or("not found")?.ends;
        Ok(ends.saturating_sub(dict.now) as f64 / 1000.0)
    });
    left.map_or_else(|answer| answer, |left| one(lua, left))
}

fn expire(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let Some(seconds) = number(arg(&args, 2)).filter(|it| *it >= 0.0) else {
        return raised(lua, "bad \"exptime\" argument");
    };
    let done = of_key(lua, link, &args, |dict, key| {
        let found = dict.find(key).ok_or("not found")?;
        dict.zone.set_value(found.record, 0, dict.ends(seconds));
        Ok(true)
    });
    done.map_or_else(|answer| answer, |done| one(lua, done))
}

/// Everything has ended.
fn flush_all(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let done = attempt(lua, link, &args, |dict| {
        dict.each(|dict, record| {
            dict.zone.set_value(record, 0, 1);
            true
        });
        Ok(())
    });
    done.map_or_else(|answer| answer, |()| none())
}

/// Frees the memory of what has ended; how many there were. 0: no limit.
fn flush_expired(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let most = number(arg(&args, 1)).unwrap_or(0.0) as usize;
    let freed = attempt(lua, link, &args, |dict| {
        let mut freed = 0;
        dict.each(|dict, record| {
            if dict.is_over(dict.zone.value(record, 0)) {
                dict.zone.remove(record);
                freed += 1;
            }
            most == 0 || freed < most
        });
        Ok(freed)
    });
    freed.map_or_else(|answer| answer, |freed| one(lua, freed))
}

fn get_keys(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let most = match arg(&args, 1) {
        Value::Nil => 1024,
        other => number(other).unwrap_or(0.0) as usize,
    };
    let keys = attempt(lua, link, &args, |dict| {
        let (mut keys, mut buffer) = (vec![], vec![0; LONGEST]);
        dict.each(|dict, record| {
            if !dict.is_over(dict.zone.value(record, 0)) {
                let len = dict.zone.key_of(record, &mut buffer);
                keys.push(buffer[..len.min(LONGEST)].to_vec());
            }
            most == 0 || keys.len() < most
        });
        Ok(keys)
    });
    let keys = match keys {
        Ok(keys) => keys,
        Err(answer) => return answer,
    };
    let table = lua.create_table_with_capacity(keys.len(), 0)?;
    for key in keys {
        table.raw_push(lua.create_string(key)?)?;
    }
    one(lua, table)
}

fn capacity(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let size = attempt(lua, link, &args, |dict| Ok(dict.zone.size()));
    size.map_or_else(|answer| answer, |size| one(lua, size))
}

/// The bytes of pages that hold nothing.
fn free_space(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let free = attempt(lua, link, &args, |dict| Ok(dict.zone.free_bytes()));
    free.map_or_else(|answer| answer, |free| one(lua, free))
}
