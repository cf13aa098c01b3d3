import { appendFile, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readLog } from '../../../src/feedback/read-log.ts';
import { openServiceLog, serviceLogFile } from '../../../src/feedback/service-log.ts';
import { plainText } from '../../../src/model/log-line.ts';
import { temporaryFolder } from '../../support/folder.ts';

const tailServiceLog = async (file: string, lines: number): Promise<readonly string[]> =>
  (await readLog(file, { lines })).map(({ text }) => plainText(text));
const bytes = (text: string): Uint8Array => Buffer.from(text);

test('every service of every copy has a file of its own inside the state folder', () => {
  const files = ['/code/project-3', '/srv/project-3', '/code/Projekt Ä'].flatMap((copy) =>
    ['api', 'API_2', '../../etc', '..', '', 'a/b', 'a-b'].map((service) => serviceLogFile('/state', copy, service)),
  );
  expect(new Set(files).size).toBe(files.length);
  for (const file of files) expect(file).toMatch(/^\/state\/logs\/[a-z0-9-]+\/[A-Za-z0-9_-]+\.log$/);
  expect(files[0]).toMatch(/^\/state\/logs\/project-3-[0-9a-f]{8}\/api\.log$/);
});

test('appends to what is there, in folders and files that are the user’s alone', async () => {
  const file = join(await temporaryFolder(), 'deep/down/api.log');
  for (const text of ['one\n', 'two\n']) {
    const log = openServiceLog(file);
    log.write(bytes(text));
    log.close();
  }
  expect(await readFile(file, 'utf8')).toBe('one\ntwo\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
});

test('never keeps more than twice the cap, and loses nothing of the last one', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'api.log');
  const log = openServiceLog(file, 1000);
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index}\n`);
  for (const line of lines) {
    log.write(bytes(line));
    const names = (await readdir(folder)).filter((name) => !name.endsWith('.times'));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
    for (const size of sizes) expect(size).toBeLessThanOrEqual(1000);
    expect(sizes.length).toBeLessThanOrEqual(2);
  }
  log.close();
  const kept = (await readFile(`${file}.1`, 'utf8')) + (await readFile(file, 'utf8'));
  expect(kept.length).toBeGreaterThan(1000);
  expect(lines.join('').endsWith(kept)).toBe(true);
});

test('of more than the cap at once the end is kept', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  const log = openServiceLog(file, 10);
  log.write(bytes('abc'));
  log.write(bytes('0123456789ABCDEF'));
  log.close();
  expect(await readFile(file, 'utf8')).toBe('6789ABCDEF');
});

test('two writers share one log: the one that finds it moved goes on in the new one', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'api.log');
  const [one, two] = [openServiceLog(file, 100), openServiceLog(file, 100)];
  for (let index = 0; index < 50; index += 1)
    (index % 2 === 0 ? one : two).write(bytes(`${index}`.padEnd(9).concat('\n')));
  one.close();
  two.close();
  expect((await readdir(folder)).sort()).toEqual(['api.log', 'api.log.1', 'api.log.1.times', 'api.log.times']);
  expect(await tailServiceLog(file, 3)).toEqual(['47       ', '48       ', '49       ']);
});

test('a log that is removed while it is written comes back', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  const log = openServiceLog(file, 20);
  log.write(bytes('0123456789\n'));
  await rename(file, `${file}.gone`);
  log.write(bytes('0123456789\n'));
  log.write(bytes('last\n'));
  log.close();
  expect(await readFile(file, 'utf8')).toBe('0123456789\nlast\n');
});

test('the last lines, oldest first, with those of the log before', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  expect(await tailServiceLog(file, 3)).toEqual([]);
  await writeFile(`${file}.1`, 'a\nb\n');
  await writeFile(file, 'c\nd\n');
  expect(await tailServiceLog(file, 1)).toEqual(['d']);
  expect(await tailServiceLog(file, 3)).toEqual(['b', 'c', 'd']);
  expect(await tailServiceLog(file, 9)).toEqual(['a', 'b', 'c', 'd']);
  expect(await tailServiceLog(file, 0)).toEqual([]);
  await appendFile(file, 'unfinished');
  expect(await tailServiceLog(file, 1)).toEqual(['unfinished']);
});

test('lines come without colours, and of a progress bar its last state', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  await writeFile(file, '\u001b[31mred\u001b[0m\r\n10%\r50%\r100%\n\n');
  expect(await tailServiceLog(file, 3)).toEqual(['red', '100%', '']);
});

test('of a long line the beginning is kept', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  await writeFile(file, `first\n${'ä'.repeat(200_000)}\nlast\n`);
  expect(await tailServiceLog(file, 5)).toEqual(['first', `${'ä'.repeat(16_384)}…`, 'last']);
});

test('what cannot be opened throws the error of the system', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'logs'), '');
  expect(() => openServiceLog(join(folder, 'logs/x/api.log'))).toThrow(/ENOTDIR/);
  await mkdir(join(folder, 'api.log'));
  expect(() => openServiceLog(join(folder, 'api.log'))).toThrow(/EISDIR/);
});
