import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A file of the page, in memory. */
export interface WebFile {
  readonly path: string;
  readonly type: string;
  readonly etag: string;
  readonly content: Buffer;
}

/** What the page is made of. Nothing else of the disk can be asked for. */
const files = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/style.css', 'style.css', 'text/css; charset=utf-8'],
  ['/icon.svg', 'icon.svg', 'image/svg+xml'],
] as const;

/** Where they are built; the same from a source, a module of dist and a chunk of them. */
const folder = new URL('../../dist/status/web/', import.meta.url);

/** Reads the files of the page, once. */
export const readWebFiles = (): Promise<readonly WebFile[]> =>
  Promise.all(
    files.map(async ([path, name, type]) => {
      const content = await readFile(new URL(name, folder));
      const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
      return { path, type, etag, content };
    }),
  );

/** Whether `If-None-Match` names what the client has already (RFC 9110 §13.1.2; weak comparison). */
export const isKnown = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch.split(',').some((entry) => {
    const tag = entry.trim();
    return tag === '*' || tag.replace(/^W\//, '') === etag;
  });
