/** Builds the pages of this folder, which are no part of the app: `npx vite build -c tests/pages/vite.config.ts`. */

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte({ configFile: "../../svelte.config.js" })],
  base: "./",
  worker: { format: "es" },
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    rollupOptions: { input: "result.html" },
  },
});
