import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSettings } from '../../../src/config/load.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sidings-config-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const write = async (file: string, text: string) => {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
};
const load = (environment: Record<string, string> = {}, flags = {}) =>
  loadSettings({ environment, flags, cwd: home, home });

test('without a file the defaults hold, and the file that would be read is named', async () => {
  const settings = await load();
  expect(settings.httpPort).toBe(80);
  expect(settings.file).toBe(join(home, '.config/sidings/config.json'));
});

test('the file of the user is read, with comments', async () => {
  const file = await write(
    join(home, '.config/sidings/config.json'),
    '{ "httpPort": 8080, /* here */ "roots": ["~/x"], }',
  );
  const settings = await load();
  expect(settings).toMatchObject({ httpPort: 8080, roots: [join(home, 'x')], sources: { httpPort: file } });
});

test('a file that is named wins over the usual one and must exist', async () => {
  await write(join(home, '.config/sidings/config.json'), '{ "httpPort": 8080 }');
  await write(join(home, 'own.json'), '{ "httpPort": 8081 }');
  expect((await load({}, { config: 'own.json' })).httpPort).toBe(8081);
  expect((await load({ SIDINGS_CONFIG: join(home, 'own.json') })).httpPort).toBe(8081);
  await expect(load({}, { config: 'absent.json' })).rejects.toMatchObject({ code: 'config-unreadable', exitCode: 2 });
});

test('XDG_CONFIG_HOME moves the usual file', async () => {
  await write(join(home, 'xdg/sidings/config.json'), '{ "httpPort": 8082 }');
  expect((await load({ XDG_CONFIG_HOME: join(home, 'xdg') })).httpPort).toBe(8082);
});

test('an unknown key gets a suggestion, broken JSON a line and a column', async () => {
  const file = await write(join(home, '.config/sidings/config.json'), '{ "httpPrt": 8080 }');
  const unknown = await load().catch((error: unknown) => error);
  expect(unknown).toMatchObject({ code: 'config-invalid', exitCode: 2 });
  expect(String((unknown as { hint: string }).hint)).toContain('httpPort');
  await writeFile(file, '{\n  "httpPort": 8080 oops\n}');
  await expect(load()).rejects.toThrow(/line 2, column/);
});

test('the annotated example is valid and holds the defaults', async () => {
  const example = new URL('../../../config/config.example.jsonc', import.meta.url).pathname;
  const { sources: _one, file: _two, ...values } = await load({}, { config: example });
  const { sources: _three, file: _four, ...defaults } = await load();
  expect(values).toEqual(defaults);
});
