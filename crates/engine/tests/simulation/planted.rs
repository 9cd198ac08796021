//! Planted faults: each is seen by the checker that watches for it.
