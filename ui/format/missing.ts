/** What is shown for a value that nobody told: never 0, never empty. */
export const MISSING = '–';

/** A true minus sign, so that signs line up with "+" in tabular figures. */
export const withTrueMinus = (text: string): string =>
  text.replace(/^-/, '\u2212').replace(/(\D)-(?=\d)/g, '$1\u2212');
