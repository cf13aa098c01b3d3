import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { processesThatKnow, startScript } from './script.ts';

const script = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url));
const patience = 300_000;

/** The demo as a user starts it, with a shell that belongs to another copy: nothing of that may reach the copies. */
const startDemo = (...args: readonly string[]) => {
  const certificates = realpathSync(mkdtempSync(join(tmpdir(), 'sidings-test-')));
  onTestFinished(() => rmSync(certificates, { recursive: true, force: true }));
  const started = startScript(script, args, {
    SIDINGS_CERTS_DIR: certificates,
    DATABASE_URL: 'postgresql://localhost:5433/other',
    API_PORT: '8009',
    STACK_NAME: 'project-9',
  });
  return { ...started, certificates };
};

const folderOf = (output: string): string => /three copies in (\S+)/.exec(output)?.[1] ?? '';

const hostnames = (name: string, service: string) =>
  `${name}.${service}.localhost, ${service}.${name}.localhost, ${name}-${service}.localhost`;
const names = ['project', 'project-2', 'project-3'];

const proofs = [
  ...names.map((name) => `${hostnames(name, 'api')} lead to the API of ${name}`),
  ...names.map((name) => `${hostnames(name, 'web')}, ${name}.localhost lead to the web server of ${name}`),
  'the root alone makes every https address trusted, by HTTP/2 as well; without it they are refused',
  'in clear text, a page is sent to its https address and a program gets its answer',
  'a page of project-2 may call the API of project-2, a page of project-3 may not',
  'a note written in project-2 is in project-2, and neither in project-3 nor in main',
  'the PostgreSQL of project-2, asked directly on its own port, holds that note; the two others do not',
  'the three copies have three PostgreSQL servers, each with its own data',
  'an edit in one copy reaches the hot-reload WebSocket of that copy and no other',
  "a shell with project-2's DATABASE_URL is rejected in project-3: exit code 3, and the message names project-2",
  'the status API lists three live workstreams with api, web and postgres up',
  'an unknown hostname under localhost gets 404, any other host 421',
  'with the API of project-2 stopped, its address explains that with 502, and the others go on',
  'started again, it is back with its note',
];

test(
  'npm run demo -- --check proves that the copies are apart, and leaves nothing behind',
  async () => {
    const { ended, output } = startDemo('--check');
    const code = await ended;
    const proved = output()
      .split('\n')
      .flatMap((line) => (line.startsWith('proved  ') ? [line.slice('proved  '.length)] : []));
    expect(proved, output()).toEqual(proofs);
    expect(output()).toContain(`${proofs.length} of ${proofs.length} proofs hold.`);
    expect(code, output()).toBe(0);
    expect(folderOf(output())).not.toBe('');
    expect(existsSync(folderOf(output()))).toBe(false);
    expect(await processesThatKnow(folderOf(output()))).toEqual([]);
  },
  patience,
);

for (const { signal, exitCode } of [
  { signal: 'SIGINT', exitCode: 0 },
  { signal: 'SIGKILL', exitCode: undefined },
] as const)
  test(
    `a running demo that gets ${signal} leaves no process and no folder`,
    async () => {
      const { child, certificates, ended, printed, output } = startDemo();
      await printed(/Ctrl-C stops everything/);
      expect(output()).toMatch(/ {2}web {5}https:\/\/project-2\.web\.localhost(:\d+)? /);
      expect(output()).toMatch(/^ {2}node \S*dist\/cli\/sidings\.js trust$/m);
      const folder = folderOf(output());
      expect(existsSync(folder)).toBe(true);
      const running = await processesThatKnow(folder);
      for (const part of ['postgres', 'api/server.js', 'vite', 'sidings.js start'])
        expect(
          running.some((command) => command.includes(part)),
          part,
        ).toBe(true);

      child.kill(signal);
      // The output ends when the last process that may write to it has ended, the one that cleans up included.
      expect(await ended).toBe(exitCode);
      expect(existsSync(folder)).toBe(false);
      expect(await processesThatKnow(folder)).toEqual([]);
      // What a browser was told to trust is good for the next demo as well.
      expect(existsSync(join(certificates, 'root.pem'))).toBe(true);
    },
    patience,
  );

test(
  'a demo that is ended while it starts leaves no process and no folder',
  async () => {
    const { child, ended, printed, output } = startDemo();
    await printed(/ports/);
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
    expect(output()).toContain('Ended by SIGTERM.');
    expect(existsSync(folderOf(output()))).toBe(false);
    expect(await processesThatKnow(folderOf(output()))).toEqual([]);
  },
  patience,
);
