import { defineConfig } from "vitest/config";

// No tests: what measures the page, and what makes its pictures. Nothing else may run beside it.
export default defineConfig({
  test: {
    include: ["figures/measure.ts", "figures/screenshots.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
