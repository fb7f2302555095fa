use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

/// Bytes of a cache line and of the widest vector.
const ALIGNMENT: usize = 64;

/// Bytes of a large page.
#[cfg(target_os = "linux")]
const LARGE_PAGE: usize = 2 << 20;

/// Numbers for which all zero bits are a value.
///
/// # Safety
/// The type has no padding, no invalid bit patterns and no destructor.
pub(super) unsafe trait Number: Copy {}

// SAFETY: a plain number.
unsafe impl Number for f32 {}
// SAFETY: a plain number.
unsafe impl Number for i32 {}
// SAFETY: a plain number.
unsafe impl Number for i16 {}
// SAFETY: a plain number.
unsafe impl Number for i8 {}
// SAFETY: a plain number.
unsafe impl Number for u8 {}

/// A zeroed slice of fixed length that starts on a cache line.
///
/// Pages of a large one take memory only once they are written.
pub(super) struct Buffer<T: Number> {
    /// What the allocator returned.
    allocation: NonNull<u8>,
    start: NonNull<T>,
    length: usize,
}

// SAFETY: a buffer owns its elements, as a `Box<[T]>` does.
unsafe impl<T: Number + Send> Send for Buffer<T> {}
// SAFETY: as above.
unsafe impl<T: Number + Sync> Sync for Buffer<T> {}

impl<T: Number> Buffer<T> {
    pub(super) fn zeroed(length: usize) -> Self {
        let layout = Self::layout(length);
        // SAFETY: the layout is not empty, because it has room for the alignment.
        let allocation = unsafe { alloc_zeroed(layout) };
        let Some(allocation) = NonNull::new(allocation) else {
            handle_alloc_error(layout)
        };
        // The allocator hands out untouched zero pages only for its own small alignment.
        let offset = allocation.align_offset(ALIGNMENT);
        // SAFETY: the offset is less than the alignment, for which there is room.
        let start = unsafe { allocation.add(offset) }.cast();
        Self {
            allocation,
            start,
            length,
        }
    }

    /// The same, for what is read from end to end over and over: in large pages where the system
    /// has them, because a prefetcher stops at the end of a page. Memory is taken at once.
    pub(super) fn zeroed_in_large_pages(length: usize) -> Self {
        let buffer = Self::zeroed(length);
        #[cfg(target_os = "linux")]
        {
            const PAGE: usize = 4096;
            let skipped = buffer.allocation.align_offset(PAGE);
            let size = Self::layout(length).size();
            if size >= LARGE_PAGE + skipped {
                // SAFETY: the range is whole pages of the allocation, and the advice changes no
                // content. Where it is refused, small pages do.
                unsafe {
                    let start = buffer.allocation.add(skipped).as_ptr();
                    let length = (size - skipped) / PAGE * PAGE;
                    libc::madvise(start.cast(), length, libc::MADV_HUGEPAGE);
                }
            }
        }
        buffer
    }

    fn layout(length: usize) -> Layout {
        let layout = Layout::array::<T>(length)
            .and_then(|array| Layout::from_size_align(array.size() + ALIGNMENT, 16));
        match layout {
            Ok(layout) => layout,
            Err(_) => panic!("a buffer of {length} elements is larger than the address space"),
        }
    }
}

impl<T: Number> Drop for Buffer<T> {
    fn drop(&mut self) {
        // SAFETY: allocated in `zeroed` with the same layout.
        unsafe { dealloc(self.allocation.as_ptr(), Self::layout(self.length)) };
    }
}

impl<T: Number> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `length` initialized elements lie behind `start`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl<T: Number> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and the buffer is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

/// A pointer into a slice of which the tasks of one loop write disjoint parts.
pub(super) struct Shared<T>(*mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

// SAFETY: whoever dereferences it promises that no other thread touches the same elements.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(super) fn new(slice: &mut [T]) -> Self {
        Self(slice.as_mut_ptr())
    }

    /// The element `offset` behind the start.
    ///
    /// # Safety
    /// It lies in the slice, or just behind its end.
    #[inline(always)]
    pub(super) unsafe fn at(self, offset: usize) -> *mut T {
        // SAFETY: promised by the caller.
        unsafe { self.0.add(offset) }
    }
}
