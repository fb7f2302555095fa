import { EventEmitter } from "node:events";

const DEFAULTS = {
  concurrency: 4,
  retries: 3,
  backoff: 250,
};

export class JobQueue extends EventEmitter {
  #waiting = [];
  #running = 0;
  #closed = false;

  constructor(options = {}) {
    super();
    this.options = { ...DEFAULTS, ...options };
  }

  get size() {
    return this.#waiting.length + this.#running;
  }

  push(job) {
    if (this.#closed) {
      throw new Error("the queue is closed");
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject, attempt: 0 });
      this.#next();
    });
  }

  close() {
    this.#closed = true;
    if (this.size === 0) {
      this.emit("drained");
    }
  }

  #next() {
    while (this.#running < this.options.concurrency && this.#waiting.length > 0) {
      const entry = this.#waiting.shift();
      this.#running += 1;
      this.#run(entry);
    }
  }

  async #run(entry) {
    try {
      const value = await entry.job();
      entry.resolve(value);
    } catch (error) {
      entry.attempt += 1;
      if (entry.attempt > this.options.retries) {
        entry.reject(error);
      } else {
        const delay = this.options.backoff * 2 ** (entry.attempt - 1);
        setTimeout(() => {
          this.#waiting.push(entry);
          this.#next();
        }, delay);
      }
    } finally {
      this.#running -= 1;
      if (this.#closed && this.size === 0) {
        this.emit("drained");
      }
      this.#next();
    }
  }
}

export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}