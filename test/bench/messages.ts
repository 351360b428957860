/** Hands over the fields of each whole message of a stream; `skip` bytes of greeting are passed by. */
export function messages(skip: number, hear: (fields: readonly string[]) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  let toSkip = skip;
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const skipped = Math.min(toSkip, held.length);
    held = held.subarray(skipped);
    toSkip -= skipped;
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
      const end = 4 + held.readUInt32BE(0);
      hear(held.toString('latin1', 4, end).split('\0'));
      held = held.subarray(end);
    }
  };
}
