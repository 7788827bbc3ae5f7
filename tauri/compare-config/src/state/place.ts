/** How the page calls where it is: it runs in a browser, or in the app. */

import { appHost } from "./app_host";

export const isInApp = appHost() !== null;

/** What is remembered stays there. */
export const HERE = isInApp ? "on this computer" : "in this browser";

/** What is not remembered lasts so long. */
export const UNTIL_CLOSED = isInApp ? "until the app is closed" : "until this page is closed";
