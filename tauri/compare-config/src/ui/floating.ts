import type { Attachment } from "svelte/attachments";

interface Placing {
  /** Which edge of the anchor the panel keeps to. */
  align?: "left" | "right";
  /** At least as wide as the anchor. */
  asWide?: boolean;
}

const GAP = 4;
const MARGIN = 8;

/**
 * Puts a panel over everything else, below the anchor or above it where there is more room. It lies
 * in the top layer, so that no box around the anchor can cut it off.
 */
export function floating(
  anchor: () => Element | undefined,
  { align = "left", asWide = false }: Placing = {},
): Attachment<HTMLElement> {
  return (panel) => {
    const place = () => {
      const target = anchor();
      if (target !== undefined) putBeside(panel, target.getBoundingClientRect(), align, asWide);
    };
    panel.popover = "manual";
    panel.style.position = "fixed";
    panel.style.margin = "0";
    panel.showPopover();
    place();
    const sizes = new ResizeObserver(place);
    sizes.observe(panel);
    addEventListener("scroll", place, { capture: true, passive: true });
    addEventListener("resize", place);
    return () => {
      sizes.disconnect();
      removeEventListener("scroll", place, { capture: true });
      removeEventListener("resize", place);
    };
  };
}

function putBeside(panel: HTMLElement, anchor: DOMRect, align: string, asWide: boolean): void {
  const { clientWidth, clientHeight } = document.documentElement;
  const below = clientHeight - anchor.bottom - GAP - MARGIN;
  const above = anchor.top - GAP - MARGIN;
  panel.style.minWidth = asWide ? `${anchor.width}px` : "";
  panel.style.maxWidth = `${clientWidth - 2 * MARGIN}px`;
  const isBelow = below >= Math.min(panel.scrollHeight, 320) || below >= above;
  panel.style.maxHeight = `${Math.max(isBelow ? below : above, 80)}px`;
  panel.style.top = isBelow ? `${anchor.bottom + GAP}px` : "auto";
  panel.style.bottom = isBelow ? "auto" : `${clientHeight - anchor.top + GAP}px`;
  const left = align === "left" ? anchor.left : anchor.right - panel.offsetWidth;
  const most = clientWidth - panel.offsetWidth - MARGIN;
  panel.style.left = `${Math.max(MARGIN, Math.min(left, most))}px`;
  panel.style.right = "auto";
}

/** Calls back when the user presses outside of these elements, or the focus goes elsewhere. */
export function onLeave(
  elements: () => (Element | null | undefined)[],
  leave: () => void,
): () => void {
  const check = (event: Event) => {
    const { target } = event;
    if (!(target instanceof Node)) return;
    if (!elements().some((element) => element?.contains(target))) leave();
  };
  document.addEventListener("pointerdown", check, true);
  document.addEventListener("focusin", check, true);
  return () => {
    document.removeEventListener("pointerdown", check, true);
    document.removeEventListener("focusin", check, true);
  };
}
