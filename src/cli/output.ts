/** How a command speaks: results on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean;
  /** A result: one JSON document with `--json`, else the text. */
  result(value: unknown, text: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result: (value, text) => process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`),
  };
}

/** Lays rows out in columns that are as wide as their widest cell. */
export function columns(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
