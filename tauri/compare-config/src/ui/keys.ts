const TYPING = [
  "input:not([type=checkbox])",
  "textarea",
  "select",
  "[contenteditable]:not([contenteditable=false])",
].join();

/** Whether keys go into a field just now, so that a letter alone must do nothing else. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest(TYPING) !== null;
}

/** The position that an arrow, Home or End leads to in a list of `length`; null for other keys. */
export function nextPosition(key: string, position: number, length: number): number | null {
  if (length === 0) return null;
  switch (key) {
    case "ArrowDown":
      return (position + 1) % length;
    case "ArrowUp":
      return position <= 0 ? length - 1 : position - 1;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}
