import { OracleSidecarError } from "oracle-sidecar-client";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { DictionaryRead } from "../src/state/dictionary_read.svelte";

// It opens the browser's storage, which Node has not.
const sidecar = vi.hoisted(() => ({ restarts: 0, status: "ready" }));
vi.mock("../src/state/sidecar.svelte", () => ({ sidecar }));

/** A question whose answers come when the test gives them. */
class Question {
  readonly asked: { answer: (value: string) => void; fail: (error: unknown) => void }[] = [];
  readonly signals: AbortSignal[] = [];

  readonly ask = (signal: AbortSignal): Promise<string> => {
    this.signals.push(signal);
    return new Promise((answer, fail) => this.asked.push({ answer, fail }));
  };
}

function failure(full_code: string, status: number): OracleSidecarError {
  const detail = { code: 0, message: "", hint: null, full_code, retryable: false };
  return new OracleSidecarError(detail, { status });
}

/** Until what was started by then has gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
}

let question: Question;
let read: DictionaryRead<string>;

beforeEach(() => {
  Object.assign(sidecar, { restarts: 0, status: "ready" });
  question = new Question();
  read = new DictionaryRead(question.ask);
});

describe("a read of the dictionary", () => {
  it("is asked once for all who need it, and never before", async () => {
    expect(question.asked).toHaveLength(0);
    read.need();
    read.need();
    question.asked[0]?.answer("A");
    await settled();
    read.need();
    expect([question.asked.length, read.value, read.loading]).toEqual([1, "A", false]);
  });

  it("is stopped when nobody needs it any more", async () => {
    const stop = read.need();
    stop();
    await settled();
    expect([question.signals[0]?.aborted, read.loading]).toEqual([true, false]);
  });

  it("goes on when the need is given back and taken anew at once", async () => {
    read.need()();
    read.need();
    await settled();
    expect([question.signals.length, question.signals[0]?.aborted]).toEqual([1, false]);
  });

  it("is asked anew while the stopped one has not ended yet", async () => {
    read.need()();
    await settled();
    read.need();
    question.asked[0]?.fail(question.signals[0]?.reason);
    question.asked[1]?.answer("A");
    await settled();
    expect([read.value, read.loading, read.error]).toEqual(["A", false, undefined]);
  });

  it("keeps its error, and is tried again only when it is asked to", async () => {
    read.need();
    question.asked[0]?.fail(failure("ORA-01017", 403));
    await settled();
    read.need();
    sidecar.restarts = 1;
    read.need();
    expect([question.asked.length, read.error?.fullCode]).toEqual([1, "ORA-01017"]);
    read.again();
    question.asked[1]?.answer("A");
    await settled();
    expect([read.value, read.error]).toEqual(["A", undefined]);
  });

  it("is tried again by itself when a sidecar that was gone runs again", async () => {
    read.need();
    question.asked[0]?.fail(failure("SIDECAR_UNREACHABLE", 0));
    await settled();
    read.need();
    expect(question.asked).toHaveLength(1);
    sidecar.restarts = 1;
    read.need();
    expect(question.asked).toHaveLength(2);
  });

  it("is tried again when it fails only after the sidecar runs again", async () => {
    read.need();
    sidecar.restarts = 1;
    question.asked[0]?.fail(failure("SIDECAR_UNREACHABLE", 0));
    await settled();
    question.asked[1]?.answer("A");
    await settled();
    expect([question.asked.length, read.value, read.loading]).toEqual([2, "A", false]);
  });

  it("is tried again when a sidecar that was not there at first is ready", async () => {
    sidecar.status = "starting";
    read.need();
    question.asked[0]?.fail(failure("SIDECAR_UNREACHABLE", 0));
    await settled();
    sidecar.status = "ready";
    read.need();
    expect(question.asked).toHaveLength(2);
  });

  it("gives its answer to who waits, and its error", async () => {
    const first = read.get();
    question.asked[0]?.fail(failure("ORA-00942", 400));
    await expect(first).rejects.toMatchObject({ fullCode: "ORA-00942" });
    const second = read.get();
    question.asked[1]?.answer("A");
    expect([await second, await read.get()]).toEqual(["A", "A"]);
    expect(question.asked).toHaveLength(2);
  });

  it("lets go who waits no longer, and stops when that was the last", async () => {
    const stop = new AbortController();
    const waiting = read.get(stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await settled();
    expect(question.signals[0]?.aborted).toBe(true);
  });

  it("asks nothing more once its connection has changed", async () => {
    const waiting = read.get();
    read.drop();
    question.asked[0]?.fail(question.signals[0]?.reason);
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    read.need();
    expect(question.asked).toHaveLength(1);
  });
});
