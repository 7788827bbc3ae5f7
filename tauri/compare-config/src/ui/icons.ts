/** Line drawings on a 16 pixel grid, drawn with the colour of the text around them. */
export const ICONS = {
  check: {
    viewBox: "0 0 16 16",
    body: '<path d="M3 8.5l3.2 3.2L13 5"/>',
  },
  differs: {
    viewBox: "0 0 16 16",
    body: '<path d="M3 6h10M3 10h10M11 2.5L5 13.5"/>',
  },
  first: {
    viewBox: "0 0 16 16",
    body: '<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="M2 3h6v10H2z" fill="currentColor"/>',
  },
  second: {
    viewBox: "0 0 16 16",
    body: '<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="M8 3h6v10H8z" fill="currentColor"/>',
  },
  equal: {
    viewBox: "0 0 16 16",
    body: '<path d="M3 6h10M3 10h10"/>',
  },
  alert: {
    viewBox: "0 0 16 16",
    body: '<path d="M8 2.2l6.4 11.3H1.6z"/><path d="M8 6.5v3.2M8 11.6v.1"/>',
  },
  partial: {
    viewBox: "0 0 16 16",
    body: '<circle cx="8" cy="8" r="5.5" stroke-dasharray="2.6 2"/><path d="M5.5 8h5"/>',
  },
  zero: {
    viewBox: "0 0 16 16",
    body: '<circle cx="8" cy="8" r="5"/><path d="M12.5 3.5l-9 9"/>',
  },
  spinner: {
    viewBox: "0 0 16 16",
    body: '<path d="M8 2.2A5.8 5.8 0 1 1 2.2 8"/>',
  },
  stop: {
    viewBox: "0 0 16 16",
    body: '<rect x="4" y="4" width="8" height="8" rx="1"/>',
  },
  clock: {
    viewBox: "0 0 16 16",
    body: '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3l2 1.5"/>',
  },
  key: {
    viewBox: "0 0 16 16",
    body: '<circle cx="5" cy="11" r="2.8"/><path d="M7 9l6-6M10.5 5.5l2 2"/>',
  },
  lock: {
    viewBox: "0 0 16 16",
    body: '<rect x="3" y="7" width="10" height="7" rx="1.5"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>',
  },
  search: {
    viewBox: "0 0 16 16",
    body: '<circle cx="7" cy="7" r="4.5"/><path d="M10.5 10.5L14 14"/>',
  },
  down: {
    viewBox: "0 0 16 16",
    body: '<path d="M4 6l4 4 4-4"/>',
  },
  right: {
    viewBox: "0 0 16 16",
    body: '<path d="M6 4l4 4-4 4"/>',
  },
  left: {
    viewBox: "0 0 16 16",
    body: '<path d="M10 4L6 8l4 4"/>',
  },
  swap: {
    viewBox: "0 0 16 16",
    body: '<path d="M3 5.5h9.5L10 3M13 10.5H3.5L6 13"/>',
  },
  download: {
    viewBox: "0 0 16 16",
    body: '<path d="M8 2v8M5 7l3 3 3-3M3 13h10"/>',
  },
  again: {
    viewBox: "0 0 16 16",
    body: '<path d="M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3"/>',
  },
  theme: {
    viewBox: "0 0 16 16",
    body: '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11A5.5 5.5 0 0 0 8 2.5z" fill="currentColor"/>',
  },
  plus: {
    viewBox: "0 0 16 16",
    body: '<path d="M8 3v10M3 8h10"/>',
  },
  info: {
    viewBox: "0 0 16 16",
    body: '<circle cx="8" cy="8" r="6"/><path d="M8 7.2V11M8 5v.1"/>',
  },
  close: {
    viewBox: "0 0 16 16",
    body: '<path d="M4 4l8 8M12 4l-8 8"/>',
  },
  pen: {
    viewBox: "0 0 16 16",
    body: '<path d="M3 13l.7-3L11 2.7l2.3 2.3L6 12.3zM9.5 4.2l2.3 2.3"/>',
  },
  logo: {
    viewBox: "0 0 20 20",
    body: '<rect x="2" y="3" width="7" height="14" rx="1.5"/><rect x="11" y="3" width="7" height="14" rx="1.5"/><path d="M4.5 8h2M13.500 8h2M4.500 12h2M13.500 12h2"/>',
  },
} as const;

export type IconName = keyof typeof ICONS;
