import type { TimeSample } from "../../model/outcome/many";

/** The time left is told from the last ones. */
const MOST_SAMPLES = 20;

/** How long a run has worked: the time between its stop and "Go on" does not count. */
export class RunClock {
  #workedMs = 0;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #since = $state<number | null>(null);
  #now = $state(0);
  #samples = $state.raw<readonly TimeSample[]>([]);

  /** Milliseconds of work; follows the machine's clock once a second. */
  get elapsedMs(): number {
    return this.#workedMs + (this.#since === null ? 0 : Math.max(0, this.#now - this.#since));
  }

  /** For the time left: how many were done after how much work. */
  get samples(): readonly TimeSample[] {
    return this.#samples;
  }

  start(): void {
    this.#since = this.#now = Date.now();
    this.#ticking = setInterval(() => (this.#now = Date.now()), 1000);
  }

  stop(): void {
    clearInterval(this.#ticking);
    this.#workedMs = this.#worked();
    this.#since = null;
  }

  /** Something has ended: so many are done now. */
  note(done: number): void {
    const sample = { done, elapsedMs: this.#worked() };
    this.#samples = [...this.#samples.slice(1 - MOST_SAMPLES), sample];
  }

  #worked(): number {
    return this.#workedMs + (this.#since === null ? 0 : Date.now() - this.#since);
  }
}
