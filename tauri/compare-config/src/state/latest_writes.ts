/**
 * Writes a text somewhere, one write after the other. What comes while one is under way waits, and
 * of what waits only the latest is written.
 */
export class LatestWrites {
  #waiting: string | null = null;
  #isWriting = false;

  constructor(
    private readonly write: (text: string) => Promise<void>,
    /** Told after each write: what it failed with, or null. */
    private readonly tell: (failure: unknown) => void,
  ) {}

  put(text: string): void {
    this.#waiting = text;
    if (!this.#isWriting) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting !== null) {
      const text = this.#waiting;
      this.#waiting = null;
      this.tell(
        await this.write(text).then(
          () => null,
          (failure: unknown) => failure,
        ),
      );
    }
    this.#isWriting = false;
  }
}
