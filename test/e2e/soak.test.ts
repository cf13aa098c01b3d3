import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { processesThatKnow, startScript } from './script.ts';

const script = fileURLToPath(new URL('../../scripts/soak.mjs', import.meta.url));
const patience = 120_000;

/** Long enough that most faults happen; growth takes longer to be seen, and `npm run soak` looks for it. */
const short = ['--copies=4', '--no-docker', '--seed=5'];

const startSoak = async (minutes: number) => {
  const out = await temporaryFolder();
  const started = startScript(script, [`--minutes=${minutes}`, `--out=${out}`, ...short]);
  const [, folder = ''] = await started.printed(/in (\S+)\n/);
  return { ...started, out, folder };
};

const expectNothingLeft = async (folder: string): Promise<void> => {
  expect(existsSync(folder)).toBe(false);
  expect(await processesThatKnow(folder)).toEqual([]);
};

test(
  'npm run soak, for seconds: no request is lost under faults, and nothing is left behind',
  async () => {
    const { ended, output, out, folder } = await startSoak(0.08);
    expect(await ended, output()).toBe(0);
    expect(output()).toMatch(/^all +[0-9,]+ .* 0$/m);
    // Which of them come to their turn depends on how busy the machine is.
    expect(output()).toMatch(/^fault +times\n\S.* [1-9]\d*$/m);
    expect(await readFile(`${out}/soak.svg`, 'utf8')).toContain('<polyline ');
    await expectNothingLeft(folder);
  },
  patience,
);

test(
  'a soak that gets SIGINT leaves no process and no folder',
  async () => {
    const { child, ended, printed, output, folder } = await startSoak(10);
    await printed(/all of them up/);
    child.kill('SIGINT');
    expect(await ended, output()).toBe(1);
    expect(output()).toContain('Ended by SIGINT.');
    await expectNothingLeft(folder);
  },
  patience,
);
