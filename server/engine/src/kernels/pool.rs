use std::any::Any;
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Looks at the state before a worker sleeps: some tens of microseconds, which is longer than the
/// serial parts between two loops of a forward pass and too short to starve anybody.
const SPINS_BEFORE_SLEEP: usize = 600;
/// Looks at the state before the caller lets another thread run.
const SPINS_BEFORE_YIELD: usize = 2000;

/// Threads that run short parallel loops.
///
/// Indices are claimed one by one, and a worker that wakes late finds the loop closed: a loop
/// never waits for a thread that has claimed nothing, so a busy machine costs speed, not stalls.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    caller: Mutex<()>,
}

/// A loop body whose lifetime is erased.
type Body = *const (dyn Fn(usize) + Sync);

struct Shared {
    /// The loop's number in the upper half, `OPEN`, and below it how many workers are inside.
    state: AtomicU64,
    /// The next index to claim.
    next: AtomicUsize,
    /// Written only while the state is closed and nobody is inside; read only from inside.
    work: UnsafeCell<Option<(Body, usize)>>,
    sleepers: AtomicUsize,
    sleep: Mutex<()>,
    wake: Condvar,
    stop: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

const OPEN: u64 = 1 << 31;
const INSIDE: u64 = OPEN - 1;
const NUMBER_SHIFT: u32 = 32;

// SAFETY: `work` is guarded by `state` as its comment says, and the body it points to is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: as above; nothing in it belongs to one thread.
unsafe impl Send for Shared {}

impl Pool {
    /// A pool that runs loops on `threads` threads, the caller's included.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            work: UnsafeCell::new(None),
            sleepers: AtomicUsize::new(0),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
            stop: AtomicBool::new(false),
            panic: Mutex::new(None),
        });
        // A pool with fewer workers than wished for is still correct.
        let workers = (1..threads)
            .filter_map(|index| {
                let shared = Arc::clone(&shared);
                thread::Builder::new()
                    .name(format!("kernel-{index}"))
                    .spawn(move || shared.serve())
                    .ok()
            })
            .collect();
        Self {
            shared,
            workers,
            caller: Mutex::new(()),
        }
    }

    /// Threads that run a loop, the caller's included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `body` once with every index below `count`, in any order and on any thread, and
    /// returns when all calls have. A panic of the body is passed on to the caller.
    ///
    /// Called from inside a loop, or while another thread runs one, it uses this thread alone.
    pub fn run(&self, count: usize, body: &(dyn Fn(usize) + Sync)) {
        let alone = count <= 1 || self.workers.is_empty();
        let _caller = match self.caller.try_lock() {
            Ok(guard) if !alone => guard,
            _ => return (0..count).for_each(body),
        };
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. Nobody touches the body after `Closing` is dropped,
        // which is before this function returns.
        let erased: Body = unsafe { std::mem::transmute(body as *const (dyn Fn(usize) + Sync)) };
        // SAFETY: the state is closed, nobody is inside, and holding `caller` makes this the only
        // thread that opens it.
        unsafe { *shared.work.get() = Some((erased, count)) };
        shared.next.store(0, Ordering::Relaxed);
        let number = (shared.state.load(Ordering::Relaxed) >> NUMBER_SHIFT) + 1;
        shared
            .state
            .store((number << NUMBER_SHIFT) | OPEN, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            drop(locked(&shared.sleep));
            shared.wake.notify_all();
        }
        {
            let _closing = Closing(shared);
            shared.claim(body, count);
        }
        if let Some(panic) = locked(&shared.panic).take() {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(locked(&self.shared.sleep));
        self.shared.wake.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches the panics of bodies, so it ends without one.
            let _ = worker.join();
        }
    }
}

/// Closes a loop and waits until every worker has left it, also when the caller's share panics.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0;
        while state & INSIDE != 0 {
            spins += 1;
            if spins < SPINS_BEFORE_YIELD {
                spin_loop();
            } else {
                thread::yield_now();
            }
            state = self.0.state.load(Ordering::Acquire);
        }
    }
}

impl Shared {
    fn claim(&self, body: &(dyn Fn(usize) + Sync), count: usize) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            body(index);
        }
    }

    fn serve(&self) {
        let mut seen = 0;
        let mut spins = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let state = self.state.load(Ordering::Acquire);
            let number = state >> NUMBER_SHIFT;
            if number == seen {
                spins += 1;
                if spins < SPINS_BEFORE_SLEEP {
                    spin_loop();
                } else {
                    self.sleep_while(seen);
                    spins = 0;
                }
                continue;
            }
            if state & OPEN == 0 {
                seen = number;
                continue;
            }
            let entered =
                self.state
                    .compare_exchange(state, state + 1, Ordering::AcqRel, Ordering::Relaxed);
            if entered.is_err() {
                continue;
            }
            seen = number;
            spins = 0;
            // SAFETY: this thread is inside, so the work is not written and its body is alive.
            let work = unsafe { *self.work.get() };
            if let Some((body, count)) = work {
                // SAFETY: as above.
                let body = unsafe { &*body };
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.claim(body, count))) {
                    *locked(&self.panic) = Some(panic);
                }
            }
            self.state.fetch_sub(1, Ordering::Release);
        }
    }

    fn sleep_while(&self, seen: u64) {
        let mut guard = locked(&self.sleep);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while self.state.load(Ordering::SeqCst) >> NUMBER_SHIFT == seen
            && !self.stop.load(Ordering::SeqCst)
        {
            guard = self
                .wake
                .wait(guard)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_called_once() {
        for threads in [1, 2, 4] {
            let pool = Pool::new(threads);
            for count in [0, 1, 2, 7, 1000] {
                let calls: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                for _ in 0..50 {
                    pool.run(count, &|index| {
                        calls[index].fetch_add(1, Ordering::Relaxed);
                    });
                }
                assert!(calls.iter().all(|n| n.load(Ordering::Relaxed) == 50));
            }
        }
    }

    #[test]
    fn a_loop_after_a_sleep_is_served() {
        let pool = Pool::new(2);
        let sum = AtomicUsize::new(0);
        for _ in 0..5 {
            // Waits until the worker sleeps, so that the loop has to wake it.
            while pool.shared.sleepers.load(Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
            pool.run(10, &|index| {
                sum.fetch_add(index, Ordering::Relaxed);
            });
        }
        assert_eq!(sum.into_inner(), 5 * 45);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(3);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.run(100, &|index| assert_ne!(index, 50, "the fiftieth"));
        }));
        assert!(outcome.is_err());
        let count = AtomicUsize::new(0);
        pool.run(100, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 100);
    }

    #[test]
    fn a_nested_loop_runs_on_its_own_thread() {
        let pool = Pool::new(2);
        let count = AtomicUsize::new(0);
        pool.run(4, &|_| {
            pool.run(4, &|_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert_eq!(count.into_inner(), 16);
    }
}
