import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  // Relative, so that the same files work at tauri://localhost and under any path.
  base: "./",
  // The origin that the sidecar allows by default.
  server: { host: "localhost", port: 1420, strictPort: true },
  build: { target: "es2022", reportCompressedSize: true },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
