//! The reference of all settings, made from the comments of the types that read them.
