/** Colours of a chart, read from the semantic tokens so that both palettes and both themes apply. */
export interface ChartColours {
  readonly up: string;
  readonly down: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly strong: string;
  readonly surface: string;
  readonly accent: string;
  readonly warn: string;
}

/** Reads the tokens as they are now on the page. */
export function chartColours(element: Element = document.documentElement): ChartColours {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim() || '#888888';
  return {
    up: token('up'),
    down: token('down'),
    text: token('text'),
    faint: token('text-faint'),
    line: token('line'),
    strong: token('line-strong'),
    surface: token('surface'),
    accent: token('accent'),
    warn: token('warn'),
  };
}

/** A hex colour with the given opacity (0 to 1). */
export function withAlpha(hex: string, alpha: number): string {
  const byte = Math.round(Math.max(0, Math.min(1, alpha)) * 255);
  return `${hex.slice(0, 7)}${byte.toString(16).padStart(2, '0')}`;
}
