/// Gives what was freed back to the system. Unasked, the C library of Linux keeps up to half of a
/// model, because the pieces of it lie between others.
pub fn return_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it touches free memory only, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}
