const secretKey =
  /pass(word|wd|phrase)|secret|token|authorization|cookie|api[-_]?key|private[-_]?key|credential/i;
const addressPassword = /(\/\/[^\s/:@]*:)[^\s/@]+@/g;

/** What stands in place of a secret. */
export const redactedText = '[redacted]';

const mostKeys = 10_000;
const known = new Map<string, boolean>();

/** Whether a value under this key must not be recorded. */
export function isSecretKey(key: string): boolean {
  let secret = known.get(key);
  if (secret === undefined) {
    secret = secretKey.test(key);
    // Keys that are data (ids) would fill it.
    if (known.size >= mostKeys) known.clear();
    known.set(key, secret);
  }
  return secret;
}

/** Takes the password out of addresses like `postgres://user:password@host`. */
export const withoutPassword = (text: string): string => text.replace(addressPassword, `$1${redactedText}@`);
