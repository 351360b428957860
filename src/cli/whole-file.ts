import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../process/usage-error.ts';

/**
 * Writes chunks into a stream, and keeps it open when it is stdout. The signal ends it even while a chunk is waited
 * for. @throws what `chunks` and the stream throw; the reason of `signal`.
 */
export async function writeAll(
  chunks: AsyncIterable<string>,
  target: WriteStream | NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<void> {
  const interrupted = new Promise<never>((_, fail) => {
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
  });
  await Promise.race([pipeline(chunks, target, { signal, end: target !== process.stdout }), interrupted]);
}

/**
 * Writes a file that has its name only once it is whole: until then it is called `<file>.<pid>.partial`, and it is
 * gone when the writing fails or `signal` ends it. A file of that name is replaced.
 * @throws UsageError when the place cannot be written; what `chunks` throws; the reason of `signal`.
 */
export async function writeWholeFile(
  file: string,
  chunks: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const there = await stat(file).catch(() => null);
  if (there?.isDirectory()) throw new UsageError(`found the folder "${file}", expected a file to write`, 2);
  const partial = `${file}.${process.pid}.partial`;
  const target = createWriteStream(partial, { flush: true });
  try {
    await new Promise<void>((done, fail) => target.once('open', () => done()).once('error', fail));
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `found no way to write "${file}" (${cause}), expected a folder that can be written`,
      2,
    );
  }
  try {
    await writeAll(chunks, target, signal);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
