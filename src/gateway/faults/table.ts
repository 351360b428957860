import { catalogue } from './catalogue.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The catalogue as the table of the documentation, Markdown. */
export function faultTable(): string {
  const rows = catalogue.map(
    ({ summary, source, example }) => `| \`${cell(example)}\` | ${cell(summary)} | ${cell(source)} |`,
  );
  return ['| line | what happens | where it is met |', '|---|---|---|', ...rows].join('\n');
}
