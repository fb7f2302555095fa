//! A Llama model that rewrites text with speculative edits.
