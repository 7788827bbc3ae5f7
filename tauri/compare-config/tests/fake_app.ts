/** The app at the boundary where the page meets it: `__TAURI_INTERNALS__.invoke`. */

import { vi } from "vitest";

type Args = Record<string, unknown>;
type Command = (args: never, options?: { headers?: Record<string, string> }) => unknown;

export interface Asked {
  command: string;
  args: unknown;
  options: unknown;
}

/** Commands that were asked for. Import what is tested behind this: it looks for the app once. */
export function installApp(commands: Record<string, Command>): Asked[] {
  const asked: Asked[] = [];
  const invoke = async (command: string, args: Args = {}, options?: object): Promise<unknown> => {
    asked.push({ command, args, options });
    const act = commands[command];
    if (act === undefined) throw `Command ${command} not found`;
    return act(args as never, options);
  };
  vi.stubGlobal("__TAURI_INTERNALS__", { invoke });
  vi.stubGlobal("window", globalThis);
  for (const name of ["localStorage", "sessionStorage"]) vi.stubGlobal(name, emptyStorage());
  return asked;
}

function emptyStorage(): Pick<Storage, "getItem" | "setItem" | "removeItem"> {
  return { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
}
