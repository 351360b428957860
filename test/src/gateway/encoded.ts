import { createRequire } from 'node:module';
import { type Field, fieldTexts } from '../../../src/gateway/wire/fields.ts';

const require = createRequire(import.meta.url);
const { Encoder } = require('@stoqey/ib/dist/core/io/encoder.js');

/** The fields that @stoqey/ib sends for a call at a server version, behind the message id. */
export function encoded(serverVersion: number, call: string, ...args: unknown[]): string[] {
  let sent: unknown[] = [];
  const encoder = new Encoder({
    serverVersion,
    sendMsg: (tokens: unknown[]) => {
      sent = tokens.flat(5);
    },
    emitError: (...error: unknown[]) => {
      throw new Error(JSON.stringify(error));
    },
  });
  encoder[call](...args);
  return fieldTexts(sent as Field[]).slice(1);
}
