//! The worker on a network in memory: every seed is a little world of clients, servers and bad luck.
//!
//! A failure names its seed; `SEED=123 cargo test --test simulation` runs that one alone.

mod bounds;
mod cache_disk;
mod cached;
mod check;
mod client;
mod crew;
mod deaf;
mod early;
mod echo;
mod ends;
mod every_byte;
mod exchange;
mod gone;
mod h2;
mod handed;
mod inserted;
mod names;
mod probes;
mod races;
mod records;
mod replaced;
mod sealed;
mod served;
mod server;
mod setup;
mod sockets;
mod stale;
mod stray;
mod upgrade;
mod visitor;
mod waits;
mod wire;
mod world;
mod zone;
mod zone_check;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs seeds on every core; each of the first few twice, to see that a seed decides all.
fn seeds(family: &str, count: u64, run: fn(u64) -> Result<u64, String>) {
    let filter = env_logger::Env::default().default_filter_or("off");
    let _ = env_logger::Builder::from_env(filter).is_test(true).try_init();
    let only = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    // `SEEDS=10000` looks further than a test run has time for.
    let more = std::env::var("SEEDS").ok().and_then(|count| count.parse().ok());
    let count = more.unwrap_or(count);
    let (first, end) = only.map_or((0, count), |seed: u64| (seed, seed + 1));
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || failures.lock().is_ok_and(|list| list.len() > 4) {
                        return;
                    }
                    let result = guarded(seed, run).and_then(|digest| {
                        let again = seed < first + 20;
                        let same = !again || guarded(seed, run) == Ok(digest);
                        same.then_some(()).ok_or_else(|| "a second run differs".to_string())
                    });
                    if let Err(message) = result {
                        let line = format!("{family}: SEED={seed}: {message}");
                        failures.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

fn guarded(seed: u64, run: fn(u64) -> Result<u64, String>) -> Result<u64, String> {
    catch_unwind(AssertUnwindSafe(|| run(seed))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()));
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

#[test]
fn reactor() {
    seeds("reactor", 150, echo::run);
}

#[test]
fn served_calm() {
    seeds("served_calm", 150, world::served_calm);
}

#[test]
fn served_hostile() {
    seeds("served_hostile", 150, world::served_hostile);
}

#[test]
fn calm() {
    seeds("calm", 600, world::calm);
}

#[test]
fn hostile() {
    seeds("hostile", 600, world::hostile);
}

#[test]
fn delivery_calm() {
    seeds("delivery_calm", 100, world::delivery_calm);
}

#[test]
fn delivery_hostile() {
    seeds("delivery_hostile", 300, world::delivery_hostile);
}

#[test]
fn fastcgi_calm() {
    seeds("fastcgi_calm", 200, world::fastcgi_calm);
}

#[test]
fn fastcgi_hostile() {
    seeds("fastcgi_hostile", 200, world::fastcgi_hostile);
}

#[test]
fn fastcgi_delivery_calm() {
    seeds("fastcgi_delivery_calm", 60, world::fastcgi_delivery_calm);
}

#[test]
fn fastcgi_delivery_hostile() {
    seeds("fastcgi_delivery_hostile", 100, world::fastcgi_delivery_hostile);
}

#[test]
fn packets_calm() {
    seeds("packets_calm", 80, world::packets_calm);
}

#[test]
fn packets_hostile() {
    seeds("packets_hostile", 80, world::packets_hostile);
}

#[test]
fn filtered_calm() {
    seeds("filtered_calm", 150, world::filtered_calm);
}

#[test]
fn filtered_hostile() {
    seeds("filtered_hostile", 200, world::filtered_hostile);
}

#[test]
fn subrequests_calm() {
    seeds("subrequests_calm", 200, world::subrequests_calm);
}

#[test]
fn subrequests_hostile() {
    seeds("subrequests_hostile", 300, world::subrequests_hostile);
}

#[test]
fn inserted_calm() {
    seeds("inserted_calm", 100, world::inserted_calm);
}

#[test]
fn inserted_hostile() {
    seeds("inserted_hostile", 200, world::inserted_hostile);
}

#[test]
fn h2_calm() {
    seeds("h2_calm", 100, world::h2_calm);
}

#[test]
fn h2_hostile() {
    seeds("h2_hostile", 200, world::h2_hostile);
}

#[test]
fn tls_calm() {
    seeds("tls_calm", 60, world::tls_calm);
}

#[test]
fn tls_hostile() {
    seeds("tls_hostile", 100, world::tls_hostile);
}

#[test]
fn names_calm() {
    seeds("names_calm", 150, world::names_calm);
}

#[test]
fn names_hostile() {
    seeds("names_hostile", 200, world::names_hostile);
}

#[test]
fn cache_disk_calm() {
    seeds("cache_disk_calm", 60, cache_disk::calm);
}

#[test]
fn cache_disk_hostile() {
    seeds("cache_disk_hostile", 200, cache_disk::hostile);
}

#[test]
fn cached_calm() {
    seeds("cached_calm", 30, cached::calm);
}

#[test]
fn cached_hostile() {
    seeds("cached_hostile", 50, cached::hostile);
}

#[test]
fn every_byte() {
    seeds("every_byte", 16, every_byte::run);
}

#[test]
fn stray() {
    seeds("stray", 40, stray::run);
}

#[test]
fn upgrade_calm() {
    seeds("upgrade_calm", 100, upgrade::calm);
}

#[test]
fn upgrade_hostile() {
    seeds("upgrade_hostile", 100, upgrade::hostile);
}

#[test]
fn zone_calm() {
    seeds("zone_calm", 80, zone::calm);
}

#[test]
fn zone_hostile() {
    seeds("zone_hostile", 100, zone::hostile);
}

#[test]
fn zone_kill() {
    seeds("zone_kill", 100, zone::kill);
}

#[test]
fn zone_names() {
    seeds("zone_names", 60, zone::names);
}

#[test]
fn zone_races() {
    seeds("zone_races", 60, races::run);
}

#[test]
fn zone_races_deaths() {
    seeds("zone_races_deaths", 60, races::deaths);
}
