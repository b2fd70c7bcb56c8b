//! The threads on which all streams compute: as many as the machine has cores, started when they are first needed.
//!
//! The crates below call on rayon for every layer. From within a pool of one thread that is a plain call; from outside it
//! wakes and waits for another thread each time, and in a pool of several it spreads a frame over them, which costs more
//! than it gives. So each thread is a pool by itself, and a frame is computed on one of them.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};

static WORKERS: LazyLock<Workers> =
    LazyLock::new(|| Workers::new(available_parallelism().map_or(1, NonZero::get)));

/// Does the work on one thread, once one is free, and waits for it.
pub fn run<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    WORKERS.run(work)
}

struct Workers {
    threads: Mutex<Threads>,
    freed: Condvar,
    most: usize,
}

struct Threads {
    /// The one that has been idle longest comes first.
    idle: VecDeque<ThreadPool>,
    started: usize,
}

impl Workers {
    fn new(most: usize) -> Self {
        Workers {
            threads: Mutex::new(Threads {
                idle: VecDeque::new(),
                started: 0,
            }),
            freed: Condvar::new(),
            most,
        }
    }

    fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        let thread = self.take()?;
        let result = catch_unwind(AssertUnwindSafe(|| thread.install(work)));
        self.threads().idle.push_back(thread);
        self.freed.notify_one();
        result.map_or_else(|panic| resume_unwind(panic), Ok)
    }

    fn take(&self) -> Result<ThreadPool> {
        let mut threads = self.threads();
        loop {
            // With one thread for both directions the model's step, which comes between them, took 15 % longer.
            if threads.idle.len() < 2 && threads.started < self.most {
                let thread = start(threads.started)?;
                threads.started += 1;
                return Ok(thread);
            }
            if let Some(thread) = threads.idle.pop_front() {
                return Ok(thread);
            }
            threads = self
                .freed
                .wait(threads)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start(number: usize) -> Result<ThreadPool> {
    ThreadPoolBuilder::new()
        .num_threads(1)
        .thread_name(move |_| format!("mimi-{number}"))
        .build()
        .map_err(|error| Error(format!("no thread can be started for the codec: {error}")))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn many_callers_share_few_threads_and_each_work_has_one() {
        let workers = Workers::new(2);
        let used = thread::scope(|scope| {
            let callers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        (0..50)
                            .map(|_| {
                                let work =
                                    || (thread::current().id(), rayon::current_num_threads());
                                workers.run(work).unwrap()
                            })
                            .collect::<HashSet<_>>()
                    })
                })
                .collect();
            let sets = callers.into_iter().map(|caller| caller.join().unwrap());
            sets.flatten().collect::<HashSet<_>>()
        });
        assert!((1..=2).contains(&used.len()), "{used:?}");
        assert!(used.iter().all(|&(_, threads)| threads == 1), "{used:?}");
    }

    #[test]
    fn a_panic_gives_its_thread_back() {
        let workers = Workers::new(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| workers.run(|| panic!("as a test"))));
        assert!(panicked.is_err());
        assert_eq!(workers.run(|| 7).unwrap(), 7);
    }
}
