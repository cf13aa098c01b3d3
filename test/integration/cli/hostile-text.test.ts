import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { logs } from '../../../src/cli/sidings/logs.ts';
import { lookup } from '../../../src/cli/sidings/lookup.ts';
import { ls } from '../../../src/cli/sidings/ls.ts';
import { requests } from '../../../src/cli/sidings/requests.ts';
import { openHistory } from '../../../src/feedback/history.ts';
import { serviceLogFile } from '../../../src/feedback/service-log.ts';
import { problem } from '../../../src/model/problem.ts';
import { printable } from '../../../src/model/text.ts';
import { makeCopy } from '../../support/copies.ts';
import { exchangeOf } from '../../support/exchange.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { bounded, patienceMs } from '../../support/fuzz.ts';
import { changingState, startStatus } from '../../support/status.ts';
import { anyText } from '../../support/text.ts';
import { serviceOf, stateOf, workstreamOf } from '../../support/workstreams.ts';

/** Whatever strangers name their folders, branches, programs and requests: what a person reads in a terminal is text. */

const printed = vi.hoisted(() => ({ text: '' }));
vi.mock('node:fs', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:fs')>()),
  writeSync: (_fd: number, bytes: Buffer) => {
    printed.text += bytes.toString();
    return bytes.length;
  },
}));

const hostile = fc.oneof(
  fc.constantFrom(
    ...[
      '\x1b[2J\x1b[H',
      '\x1b]0;title\x07',
      '\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\',
      '\x9b31m',
      '\r\n\rok',
      '\u202egnp.exe',
    ],
    ...['\u2066\u2069', '\u2028', '\0', '\x7f\b\b\b', '{name}', '<img src=x onerror=alert(1)>', 'x'.repeat(500)],
  ),
  anyText(60),
  fc
    .tuple(anyText(10), fc.constantFrom('\x1b[31m', '\x1b', '\x07', '\x85', '\u200f'), anyText(10))
    .map((all) => all.join('')),
);

const scene = fc.record({
  branch: hostile,
  command: hostile,
  service: hostile,
  path: hostile,
  method: hostile,
  host: hostile,
  field: hostile,
  error: hostile,
  reason: hostile,
});

test(
  'tables, details, findings and their JSON hold no character that acts on a terminal or reorders a line',
  async () => {
    const folder = await temporaryFolder();
    const directory = await makeCopy(join(folder, 'project-3'));
    const state = changingState(stateOf(1));
    const history = openHistory({ count: 4, version: '0' });
    const { port } = await startStatus({
      ...state.options,
      lookup: () => state.options.state().workstreams[0],
      requests: history,
    });
    const flags = { httpPort: String(port), tls: false, stateDir: join(folder, 'state'), suffix: ['localhost'] };
    let version = 1;
    await fc.assert(
      fc.asyncProperty(scene, async ({ branch, command, service, path, method, host, field, error, reason }) => {
        version += 1;
        const id = `abc-${version}`;
        state.publish(
          stateOf(version, [
            workstreamOf({
              directory,
              branch,
              services: [serviceOf({ name: service, state: 'foreign', owner: { pid: 7, command } })],
              problems: [problem('root-unreadable', { directory: branch, reason })],
            }),
          ]),
        );
        history.add(
          exchangeOf({
            id,
            path,
            method,
            host,
            error,
            status: 502,
            requestHeaders: [field, field],
            responseHeaders: [],
          }),
        );
        printed.text = '';
        await ls(flags);
        await lookup(undefined, { ...flags, dir: directory });
        await requests({ ...flags, all: true });
        await requests({ ...flags, id });
        // Mostly nobody is called so.
        await requests({ ...flags, workstream: branch }).catch(({ message }: Error) =>
          expect(message).toBe(printable(message)),
        );
        expect(printed.text).toContain(printable(branch));
        expect(printed.text).toContain(id);
        for (const line of printed.text.split('\n')) expect(line).toBe(printable(line));
        for (const command of [
          () => ls({ ...flags, json: true }),
          () => lookup(undefined, { ...flags, dir: directory, json: true }),
          () => requests({ ...flags, all: true, json: true }),
          () => requests({ ...flags, id, json: true }),
        ]) {
          printed.text = '';
          await command();
          for (const line of printed.text.split('\n')) expect(line).toBe(printable(line));
          JSON.parse(printed.text);
        }
      }),
      bounded(60),
    );
  },
  patienceMs,
);

test('a log of escapes, of characters that turn text around and of megabytes is printed as lines with an end', async () => {
  const folder = await temporaryFolder();
  const directory = await makeCopy(join(folder, 'project-3'));
  const flags = { httpPort: '1', tls: false, stateDir: join(folder, 'state'), suffix: ['localhost'] };
  const megabyte = 1024 * 1024;
  const written = [
    'x'.repeat(megabyte),
    '\u001b[2J\u001b]0;title\u0007\u009b31m\u202egnp.exe\u2066\u2028\0\u007f\b',
    '\u001b[31m'.repeat(megabyte / 16),
    '\u001b]8;;http://evil\u001b\\\\link\u001b]8;;\u001b\\\\',
    '\u202e'.repeat(megabyte / 8),
    '\u001b['.repeat(megabyte / 8),
    '<img src=x onerror=alert(1)>\r\n\rok',
  ];
  await write(serviceLogFile(flags.stateDir, directory, 'api'), `${written.join('\n')}\n`);
  printed.text = '';
  expect(await logs('api', { ...flags, dir: directory, lines: '50' })).toBe(0);
  const lines = printed.text.trimEnd().split('\n');
  // One of them has an end in it.
  expect(lines).toHaveLength(written.length + 1);
  for (const line of lines) {
    expect(line).toBe(printable(line));
    // Each of its 16,384 characters may be shown as a code of eight.
    expect(line.length).toBeLessThan(9 * 16_384);
  }
  printed.text = '';
  await logs('api', { ...flags, dir: directory, lines: '50', json: true });
  expect(printed.text).not.toMatch(/[\u007f-\u009f\u202e\u2066\u2028]/);
  expect((JSON.parse(printed.text) as { lines: unknown[] }).lines.length).toBe(lines.length);
});

test('what is wrong with a file of a megabyte is said with an end', async () => {
  const folder = await temporaryFolder();
  const directory = join(folder, 'project-3');
  const flags = { httpPort: '1', tls: false, stateDir: join(folder, 'state'), suffix: ['localhost'], root: [folder] };
  const long = '\u202e<b>'.repeat(150_000);
  for (const content of [
    { project: long, services: {} },
    { project: 'project', services: { [long]: { port: 1 } } },
    { project: 'project', services: {}, [long]: 1 },
    { project: 'project', services: { api: { port: 1, [long]: 1 } }, env: { A: `{${long}}` } },
    { project: 'project', services: { api: { port: 1 } }, env: { A: `{${'x'.repeat(600_000)}}` } },
  ]) {
    await makeCopy(directory, content);
    printed.text = '';
    await ls(flags);
    expect(printed.text).toMatch(/\n {2}hint: /);
    expect(printed.text.length).toBeLessThan(100_000);
    for (const line of printed.text.split('\n')) expect(line).toBe(printable(line));
  }
});
