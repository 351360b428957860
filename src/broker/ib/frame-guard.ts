/** The longest message that the client library takes. */
const MOST_BYTES = 0xff_ffff;
const HEADER_BYTES = 4;

/**
 * Follows the lengths of the messages in a stream of bytes, however it is cut. Answers the first length that no
 * message has, and null while all is well. The client library would take a negative one for a position in its buffer
 * and loop for ever.
 */
export function createFrameGuard(): (chunk: Uint8Array) => number | null {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  let headerBytes = 0;
  let bodyLeft = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= taken;
        at += taken;
        continue;
      }
      header.setUint8(headerBytes, chunk[at] ?? 0);
      headerBytes += 1;
      at += 1;
      if (headerBytes < HEADER_BYTES) continue;
      headerBytes = 0;
      const length = header.getInt32(0);
      if (length <= 0 || length > MOST_BYTES) return length;
      bodyLeft = length;
    }
    return null;
  };
}
