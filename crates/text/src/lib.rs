//! What a text costs: alphabets, segments, headers.
