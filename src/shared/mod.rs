//! Zones of shared memory: what all workers of a configuration know together.

mod memory;
mod slab;
pub mod table;
mod lock;
pub mod zone;
