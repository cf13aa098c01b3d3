import { chmod, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cachedResolver } from '../../../src/resolver/cache.ts';
import { makeCopy, notes, settingsIn } from '../../support/copies.ts';
import { startDirectories } from '../../support/directories.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { eventually } from '../../support/raw.ts';

const resolver = { command: ['./ports'], timeout: 0.5 };

/** A copy beside another, both with a resolver of their own that gives the api a port. */
const scene = async () => {
  const folder = await temporaryFolder();
  const root = join(folder, 'code');
  const setScript = async (name: string, script: string): Promise<void> => {
    const file = join(root, name, 'ports');
    await write(`${file}.new`, `#!/bin/sh\n${script}\n`);
    await chmod(`${file}.new`, 0o755);
    await rename(`${file}.new`, file);
  };
  /** The script is no file that is watched; sidings.json is. */
  const touch = (name: string, comment: string) => write(join(root, name, 'sidings.json'), `${text} // ${comment}`);
  const text = JSON.stringify({ ...notes, resolver });
  for (const name of ['project-2', 'project-3']) {
    await setScript(name, `echo API_PORT=1800${name.at(-1)}`);
    await makeCopy(join(root, name), { ...notes, resolver });
  }
  const trusting = cachedResolver(settingsIn(folder, { trustedRoots: [root] }));
  const wary = cachedResolver(settingsIn(folder));
  let isTrusted = true;
  const resolve = (directory: string) => (isTrusted ? trusting : wary)(directory);
  const provider = startDirectories({ roots: [root], resolve });
  await provider.untilNames('project-2', 'project-3');
  const distrust = async (): Promise<void> => {
    isTrusted = false;
    await provider.refresh([root]);
  };
  return { ...provider, setScript, touch, distrust };
};

test.each([
  ['hangs', 'sleep 60', 'resolver-timeout'],
  ['fails', 'exit 3', 'resolver-failed'],
  ['is endless', 'yes API_PORT=1', 'resolver-failed'],
  ['says what is no answer', 'echo "<html>"', 'resolver-failed'],
  ['is about another copy', 'echo STACK_NAME=project-2', 'resolver-failed'],
  ['is gone', 'exec ./gone', 'resolver-failed'],
])('a resolver that %s: what it said last holds, and that it is old is said', async (_what, script, code) => {
  const { copy, setScript, touch, copies } = await scene();
  const [other, before] = copies();
  expect(before?.services[0]).toMatchObject({ name: 'api', upstream: { port: 18003 } });
  await setScript('project-3', script);
  await touch('project-3', 'bad');
  await eventually(() => copy('project-3')?.problems.length === 2, 'the failure to be told');
  expect(copy('project-3')).toEqual({
    ...before,
    problems: [expect.objectContaining({ code, severity: 'warning' }), expect.objectContaining({ code: 'copy-stale' })],
  });
  expect(copy('project-2')).toEqual(other);

  await setScript('project-3', 'echo API_PORT=19003');
  await touch('project-3', 'good');
  await eventually(() => copy('project-3')?.services[0]?.upstream.port === 19003, 'the new answer');
  expect(copy('project-3')?.problems).toEqual([]);
});

test('what was never understood has nothing to hold on to, and trust that is taken back ends what it gave', async () => {
  const { copy, distrust } = await scene();
  await distrust();
  await eventually(() => copy('project-3')?.problems[0]?.code === 'resolver-untrusted', 'the loss of trust');
  expect(copy('project-3')?.services).toEqual([]);
  await write(join(copy('project-3')?.directory ?? '', 'sidings.json'), '{');
  await eventually(() => copy('project-3')?.problems[0]?.code === 'project-file-syntax', 'the broken file');
  expect(copy('project-3')).toMatchObject({ services: [], problems: [{ severity: 'error' }] });
});
