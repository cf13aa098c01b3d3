import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { fileOf } from '../support/requirements.ts';
import { runToEnd } from './run-to-end.ts';

/**
 * Debian's Chromium with a new profile and a home folder of its own, so that it trusts this root and nothing else that somebody has
 * added to this machine; without a root, what every Chromium trusts. Certificate errors are what they are for a person. It ends with the
 * test, or when `ending` has it ended.
 */
export const openChromium = async (
  root?: string,
  ending: (end: () => Promise<void>) => void = onTestFinished,
): Promise<BrowserContext> => {
  const home = await mkdtemp(join(tmpdir(), 'sidings-chromium-'));
  ending(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  if (root !== undefined) await trust(home, root);
  const browser = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: fileOf('chromium') ?? 'chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-sync'],
    env: { PATH: process.env.PATH ?? '', HOME: home, XDG_DATA_HOME: join(home, '.local/share') },
  });
  // Before its folder is removed: what was registered last is done first.
  ending(() => browser.close());
  return browser;
};

const trust = async (home: string, root: string): Promise<void> => {
  const folder = join(home, '.local/share/pki/nssdb');
  await mkdir(folder, { recursive: true });
  for (const args of [
    ['-N', '--empty-password'],
    ['-A', '-t', 'C,,', '-n', 'Sidings', '-i', root],
  ]) {
    const { code, output } = await runToEnd('certutil', ['-d', `sql:${folder}`, ...args]);
    if (code !== 0) throw new Error(`certutil: ${output}`);
  }
};
