import { ascii7, type Field, FieldReader, since } from '../wire/fields.ts';
import { WireError } from '../wire/framing.ts';
import { Reply, Request } from '../wire/ids.ts';
import { V } from '../wire/versions.ts';

/** ERR_MSG; id -1 makes it a system notification. Codes: IBKR, "TWS API message codes". */
export function errorMessage(version: number, id: number, code: number, text: string): Field[] {
  const shown = version >= V.encodeAscii7 ? ascii7(text) : text;
  return [Reply.error, 2, id, code, shown, ...since(version, V.advancedOrderReject, [''])];
}

export const nextValidId = (orderId: number): Field[] => [Reply.nextValidId, 1, orderId];
export const managedAccounts = (accounts: string): Field[] => [Reply.managedAccounts, 1, accounts];
/** Seconds since 1970. */
export const currentTime = (seconds: number): Field[] => [Reply.currentTime, 1, seconds];
export const familyCodes = (accounts: readonly string[]): Field[] => [
  Reply.familyCodes,
  accounts.length,
  ...accounts.flatMap((account) => [account, '']),
];
/** No tier is offered: the account has no soft dollar agreement. */
export const noSoftDollarTiers = (reqId: number): Field[] => [Reply.softDollarTiers, reqId, 0];
/** No window is colour-grouped on a gateway without screen. */
export const noDisplayGroups = (reqId: number): Field[] => [Reply.displayGroupList, 1, reqId, ''];
export const userInfo = (reqId: number): Field[] => [Reply.userInfo, reqId, ''];

export interface StartApi {
  clientId: number;
  /** Of no meaning here; a client names what it can do beyond the protocol, for example "IEX". */
  optionalCapabilities: string;
}

const MAX_CLIENT_ID = 2147483647;

/**
 * START_API: version 1 ends with the client id, version 2 goes on with optional capabilities, which may be left out.
 * Throws WireError when it is another message, or the client id is none.
 */
export function readStartApi(fields: readonly string[]): StartApi {
  if (fields[0] !== String(Request.startApi))
    throw new WireError(`message ${fields[0] ?? ''} came before START_API (71)`);
  const reader = new FieldReader(fields.slice(1));
  const version = reader.int('version');
  const text = reader.str('clientId');
  const clientId = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (clientId < 0 || clientId > MAX_CLIENT_ID)
    throw new WireError(`field clientId: found "${text.slice(0, 40)}", expected 0 to ${MAX_CLIENT_ID}`);
  const optionalCapabilities = version > 1 && reader.remaining > 0 ? reader.str('optionalCapabilities') : '';
  reader.end();
  return { clientId, optionalCapabilities };
}
