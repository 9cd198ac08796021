//! Runs the core: intake, dispatch, receipts, notices, chores.
