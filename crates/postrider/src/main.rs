//! The program `postrider`: the library of the same name, with its allocator.

use std::process::ExitCode;

// The gateway makes many small allocations that another thread frees; this allocator takes about half the time of the
// system's for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    postrider::run()
}
