//! Verbs of the client's side: a connection is accepted, heads are read, phases run, answers are written.

pub mod eval;
