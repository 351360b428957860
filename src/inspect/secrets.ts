/** Words that say so wherever they stand in a key. */
const secretPart =
  /pass(word|wd|phrase|code)|secret|token|authorization|bearer|cookie|api[-_]?key|private[-_]?key|credential/i;
/** Short words, which stand in others too (`spinning`): only as a word of the key. */
const secretWord =
  /(?:^|[^A-Za-z])(?:pass|pwd|jwt|pin|PASS|PWD|JWT|PIN|Pass|Pwd|Jwt|Pin)(?![a-z])|[a-z\d](?:Pwd|Jwt|Pin|PWD|JWT|PIN)(?![a-z])/;
/** Counts: `tokens`, `tokenCount`; but not `token` itself. */
const countKey = /token(?!$)/i;

/** What stands in place of a secret. */
export const redactedText = '[redacted]';

const mostKeys = 10_000;
const longestKey = 64;
const known = new Map<string, boolean>();

/** Whether a value under this key may be one that must not be recorded. */
export function isSecretKey(key: string): boolean {
  let secret = known.get(key);
  if (secret === undefined) {
    secret = secretPart.test(key) || secretWord.test(key);
    // Keys that are data (ids) would fill it.
    if (known.size >= mostKeys) known.clear();
    known.set(key, secret);
  }
  return secret;
}

/** Whether a value under this key must not be recorded: a number of tokens, or whether there is a password, may be. */
export function isSecret(key: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean' || !isSecretKey(key)) return false;
  return typeof value !== 'number' || !countKey.test(key);
}

const name = /^[\w.-]+$/;

/** Whether an item of a list is the name of a secret that follows it, as in `['Cookie', value]`. */
export const isSecretName = (item: unknown): boolean =>
  typeof item === 'string' && item.length <= longestKey && name.test(item) && isSecretKey(item);

/** Whether a list is one of names and values: one pair, or many in a row. */
export const isPairs = (list: readonly unknown[]): boolean => list.length > 0 && list.length % 2 === 0;

/** `postgres://user:password@host`; a password that was not escaped may hold `/` and `@`. */
const addressPassword = /(\/\/[^\s/:@"'`]{0,256}:)[^\s"'`]{0,1024}@/g;
/** `password=...` of query strings, fragments and connection texts. */
const parameter = /(?<![\w.-])([\w.-]{1,64})(\s?=\s?)('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s&]+)/g;
/** `"password":"..."` of JSON in a text. */
const jsonField = /("([\w.-]{1,64})"\s?:\s?)("(?:[^"\\]|\\.)*"|\d[\d.]*)/g;
/** To the end of the line: what a header holds has many forms. */
const header = /((?:cookie2?|authorization|api-key|auth-token)\s?:\s?)[^\r\n]+/gi;
const bearer = /(\bbearer\s+)[^\s"',;]+/gi;

const isCount = (key: string, value: string): boolean => countKey.test(key) && /^[\d.]+$/.test(value);

/** Whether a text, or its JSON, is to be looked through for secrets. */
export const mayHoldSecret = (text: string): boolean =>
  /[@=]|\\"|bearer|cookie|authorization|-key|-token/i.test(text);

/** Takes the passwords, tokens and cookies out of a text: of addresses, parameters, headers. */
export const withoutSecrets = (text: string): string =>
  text
    .replace(addressPassword, `$1${redactedText}@`)
    .replace(header, `$1${redactedText}`)
    .replace(bearer, `$1${redactedText}`)
    .replace(parameter, (all: string, key: string, sign: string, value: string) =>
      isSecretKey(key) && !isCount(key, value) ? `${key}${sign}${redactedText}` : all,
    )
    .replace(jsonField, (all: string, start: string, key: string, value: string) =>
      isSecretKey(key) && !isCount(key, value) ? `${start}"${redactedText}"` : all,
    );
