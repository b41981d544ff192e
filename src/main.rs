//! The program: arguments, then `process::run`.

fn main() {}
