import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { UsageError } from './usage-error.ts';

export interface DataFolder {
  readonly path: string;
  /** Path of a file in the folder. */
  file(name: string): string;
  release(): Promise<void>;
}

/** `bind` limits socket paths to 107 bytes on Linux and 103 on macOS. */
const MAX_SOCKET_PATH = 100;

/** The lock of a data folder: a socket, because the kernel closes it with its process, however that dies. */
function lockPath(folder: string): string {
  const inside = join(folder, 'lock');
  if (inside.length <= MAX_SOCKET_PATH) return inside;
  return join(tmpdir(), `tradewarden-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.lock`);
}

function explain(error: unknown, path: string): UsageError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of the path is not a folder',
    EEXIST: 'a file of that name is in the way',
    ENOENT: 'a part of the path cannot be made',
  };
  return new UsageError(
    `data folder: found "${path}" not writable (${reasons[code] ?? code}), expected a folder that can be written; free or choose another with --data DIR`,
  );
}

/** Answers whether a living process holds the lock. */
function isHeld(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.once('error', () => done(false));
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.end());
    server.once('error', fail);
    server.listen(path, () => {
      server.unref();
      done(server);
    });
  });
}

/**
 * Makes the data folder if need be, checks that it can be written and locks it for this process.
 * @throws UsageError when it cannot be written, or another Tradewarden uses it.
 */
export async function openDataFolder(dir: string): Promise<DataFolder> {
  const path = resolve(dir);
  try {
    makeFolder(path);
    const probe = join(path, '.write-probe');
    await writeFile(probe, Buffer.alloc(4096));
    await rm(probe);
  } catch (error) {
    throw explain(error, path);
  }
  const lock = lockPath(path);
  if (await isHeld(lock)) {
    throw new UsageError(
      `data folder: found "${path}" in use by a running Tradewarden, expected it free; stop that one (Ctrl-C in its terminal) or choose another folder with --data DIR`,
    );
  }
  await rm(lock, { force: true });
  const server = await listen(lock);
  return {
    path,
    file: (name) => join(path, name),
    release: () =>
      new Promise((done) =>
        server.close(() =>
          rm(lock, { force: true }).then(
            () => done(),
            () => done(),
          ),
        ),
      ),
  };
}
