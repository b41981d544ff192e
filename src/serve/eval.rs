//! Variables and strings with variables, written into a buffer.
