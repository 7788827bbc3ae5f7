/** The page's screens, and the hashes that name them. */

export type Route =
  | { screen: "start" }
  | { screen: "connections" }
  | { screen: "one" }
  | { screen: "one_result" }
  | { screen: "many" }
  | { screen: "many_run" }
  | { screen: "many_table"; table: string };

type PlainScreen = Exclude<Route["screen"], "many_table">;

const PATHS: Record<PlainScreen, string> = {
  start: "/start",
  connections: "/connections",
  one: "/one",
  one_result: "/one/result",
  many: "/many",
  many_run: "/many/run",
};
const TABLE_PATH = "/many/table/";

export function hrefOf(route: Route): string {
  if (route.screen === "many_table") return `#${TABLE_PATH}${encodeURIComponent(route.table)}`;
  return `#${PATHS[route.screen]}`;
}

/** The route of a hash such as `#/many/run`; what is not known leads to the start. */
export function routeOf(hash: string): Route {
  const path = hash.replace(/^#/, "");
  const table = path.startsWith(TABLE_PATH) ? decoded(path.slice(TABLE_PATH.length)) : "";
  if (table !== "") return { screen: "many_table", table };
  for (const screen of Object.keys(PATHS) as PlainScreen[]) {
    if (PATHS[screen] === path) return { screen };
  }
  return { screen: "start" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return "";
    throw error;
  }
}
