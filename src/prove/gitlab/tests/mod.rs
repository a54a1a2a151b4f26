//! The reader on small texts, on everything that is printed, and against plain enumeration.

mod printed;
