import { appHost, HostError, type OracleClient } from "./app_host";

/** The Oracle client of this machine: looked for when somebody needs to know. */
class OracleClientSearch {
  #found = $state.raw<OracleClient | null | undefined>(undefined);
  #isAsked = false;

  /** undefined: not known, as it always is in a browser. null: there is none. */
  get found(): OracleClient | null | undefined {
    return this.#found;
  }

  look(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    try {
      this.#found = await appHost()?.findOracleClient();
    } catch (error) {
      // The error beside which it would stand is told all the same.
      if (!(error instanceof HostError)) throw error;
    }
  }
}

export const oracleClient = new OracleClientSearch();
