import { ascii7, type Field, since } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { V } from '../wire/versions.ts';

/** ERR_MSG; id -1 makes it a system notification. Codes: IBKR, "TWS API message codes". */
export function errorMessage(version: number, id: number, code: number, text: string): Field[] {
  return [Reply.error, 2, id, code, ascii7(text), ...since(version, V.advancedOrderReject, [''])];
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
export const userInfo = (reqId: number): Field[] => [Reply.userInfo, reqId, ''];
