import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start } from '../support/commands.ts';
import { fileOf, needs } from '../support/requirements.ts';
import { openStage, type Stage, type StageCopy } from './stage.ts';

let stage: Stage;
let second: StageCopy;
let third: StageCopy;
beforeAll(async () => {
  if (fileOf('psql') === undefined) return;
  stage = await openStage(['project-2', 'project-3'], { database: true });
  [second, third] = stage.copies as [StageCopy, StageCopy];
});
afterAll(() => stage?.close());

interface Report {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly skipped: number };
}

/** `playwright test` in a copy, as its user types it there: without the environment of the copy. */
const runPlaywright = async ({ directory }: StageCopy, args: readonly string[], env: Record<string, string> = {}) => {
  const command = ['node_modules/@playwright/test/cli.js', 'test', '--reporter=json', ...args];
  const options = { cwd: directory, env: { ...stage.env, ...env } };
  const { code, stdout, stderr } = await start(process.execPath, command, options).ended;
  const json = stdout.slice(stdout.indexOf('\n{') + 1);
  return { code, output: stdout + stderr, stats: code === 0 ? (JSON.parse(json) as Report).stats : undefined };
};

const outsideOf = (copy: StageCopy, other: StageCopy): string => `
import { existsSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { currentCopy } from 'sidings/playwright';

const copy = currentCopy();

test('the browser trusts this copy, and no other', async ({ page, baseURL }) => {
  const other = baseURL.replace('${copy.name}', '${other.name}');
  expect(other).not.toBe(baseURL);
  await expect(page.goto(other)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
});

test('Node has names, certificates and variables of this copy', async () => {
  expect(process.env.STACK_NAME).toBe('${copy.name}');
  expect(new URL(copy.services.api.url).hostname).toBe('${copy.name}.api.localhost');
  const answer = await fetch(copy.services.api.url + '/healthz');
  expect(await answer.json()).toEqual({ status: 'ok', name: '${copy.name}' });
});

test('what is kept of a sign-in is apart from the copy and from others', async ({ context }) => {
  const file = copy.storageStateFile('user');
  await context.storageState({ path: file });
  expect(existsSync(file)).toBe(true);
  expect(file).toContain('/playwright/${copy.name}-');
});
`;

test('two runs at once in two copies are each green on their own copy', { timeout: 120_000 }, async (context) => {
  needs(context, 'chromium', 'psql');
  for (const [copy, other] of [
    [second, third],
    [third, second],
  ] as const)
    await writeFile(join(copy.directory, 'e2e/outside.spec.js'), outsideOf(copy, other));

  const runs = await Promise.all([second, third].map((copy) => runPlaywright(copy, [])));
  for (const { code, output, stats } of runs) {
    expect(code, output).toBe(0);
    expect(stats).toMatchObject({ expected: 6, unexpected: 0, skipped: 0 });
  }
  for (const copy of [second, third]) {
    const answer = await fetch(`http://localhost:${copy.ports.api}/notes`);
    const notes = (await answer.json()) as readonly { readonly text: string }[];
    expect(notes.map(({ text }) => text)).toEqual([`Kept in ${copy.name}`]);
  }
});

test('a base URL or a variable of another copy ends the run before its first test', {
  timeout: 60_000,
}, async (context) => {
  needs(context, 'psql');
  const foreign = `https://project-3.web.localhost:${stage.httpsPort}`;
  const runs = await Promise.all([
    runPlaywright(second, [], { PLAYWRIGHT_BASE_URL: foreign }),
    runPlaywright(second, [], { BASE_URL: `http://localhost:${third.ports.web}` }),
    runPlaywright(second, [], { DATABASE_URL: 'postgresql://localhost/project_3' }),
  ]);
  for (const { code, output } of runs) {
    expect(code, output).toBe(1);
    expect(output).not.toContain('notes.spec.js');
  }
  const [byName, byPort, byDatabase] = runs.map(({ output }) => output);
  expect(byName).toContain(
    `The base URL ${foreign} (PLAYWRIGHT_BASE_URL) belongs to project-3; these tests are in project-2.`,
  );
  expect(byPort).toContain('(BASE_URL) belongs to project-3; these tests are in project-2.');
  expect(byDatabase).toContain('DATABASE_URL (shell) is postgresql://localhost/project_3');
  expect(byDatabase).toContain('hint: Run: eval');
});

test('without a proxy the tests go to the ports of the copy', { timeout: 60_000 }, async (context) => {
  needs(context, 'psql');
  const args = ['notes.spec.js', '--grep', 'another copy'];
  const { code, output } = await runPlaywright(second, args, { SIDINGS_HTTP_PORT: '1', SIDINGS_HTTPS_PORT: '2' });
  expect(code, output).toBe(0);
  expect(output).toContain(`"baseURL": "http://localhost:${second.ports.web}"`);
});
