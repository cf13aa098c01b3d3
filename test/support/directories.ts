import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Log } from '../../src/model/log.ts';
import type { CopyClaim, Snapshot } from '../../src/model/workstream.ts';
import { type DirectoryProviderOptions, directoryProvider } from '../../src/providers/directories.ts';
import { cachedResolver } from '../../src/resolver/cache.ts';
import { eventually } from './raw.ts';

/** The real resolver, with a state folder of its own; removed with the test. */
export const testResolver = (): DirectoryProviderOptions['resolve'] => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'sidings-test-state-'));
  onTestFinished(() => rmSync(stateDirectory, { recursive: true, force: true }));
  return cachedResolver({
    stateDirectory,
    suffix: 'localhost',
    proxy: { scheme: 'http', port: 80 },
    trustedRoots: [],
    configFile: join(stateDirectory, 'config.json'),
  });
};

/** A `sidings.json` with one service. */
export const projectFile = (port = 8000, project = 'project'): string =>
  JSON.stringify({ project, services: { api: { port } } });

/** A log that keeps its warnings and errors. */
export const keptLog = () => {
  const messages: string[] = [];
  const keep = (_fields: object, message: string) => messages.push(message);
  const log: Log = { debug: () => {}, info: () => {}, warn: keep, error: keep };
  return { log, messages };
};

/** A running directory provider; ended with the test. */
export const startDirectories = (
  options: Partial<DirectoryProviderOptions> & { readonly roots: readonly string[] },
) => {
  const snapshots: Snapshot[] = [];
  const end = new AbortController();
  const { log, messages } = keptLog();
  // No rescan: what is seen is seen by watching.
  const provider = directoryProvider({ resolve: testResolver(), rescanMs: 3_600_000, log, ...options });
  const ended = provider.run((snapshot) => snapshots.push(snapshot), end.signal);
  const stop = async () => {
    end.abort();
    await ended;
  };
  onTestFinished(stop);
  const copies = (): readonly CopyClaim[] => snapshots.at(-1)?.copies ?? [];
  return {
    snapshots,
    messages,
    stop,
    refresh: provider.refresh,
    copies,
    copy: (name: string) => copies().find((copy) => copy.name === name),
    /** Settles when the newest snapshot holds copies of just these names. */
    untilNames: (...names: readonly string[]) =>
      eventually(
        () =>
          snapshots.length > 0 &&
          JSON.stringify(
            copies()
              .map(({ name }) => name)
              .sort(),
          ) === JSON.stringify([...names].sort()),
        `copies ${names.join(', ')}`,
      ),
  };
};
