import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import dotenv from 'dotenv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dotenvValue, formatDotenv, formatShell } from '../../../src/resolver/formats.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { bounded, patienceMs } from '../../support/fuzz.ts';
import { anyText } from '../../support/text.ts';

/** What a fresh POSIX shell holds in the variables after a line of setup; `$1` is the file. */
const afterSh = (setup: string, file: string, variables: readonly string[], shell = 'sh'): readonly string[] => {
  const script = `${setup}\n${variables.map((variable) => `printf '%s\\0' "$${variable}"`).join('\n')}`;
  const output = execFileSync(shell, ['-c', script, shell, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  return output.toString('utf8').split('\0').slice(0, -1);
};

const named = (values: readonly string[]) => Object.fromEntries(values.map((value, index) => [`V${index}`, value]));

const nasty = [
  '',
  ' ',
  'plain',
  ' two  words ',
  "it's",
  "'",
  "''",
  '"',
  '"quoted"',
  `both ' and "`,
  '$HOME',
  `\${HOME}`,
  `\${HOME:-x}`,
  '$$',
  '$(touch /tmp/never)',
  '`touch /tmp/never`',
  '\\',
  '\\\\',
  'a\\nb',
  'C:\\temp\\new',
  'ends\\',
  "\\'",
  '\n',
  'two\nlines',
  'a line\n\n',
  "it's two\nlines",
  '\t',
  'a\rb',
  '\r\n',
  '#',
  'a #b',
  'a=b',
  '=',
  '!',
  '!!',
  '~',
  '~/x',
  'a:~/x',
  '*',
  'a;b',
  'a&b|c>d<e',
  '(x)',
  '{a,b}',
  '%s%n',
  'naïve 日本 🚂',
  '\u2028',
  '\u0085',
  '\u00a0',
  '\ufeff',
  '\u0001\u001b[31m\u007f',
  '--flag',
  'x'.repeat(5000),
  'postgresql://postgres:pa$$w0rd@localhost:5435/project_3?sslmode=disable#x',
  '{"json": "a\\"b", "c": [1]}',
];

test.each(['sh', 'bash'])('eval "$(stack-env)" gives every value back in %s', async (shell) => {
  const file = join(await temporaryFolder(), 'output');
  writeFileSync(file, formatShell(named(nasty)));
  expect(afterSh('eval "$(cat "$1")"', file, Object.keys(named(nasty)), shell)).toEqual(nasty);
  // Exported, so that programs see them.
  const script = `eval "$(cat "$1")"; exec ${process.execPath} -p 'JSON.stringify(process.env.V4)'`;
  expect(execFileSync('sh', ['-c', script, 'sh', file], { encoding: 'utf8' }).trim()).toBe(JSON.stringify(nasty[4]));
});

test('eval gives any text back', async () => {
  const file = join(await temporaryFolder(), 'output');
  const text = fc.oneof(
    anyText(40).map((value) => value.replaceAll('\0', '')),
    fc.string({ unit: fc.constantFrom(...'\'"\\$`{}()\n\r\t #!;&a'), maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 40, maxLength: 40 }), (values) => {
      writeFileSync(file, formatShell(named(values)));
      expect(afterSh('eval "$(cat "$1")"', file, Object.keys(named(values)))).toEqual(values);
    }),
    bounded(40),
  );
});

const expressible = (values: readonly string[]) => values.filter((value) => dotenvValue(value) !== undefined);

/** Values over the characters that one of the readers treats in its own way. */
const tricky = fc
  .string({ unit: fc.constantFrom(...'\'"\\$`{}:-()\n\t #!;&=~%an_é\u2028\u00a0'), maxLength: 12 })
  .filter((value) => dotenvValue(value) !== undefined);

test('most nasty values can be written for all readers', () => {
  const refused = nasty.filter((value) => dotenvValue(value) === undefined);
  expect(refused).toEqual([`both ' and "`, `\${HOME}`, `\${HOME:-x}`, '\\', '\\\\', 'ends\\', "\\'", 'a\rb', '\r\n']);
});

test('dotenv and sh read an env file alike', async () => {
  const file = join(await temporaryFolder(), '.env');
  const check = (values: readonly string[]) => {
    const env = named(values);
    writeFileSync(file, formatDotenv(env));
    expect(dotenv.parse(readFileSync(file))).toEqual(env);
    expect(afterSh('. "$1"', file, Object.keys(env))).toEqual(values);
  };
  check(expressible(nasty));
  fc.assert(fc.property(fc.array(tricky, { minLength: 40, maxLength: 40 }), check), bounded(40));
});

/** By the library that compose writes with: the two versions of YAML differ in what ends a line. */
const parseYaml = (text: string): unknown => {
  const script = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout)';
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', script], { input: text, encoding: 'utf8' }));
};

const compose = 'docker-compose';
const hasCompose = spawnSync(compose, ['version']).status === 0;
if (!hasCompose)
  process.stderr.write('Skipped: reading env files with docker-compose. apt-get install docker-compose\n');

test.skipIf(!hasCompose && process.env.CI !== 'true')(
  'docker-compose reads an env file as it was meant, beside a service and as .env',
  { timeout: patienceMs },
  async () => {
    const folder = await temporaryFolder();
    const config = (env: Readonly<Record<string, string>>) => {
      writeFileSync(join(folder, '.env'), formatDotenv(env));
      const filled = Object.keys(env).map((variable) => [variable, `\${${variable}}`]);
      const services = {
        file: { image: 'x', env_file: '.env' },
        filled: { image: 'x', environment: Object.fromEntries(filled) },
      };
      // JSON is YAML.
      writeFileSync(join(folder, 'docker-compose.yml'), JSON.stringify({ version: '3', services }));
      const output = execFileSync(compose, ['config'], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C.UTF-8' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const read = parseYaml(output) as { services: Record<string, { environment: Record<string, string> }> };
      // It prints what could be used as input again.
      return Object.values(read.services).map(({ environment }) =>
        Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replaceAll('$$', '$')])),
      );
    };
    // compose reads U+0085, but what it prints with it cannot be read back.
    const known = named(expressible(nasty).filter((value) => value !== '\u0085'));
    expect(config(known)).toEqual([known, known]);
    fc.assert(
      fc.property(fc.array(tricky, { minLength: 200, maxLength: 200 }), (values) => {
        const env = named(values);
        expect(config(env)).toEqual([env, env]);
      }),
      bounded(3),
    );
  },
);
