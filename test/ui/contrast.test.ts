import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../ui/styles/tokens.css', import.meta.url), 'utf8');

function tokensOf(selector: string): Record<string, string> {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf('}', start));
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/gi)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
}

/** Relative luminance. @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const light = tokensOf(':root');
const dark = { ...light, ...tokensOf(':root[data-theme="dark"]') };
const themes = {
  light,
  dark,
  'light, colour-blind': { ...light, ...tokensOf(':root[data-palette="colour-blind"]') },
  'dark, colour-blind': {
    ...dark,
    ...tokensOf(':root[data-theme="dark"][data-palette="colour-blind"]'),
  },
};
const texts = 'text text-soft text-faint accent up down warn danger info stale sim paper live'.split(' ');
const grounds = ['canvas', 'surface', 'raised', 'sunken', 'hover'];

describe.each(Object.entries(themes))('the %s theme', (_name, tokens) => {
  it.each(texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)))(
    'shows %s on %s with the contrast of AA',
    (text, ground) => {
      expect(contrast(tokens[text] ?? '', tokens[ground] ?? '')).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('shows the words of filled buttons and of the live badge with the contrast of AA', () => {
    expect(contrast(tokens['accent-text'] ?? '', tokens['accent-fill'] ?? '')).toBeGreaterThanOrEqual(4.5);
    expect(contrast('#ffffff', tokens['danger-fill'] ?? '')).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens.surface ?? '', tokens.live ?? '')).toBeGreaterThanOrEqual(4.5);
  });
});
