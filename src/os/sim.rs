//! A network and a clock in memory, from a seed.
