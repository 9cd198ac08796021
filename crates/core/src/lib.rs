//! What the gateway decides: functions over data.
