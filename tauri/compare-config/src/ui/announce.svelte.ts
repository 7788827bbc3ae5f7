/** What the one polite status line says. Errors are said by their own role=alert instead. */
class StatusLine {
  text = $state("");
  /** Apart from `text`, which effects that say something would else depend on. */
  #last = "";

  say(text: string): void {
    // A screen reader stays silent where the text does not change.
    this.#last = text === this.#last ? `${text}\u00a0` : text;
    this.text = this.#last;
  }
}

export const statusLine = new StatusLine();

/** Lets a screen reader say this when it has finished what it says now. */
export function announce(text: string): void {
  statusLine.say(text);
}
