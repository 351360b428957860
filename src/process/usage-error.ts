/**
 * Something a person must put right before the command can work: shown as one line, never with a stack.
 * `exitCode` 1: it failed; 2: wrong usage or configuration.
 */
export class UsageError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'UsageError';
    this.exitCode = exitCode;
  }
}
