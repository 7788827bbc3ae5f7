import { expect, test } from "vitest";

import { failureOf, type Failure } from "../src/state/many/failures";
import { failure } from "./samples";

test.each<[string, number, Failure]>([
  ["ORA-01017", 403, "refused"],
  ["ORA-28000", 403, "refused"],
  ["ORA-28001", 403, "refused"],
  ["ORA-01045", 403, "refused"],
  ["SIDECAR_UNREACHABLE", 0, "sidecar_gone"],
  ["SIDECAR_KEEPS_CRASHING", 0, "sidecar_gone"],
  ["INCOMPLETE_ANSWER", 0, "sidecar_gone"],
  ["DPY-6005", 502, "database_away"],
  ["DPY-6005", 504, "database_away"],
  ["ORA-12170", 504, "database_away"],
  ["DPY-4011", 502, "database_away"],
  ["DPY-4000", 400, "database_away"],
  ["ORA-01031", 403, "of_the_table"],
  ["ORA-00942", 400, "of_the_table"],
  ["DPY-4024", 504, "of_the_table"],
  ["NO_KEY", 400, "of_the_table"],
  ["DPY-4005", 503, "of_the_table"],
])("%s with status %i is %s", (fullCode, status, expected) => {
  expect(failureOf(failure(fullCode, "", { status }))).toBe(expected);
});
