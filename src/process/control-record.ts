import { z } from 'zod';

/** What a running system leaves in its data folder (mode 0600) for commands on the same machine. */
export const controlRecordSchema = z.object({ url: z.string(), token: z.string(), pid: z.number().int() });
export type ControlRecord = z.infer<typeof controlRecordSchema>;
export const controlFile = 'control.json';
