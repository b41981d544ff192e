//! Runs the inputs of a target: watches each, keeps those that reach something new, shortens the one that fails.

use std::cell::RefCell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use peerage::base::rng::Rng;

use crate::coverage::Reached;
use crate::memory;
use crate::mutate::mutate;
use crate::targets::Target;

/// A run that uses more of a processor than this is taken for endless.
const LONGEST: Duration = Duration::from_secs(60);
/// Runs that are spent on shortening an input that fails.
const SHORTENING: u32 = 5000;

#[derive(Clone, Copy)]
pub enum Until {
    Runs(u64),
    Time(Duration),
}

pub struct Explored {
    pub runs: u64,
    pub time: Duration,
    /// Inputs that mutations were made of, at the end.
    pub inputs: usize,
    /// Of the control flow; 0 in a build that does not count them.
    pub edges: usize,
}

/// The inputs that mutations start from: the target's own, and the files of its corpus in the order of their names.
pub fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("t/fuzz/corpus").join(target.name);
    let mut seeds = (target.seeds)();
    if folder.exists() {
        seeds.extend(read(&folder));
    }
    assert!(!seeds.is_empty(), "{} has no corpus", target.name);
    seeds
}

/// A file, or all files of a folder.
pub fn read(path: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(path) else {
        return vec![fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))];
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs these inputs once.
pub fn replay(target: &Target, inputs: &[Vec<u8>]) -> Result<(), String> {
    let watch = Watch::new(target);
    inputs.iter().try_for_each(|input| watch.run(input).map_err(|why| report(&watch, input, why)))
}

/// Runs the seeds, then mutations of them and of what they led to. `keep` is a folder that adds to the seeds, and
/// to which inputs that reach something new are added.
pub fn explore(
    target: &Target,
    seed: u64,
    until: Until,
    keep: Option<&Path>,
) -> Result<Explored, String> {
    let watch = Watch::new(target);
    let start = Instant::now();
    let mut rng = Rng::new(seed);
    let mut reached = Reached::new();
    let mut inputs = seeds(target);
    inputs.extend(keep.into_iter().flat_map(read));
    for input in &inputs {
        let mut result = Ok(());
        reached.is_extended_by(|| result = watch.run(input));
        result.map_err(|why| report(&watch, input, why))?;
    }
    let mut runs = inputs.len() as u64;
    while match until {
        Until::Runs(most) => runs < most,
        Until::Time(most) => start.elapsed() < most,
    } {
        let mut input = choose(&inputs, &mut rng).to_vec();
        mutate(&mut input, &inputs, target.words, &mut rng);
        let mut result = Ok(());
        let extended = reached.is_extended_by(|| result = watch.run(&input));
        runs += 1;
        result.map_err(|why| report(&watch, &input, why))?;
        if extended {
            if let Some(folder) = keep {
                let _ = fs::write(folder.join(format!("{seed}-{runs}")), &input);
            }
            inputs.push(input);
        }
    }
    Ok(Explored { runs, time: start.elapsed(), inputs: inputs.len(), edges: reached.edges })
}

/// Any of them, or one of the newest.
fn choose<'a>(inputs: &'a [Vec<u8>], rng: &mut Rng) -> &'a [u8] {
    let most = if rng.one_in(2) { inputs.len() } else { inputs.len().min(16) };
    &inputs[inputs.len() - 1 - rng.below(most as u64) as usize]
}

/// The report of a failure, with the file that holds its input, shortened.
fn report(watch: &Watch<'_>, input: &[u8], why: String) -> String {
    let (input, why) = shorten(watch, input, why);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
    let file = folder.join(format!("{}-{:x}", watch.target.name, crc32fast::hash(&input)));
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, &input));
    let place = written.map_or_else(|e| e.to_string(), |()| file.display().to_string());
    format!("{why}\ninput: \"{}\"\nin {place}", input.escape_ascii())
}

/// Takes parts out of an input as long as it goes on to fail.
fn shorten(watch: &Watch<'_>, input: &[u8], why: String) -> (Vec<u8>, String) {
    let (mut input, mut why, mut left) = (input.to_vec(), why, SHORTENING);
    let mut len = input.len() / 2;
    while len > 0 {
        let mut at = 0;
        while at < input.len() && left > 0 {
            left -= 1;
            let end = (at + len).min(input.len());
            let shorter = [&input[..at], &input[end..]].concat();
            match watch.run(&shorter) {
                Err(still) => (input, why) = (shorter, still),
                Ok(()) => at = end,
            }
        }
        len /= 2;
    }
    (input, why)
}

/// What runs inputs, and a thread that ends the program when one takes too long.
struct Watch<'a> {
    target: &'a Target,
    running: Arc<Mutex<Running>>,
}

/// The number of the run, and its input while it is run.
type Running = (u64, Option<Vec<u8>>);

thread_local! {
    /// What the last panic of this thread said, and where.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

impl<'a> Watch<'a> {
    fn new(target: &'a Target) -> Self {
        std::panic::set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
        let running = Arc::<Mutex<Running>>::default();
        let (seen, name) = (Arc::downgrade(&running), target.name);
        let thread = fs::read_link("/proc/thread-self").unwrap_or_default();
        std::thread::spawn(move || {
            // The run that was seen last, and what the thread had used when it was seen first.
            let mut last = (0, Duration::ZERO);
            while let Some(running) = seen.upgrade() {
                let (number, input) = running.lock().unwrap().clone();
                let now = used(&thread);
                if number != last.0 {
                    last = (number, now);
                }
                let time = now.saturating_sub(last.1);
                if let Some(input) = input.filter(|_| time > LONGEST) {
                    let time = time.as_secs();
                    eprintln!("{name}: runs for {time} s: \"{}\"", input.escape_ascii());
                    std::process::abort();
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        Self { target, running }
    }

    /// One run: what was wrong with it.
    fn run(&self, input: &[u8]) -> Result<(), String> {
        let number = self.running.lock().unwrap().0 + 1;
        *self.running.lock().unwrap() = (number, Some(input.to_vec()));
        let mut ended = Ok(());
        let held = memory::most(|| {
            ended = catch_unwind(AssertUnwindSafe(|| (self.target.check)(input)));
        });
        self.running.lock().unwrap().1 = None;
        ended.map_err(|_| PANIC.take())?;
        let (constant, each) = self.target.memory;
        match constant + each * input.len() {
            most if held > most => Err(format!("held {held} bytes, more than {most}")),
            _ => Ok(()),
        }
    }
}

/// What a thread has used of a processor: of a machine that does much else it gets little.
fn used(thread: &Path) -> Duration {
    let text = fs::read_to_string(Path::new("/proc").join(thread).join("schedstat"));
    let nanos = text.ok().and_then(|text| text.split(' ').next()?.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}
