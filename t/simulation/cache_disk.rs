//! Processes that use one cache on a simulated disk, between any two accesses to the memory that they share and any two
//! calls of the disk: each in a thread of its own; the seed decides who is next, who dies there, and when the machine does.
//!
//! What a file says is known from its bytes alone: the key, a number of its own, and the length. So no answer that is torn,
//! mixed of two, or of another key passes for a good one.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use peerage::base::rng::Rng;
use peerage::cache::entry::{Entry, Miss};
use peerage::cache::fill::{Fill, TempPath};
use peerage::cache::format::{Head, Meta};
use peerage::cache::index::{self, Began, Found, Marked, Ticket};
use peerage::cache::key::Key;
use peerage::cache::loader::{Loader, Step};
use peerage::cache::manager;
use peerage::cache::place::{Place, on_disk};
use peerage::cache::store::{Store, Update};
use peerage::os::disk::Disk;
use peerage::os::sim::disk::{DiskFaults, SimDisk};
use peerage::os::sim::lanes::Lanes;
use peerage::shared::zone::{Declaration, Kind, Process, Zone};

/// How long an update is waited for, in ms.
const AGE: u64 = 200;

/// The row of the master.
const MASTER: u32 = 9;

/// What all processes of one life of the machine share.
struct Machine {
    place: Place,
    zone: Zone,
    disk: SimDisk,
    lanes: Arc<Lanes>,
    clock: AtomicU64,
    serial: AtomicU64,
    /// Which process updates a key, and until when that holds.
    updates: Mutex<BTreeMap<u8, (usize, Ticket, u64)>>,
    failure: Mutex<Option<String>>,
    tally: Mutex<Tally>,
}

#[derive(Default, Debug)]
struct Tally {
    hits: u64,
    stored: u64,
    torn: u64,
    failed: u64,
    held: u64,
    died: u64,
}

/// Everything is kept, and no call fails.
pub fn calm(seed: u64) -> Result<u64, String> {
    run(seed, DiskFaults::default(), false)
}

/// Calls fail, writes are short, and processes and the machine die.
pub fn hostile(seed: u64) -> Result<u64, String> {
    let mut rng = Rng::new(seed ^ 0xd15c);
    let one_in = |choices: [u64; 3], rng: &mut Rng| choices[rng.below(3) as usize];
    let faults = DiskFaults {
        short: one_in([0, 2, 10], &mut rng),
        full: one_in([0, 10, 50], &mut rng),
        fail: one_in([0, 20, 200], &mut rng),
        sync: one_in([0, 5, 50], &mut rng),
    };
    run(seed, faults, true)
}

fn run(seed: u64, faults: DiskFaults, deaths: bool) -> Result<u64, String> {
    let mut rng = Rng::new(seed ^ 0xcac4e << 32);
    let disk = SimDisk::new(rng.word(), faults);
    let mut digest = 0u64;
    let levels = [[0, 0, 0], [1, 0, 0], [1, 2, 0]][rng.below(3) as usize];
    let beside = rng.one_in(2);
    let serial = AtomicU64::new(1);
    for life in 0..3 {
        let mut place = Place::new("/cache".into());
        (place.levels, place.use_temp_path) = (levels, !beside);
        place.inactive_ms = [100, 2000, 600_000][rng.below(3) as usize];
        place.max_size = [4096, 8 * 4096, u64::MAX][rng.below(3) as usize];
        (place.manager.files, place.loader.files) =
            (1 + rng.below(4) as u32, 1 + rng.below(4) as u32);
        let count = 2 + rng.below(3) as usize;
        let size = [32 << 10, 1 << 20][rng.below(2) as usize];
        let switch = [1, 2, 5, 20][rng.below(4) as usize];
        let machine = Machine {
            zone: zone(&place, size)?,
            place,
            disk: disk.clone(),
            lanes: Lanes::new(rng.word(), count, switch),
            clock: AtomicU64::new(1000),
            serial: AtomicU64::new(serial.load(SeqCst)),
            updates: Mutex::default(),
            failure: Mutex::default(),
            tally: Mutex::default(),
        };
        // In the last life all come to their end: what they leave is looked at.
        let crashes = deaths && life < 2;
        let seeds: Vec<u64> = (0..count).map(|_| rng.word()).collect();
        std::thread::scope(|scope| {
            for (me, seed) in seeds.into_iter().enumerate() {
                let machine = &machine;
                scope.spawn(move || {
                    machine.lanes.run(me, || machine.live(me, Rng::new(seed), deaths, crashes));
                });
            }
        });
        if std::env::var_os("SEED").is_some() {
            eprintln!("{faults:?} {:?} {:?}", machine.place, machine.tally.lock().unwrap());
        }
        if let Some(failure) = machine.failure.lock().unwrap().take() {
            return Err(format!("life {life}: {failure}"));
        }
        serial.store(machine.serial.load(SeqCst), SeqCst);
        digest = digest.wrapping_mul(31) ^ machine.lanes.digest();
        if crashes {
            disk.crash().map_err(|e| e.to_string())?;
        } else {
            disk.set_faults(|faults| *faults = DiskFaults::default());
            at_rest(&machine)?;
        }
    }
    Ok(digest)
}

fn zone(place: &Place, size: usize) -> Result<Zone, String> {
    let key = place.described();
    let declared = Declaration { name: "cache".into(), kind: Kind::Cache, size, key };
    Zone::open(declared, [1, 2], process(MASTER)).map_err(|e| e.to_string())
}

fn process(row: u32) -> Process {
    Process { pid: (1 << 40) + u64::from(row), row }
}

/// One process.
struct Life<'a> {
    machine: &'a Machine,
    me: usize,
    store: Store<'a>,
    rng: &'a mut Rng,
    buf: Vec<u8>,
    loader: Option<Loader>,
}

impl Machine {
    /// One process after another; the last one ends by itself, unless the machine ends with it.
    fn live(&self, me: usize, mut rng: Rng, deaths: bool, crashes: bool) {
        for life in 0..4 {
            let scale = [50, 500, 5000][rng.below(3) as usize];
            let dies = deaths && (life < 3 || crashes);
            let accesses = if dies { 1 + rng.below(scale) } else { 0 };
            let mut own = Rng::new(rng.word());
            let played = self.lanes.mortal(me, accesses, || {
                let zone = self.zone.of_process(process(me as u32 + 1));
                let disk = Disk::Sim(self.disk.of_process(me as u32 + 1));
                let store = Store { place: &self.place, zone: &zone, disk: &disk };
                let (machine, buf) = (self, Vec::new());
                let mut life = Life { machine, me, store, rng: &mut own, buf, loader: None };
                (0..60).try_for_each(|_| life.step())
            });
            match played {
                Some(Ok(())) => return,
                Some(Err(e)) => {
                    self.failure.lock().unwrap().get_or_insert(format!("process {me}: {e}"));
                    return;
                }
                // The master hears of it.
                None => {
                    self.tally.lock().unwrap().died += 1;
                    self.updates.lock().unwrap().retain(|_, (of, ..)| *of != me);
                    self.zone.settle(process(me as u32 + 1));
                }
            }
        }
    }

    fn now(&self) -> u64 {
        self.clock.load(SeqCst)
    }
}

impl Life<'_> {
    fn step(&mut self) -> Result<(), String> {
        self.machine.clock.fetch_add(self.rng.below(40), SeqCst);
        match self.rng.below(20) {
            0 => {
                manager::step(&self.store, || self.machine.now());
                Ok(())
            }
            1 | 2 => {
                self.load();
                Ok(())
            }
            3 => {
                let number = self.number();
                self.store.purge(key(number));
                Ok(())
            }
            _ => self.ask(),
        }
    }

    fn number(&mut self) -> u8 {
        self.rng.below(6) as u8
    }

    fn load(&mut self) {
        if self.loader.is_none() {
            self.loader = Loader::begin(&self.store);
        }
        if let Some(loader) = &mut self.loader {
            if let Step::Done(_) = loader.step(&self.store, || self.machine.now()) {
                self.loader = None;
            }
        }
    }

    /// A request, as the proxy makes it: from the cache, or from a server and into the cache.
    fn ask(&mut self) -> Result<(), String> {
        let number = self.number();
        let (found, began) = self.store.look(key(number), self.machine.now(), 1);
        let version = match found {
            Found::Present(it) => Some(it.version),
            Found::Absent { is_cold: true, .. } => None,
            Found::Absent { .. } => return self.fetch(number, began, None),
            Found::Unknown => return Ok(()),
        };
        let mut buf = std::mem::take(&mut self.buf);
        let opened = self.store.open(key(number), &bytes(number), version, 0, &mut buf);
        let stale = match &opened {
            Ok((entry, version)) => {
                verify(number, entry)?;
                self.tally(|it| it.hits += 1);
                self.rng.one_in(3).then_some(*version)
            }
            Err(Miss::OtherKey) => return Err("another key".into()),
            Err(Miss::Unusable(_)) => {
                self.tally(|it| it.torn += 1);
                None
            }
            Err(_) => None,
        };
        match (&opened, stale) {
            (Ok(_), None) => {}
            // It is still valid, or it is not.
            (Ok((entry, _)), Some(version)) if self.rng.one_in(2) => {
                let valid = entry.head.meta.valid + 1;
                let meta = Meta { valid, ..entry.head.meta };
                let of = (&entry.file, &entry.head);
                let _ = self.store.refresh(key(number), of, meta, (version, None));
            }
            (_, version) => {
                drop(opened);
                self.buf = buf;
                return self.fetch(number, began, version);
            }
        }
        drop(opened);
        self.buf = buf;
        Ok(())
    }

    fn fetch(&mut self, number: u8, began: Began, seen: Option<u64>) -> Result<(), String> {
        let now = self.machine.now();
        let ticket = match self.store.mark(key(number), now, AGE, seen) {
            Marked::Taken(ticket) => {
                let mut updates = self.machine.updates.lock().unwrap();
                if let Some((of, _, until)) = updates.get(&number) {
                    if now < *until && *of != self.me {
                        return Err(format!("{of} updates {number} at {now} until {until}, too"));
                    }
                }
                updates.insert(number, (self.me, ticket, now + AGE));
                Some(ticket)
            }
            Marked::Held(until) if until > self.machine.now() + AGE => {
                return Err(format!("held until {until} at {now}"));
            }
            Marked::Held(_) => {
                self.tally(|it| it.held += 1);
                return Ok(());
            }
            Marked::Present(_) => return Ok(()),
            Marked::Open | Marked::Unknown => None,
        };
        let ended = self.fill(number, Update { began, ticket });
        let counted = match ended {
            true => |it: &mut Tally| it.stored += 1,
            false => |it: &mut Tally| it.failed += 1,
        };
        self.tally(counted);
        Ok(())
    }

    /// Whether it was stored.
    fn fill(&mut self, number: u8, update: Update) -> bool {
        let (key, bytes) = (key(number), bytes(number));
        let serial = self.machine.serial.fetch_add(1, SeqCst);
        let body = body(number, serial, self.rng);
        let response = format!("{serial}");
        let head = Head { key: &bytes, response: response.as_bytes(), ..Head::default() };
        let temporary = TempPath { path: Path::new("/temp"), levels: &[1] };
        let mut written = || -> Option<Fill> {
            let seed = self.rng.word();
            let mut fill = self.store.create(key, temporary, head.len(), seed).ok()?;
            let piece = 1 + self.rng.below(body.len() as u64) as usize;
            for piece in body.chunks(piece) {
                fill.write(piece).ok()?;
            }
            // The server was cut off.
            (!self.rng.one_in(8)).then_some(fill)
        };
        let written = written();
        let mut updates = self.machine.updates.lock().unwrap();
        if updates.get(&number).is_some_and(|(_, of, _)| Some(*of) == update.ticket) {
            updates.remove(&number);
        }
        drop(updates);
        let Some(fill) = written else {
            let ticket = update.ticket;
            match self.rng.one_in(2) {
                true => ticket.into_iter().for_each(|it| self.store.release(key, it)),
                false => self.store.open_until(key, ticket, self.machine.now() + 50),
            }
            return false;
        };
        let (now, seed) = (self.machine.now(), self.rng.word());
        matches!(self.store.store(key, now, fill, head, update, seed), Ok(Some(_)))
    }

    fn tally(&self, count: impl FnOnce(&mut Tally)) {
        count(&mut self.machine.tally.lock().unwrap());
    }
}

fn bytes(number: u8) -> Vec<u8> {
    format!("http://server/{number}").into_bytes()
}

fn key(number: u8) -> Key {
    Key::of(&bytes(number))
}

/// `number serial length|xxx`, that long in all.
pub fn body(number: u8, serial: u64, rng: &mut Rng) -> Vec<u8> {
    let most = [10, 300, 9000][rng.below(3) as usize];
    let len = 40 + rng.below(most) as usize;
    let mut body = format!("{number} {serial} {len}|").into_bytes();
    body.resize(len, b'a' + (serial % 26) as u8);
    body
}

/// Of which number of answer that is the whole body; `None`: of none to that key.
pub fn serial_of(number: u8, body: &[u8]) -> Option<u64> {
    let end = body.iter().position(|&byte| byte == b'|')?;
    let front = str::from_utf8(&body[..end]).ok()?;
    let mut words = front.split(' ').map(|word| word.parse::<u64>().ok());
    let mut next = || words.next().flatten();
    let (of, serial, len) = (next()?, next()?, next()?);
    let letter = b'a' + (serial % 26) as u8;
    let is_whole = len == body.len() as u64 && body[end + 1..].iter().all(|&it| it == letter);
    (is_whole && of == u64::from(number)).then_some(serial)
}

/// Of a whole answer to this key, and its head belongs to it.
fn verify(number: u8, entry: &Entry<'_>) -> Result<(), String> {
    let mut body = vec![0; entry.head.meta.body as usize];
    entry.file.read_exact_at(&mut body, entry.start).map_err(|e| format!("cut: {e}"))?;
    let serial = serial_of(number, &body).map(|serial| serial.to_string());
    let is_own = serial.as_ref().is_some_and(|it| it.as_bytes() == entry.head.response);
    if is_own && entry.head.key == bytes(number) && body.starts_with(entry.body) {
        return Ok(());
    }
    Err(format!("of {number}: {:?} {}", entry.head, String::from_utf8_lossy(&body)))
}

/// All processes have ended: a start after that finds each file whole, and nothing else is left.
fn at_rest(machine: &Machine) -> Result<(), String> {
    let (place, disk) = (&machine.place, Disk::Sim(machine.disk.clone()));
    let zone = zone(place, 1 << 20)?;
    let store = Store { place, zone: &zone, disk: &disk };
    let mut loader = Loader::begin(&store).ok_or("no loader")?;
    while let Step::Sleep(_) = loader.step(&store, || 0) {}
    let mut expected = 0;
    let mut files = machine.disk.files();
    // A temporary directory is not the cache's: what dies leaves its files there.
    files.retain(|path| path.starts_with(&place.root));
    if files.len() as u64 != index::size(&zone).1 {
        return Err(format!("{} records of {files:?}", index::size(&zone).1));
    }
    for number in 0..6 {
        let Found::Present(it) = store.look(key(number), 0, 1).0 else { continue };
        let mut buf = Vec::new();
        match store.open(key(number), &bytes(number), Some(it.version), 0, &mut buf) {
            Ok((entry, _)) => {
                verify(number, &entry)?;
                expected += on_disk(entry.start + entry.head.meta.body);
            }
            Err(Miss::Unusable(_)) => {}
            Err(e) => return Err(format!("{number}: {e:?}")),
        }
    }
    match index::size(&zone).0 {
        size if size == expected => Ok(()),
        size => Err(format!("{size} bytes are counted, {expected} are there")),
    }
}
