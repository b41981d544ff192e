//! Fuzzing: every parser of what comes from outside, on mutated inputs.
//!
//! ```text
//! cargo test --test fuzz            each target on its corpus, and on a fixed number of mutations of it
//! scripts/fuzz                      the names of the targets
//! scripts/fuzz chunked --runs N     an optimised build that is guided by coverage; see there
//! ```
//!
//! | file | what it is |
//! |---|---|
//! | `targets` | one file for each target: a function that takes an input and panics if a property does not hold |
//! | `corpus` | a folder for each target: inputs that mutations start from, and inputs that once showed a fault |
//! | `driver` | runs inputs, watches time and memory, reports and shortens what fails |
//! | `mutate` | one input made of another; decided by the seed alone |
//! | `coverage` | what the compiler counts, in a build that counts it |
//! | `memory` | how many bytes a run holds |
//!
//! A target is added as a file in `targets`, a row of `TARGETS` and a folder in `corpus`.

mod coverage;
mod driver;
mod memory;
mod mutate;
mod pieces;
mod targets;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use driver::Until;
use libtest_mimic::{Arguments, Failed, Trial};
use targets::{TARGETS, Target};

/// The seed of what a test run tries, and of `scripts/fuzz` without `--seed`.
const SEED: u64 = 1;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("--fuzz") {
        return fuzz(args).unwrap_or_else(|message| {
            eprintln!("{message}");
            ExitCode::FAILURE
        });
    }
    let trials = TARGETS.iter().flat_map(|target| {
        let trial = |what: &str, run: fn(&Target) -> Result<(), String>| {
            let run = move || run(target).map_err(Failed::from);
            Trial::test(format!("{}: {what}", target.name), run)
        };
        [trial("corpus", corpus), trial("mutations", mutations)]
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn corpus(target: &Target) -> Result<(), String> {
    driver::replay(target, &driver::seeds(target))
}

fn mutations(target: &Target) -> Result<(), String> {
    driver::explore(target, SEED, Until::Runs(target.runs), None).map(drop)
}

/// `TARGET [--runs N | --seconds N] [--seed N] [--keep FOLDER] [FILE]...`; the options are those of `scripts/fuzz`.
fn fuzz(mut args: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let names = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join("\n");
    let Some(name) = args.next() else {
        println!("{}", names());
        return Ok(ExitCode::SUCCESS);
    };
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.ok_or_else(|| format!("no target \"{name}\"; there are\n{}", names()))?;
    let (mut until, mut seed, mut keep, mut inputs) = (Until::Runs(1_000_000), SEED, None, vec![]);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
        let number = |text: String| text.parse().map_err(|_| format!("{arg} wants a number"));
        match &*arg {
            "--runs" => until = Until::Runs(number(value()?)?),
            "--seconds" => until = Until::Time(Duration::from_secs(number(value()?)?)),
            "--seed" => seed = number(value()?)?,
            "--keep" => keep = Some(PathBuf::from(value()?)),
            _ => inputs.extend(driver::read(Path::new(&arg))),
        }
    }
    if !inputs.is_empty() {
        driver::replay(target, &inputs)?;
        println!("{name}: {} inputs, all well", inputs.len());
        return Ok(ExitCode::SUCCESS);
    }
    let found = driver::explore(target, seed, until, keep.as_deref())?;
    println!(
        "{name}: {} runs in {:.1} s, all well; {} inputs reach {} edges",
        found.runs,
        found.time.as_secs_f64(),
        found.inputs,
        found.edges
    );
    Ok(ExitCode::SUCCESS)
}
