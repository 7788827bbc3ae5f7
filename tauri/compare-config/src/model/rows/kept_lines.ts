/**
 * Lines of text in few large buffers, as the UTF-8 in which they came: one byte for most characters
 * where a string may take two, and nothing that a garbage collector has to walk through.
 */

/** Hundreds of tables keep a few lines each: a buffer is about as large as what is there. */
const LEAST_CHUNK_BYTES = 1 << 14;
const MOST_CHUNK_BYTES = 1 << 20;
/** A longer line has a buffer of its own, so that none is left half empty for it. */
const LONG_BYTES = LEAST_CHUNK_BYTES / 4;

export class KeptLines {
  #chunks: Uint8Array[] = [];
  /** The place in `#chunks` of the one that is filled up, and how much of it is in use. */
  #filling = -1;
  #used = 0;
  #length = 0;
  #bytes = 0;
  #chunkOf = new Uint32Array(64);
  #from = new Uint32Array(64);
  #size = new Uint32Array(64);
  #encoder = new TextEncoder();
  #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  get length(): number {
    return this.#length;
  }

  /** Of all lines together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The line came as UTF-8, so it holds no half of a surrogate pair, which UTF-8 has none for. */
  add(line: string): void {
    const bytes = this.#encoder.encode(line);
    if (this.#length === this.#size.length) this.#grow();
    const place = bytes.length > LONG_BYTES ? this.#addChunk(bytes) : this.#fill(bytes);
    this.#chunkOf[this.#length] = place.chunk;
    this.#from[this.#length] = place.from;
    this.#size[this.#length] = bytes.length;
    this.#length++;
    this.#bytes += bytes.length;
  }

  /** A RangeError where there is no such line. */
  at(index: number): string {
    const chunk = this.#chunks[this.#chunkOf[index] ?? -1];
    if (!chunk || index >= this.#length) throw new RangeError(`no line ${index}`);
    const from = this.#from[index] ?? 0;
    return this.#decoder.decode(chunk.subarray(from, from + this.sizeOf(index)));
  }

  /** In bytes. */
  sizeOf(index: number): number {
    return this.#size[index] ?? 0;
  }

  #addChunk(bytes: Uint8Array): { chunk: number; from: number } {
    this.#chunks.push(bytes);
    return { chunk: this.#chunks.length - 1, from: 0 };
  }

  #fill(bytes: Uint8Array): { chunk: number; from: number } {
    let chunk = this.#chunks[this.#filling];
    if (!chunk || this.#used + bytes.length > chunk.length) {
      const size = Math.max(LEAST_CHUNK_BYTES, Math.min(MOST_CHUNK_BYTES, this.#bytes));
      chunk = new Uint8Array(size);
      this.#filling = this.#addChunk(chunk).chunk;
      this.#used = 0;
    }
    const from = this.#used;
    chunk.set(bytes, from);
    this.#used += bytes.length;
    return { chunk: this.#filling, from };
  }

  #grow(): void {
    this.#chunkOf = doubled(this.#chunkOf);
    this.#from = doubled(this.#from);
    this.#size = doubled(this.#size);
  }
}

function doubled(numbers: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
