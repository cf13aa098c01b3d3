import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, type RunningSidings, type Started, startRun, startSidings, terminate } from '../support/commands.ts';
import { git } from '../support/git.ts';
import { expectHar } from '../support/har.ts';
import { makeCopies, type TestCopy } from '../support/project-copies.ts';
import { eventually } from '../support/raw.ts';
import { fileOf, needs } from '../support/requirements.ts';
import { json, standInEngine } from '../support/stand-in-engine.ts';
import { openChromium } from './chromium.ts';

/** Names that would be more than text: as markup, for a terminal, and in the direction of reading. */
const evil = '<img src=x onerror=alert(1)>';
const evilCode = '\u001b[31m<b>red</b>\u202e';

/** A busy machine takes its time. */
const patient = { timeout: 10_000 };

const missing = ['chromium', 'certutil'].some((command) => fileOf(command) === undefined);
const endings: (() => Promise<void>)[] = [];
const ending = (end: () => Promise<void>): void => void endings.push(end);

let folder: string;
let copies: readonly TestCopy[];
let sidings: RunningSidings;
let browser: BrowserContext;
let page: Page;
/** What the browser has to complain of: errors of the page, violations of its policy, requests that failed. */
let complaints: string[];

const start = async (...ports: readonly string[]): Promise<RunningSidings> =>
  startSidings(['--root', folder, ...ports], {
    cwd: folder,
    env: { DOCKER_HOST: `unix://${folder}/docker.sock` },
    ending,
  });

beforeAll(async () => {
  if (missing && process.env.CI !== 'true') return;
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sidings-page-')));
  ending(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  copies = await makeCopies(folder, ['project', 'project-3', 'project-4']);
  const { directory } = copyOf('project-3');
  await git(directory, 'init', '--quiet');
  await git(directory, 'add', '.');
  await git(directory, 'commit', '--quiet', `--message=${evil}`);
  const commit = await git(directory, 'rev-parse', 'HEAD');
  // No name that git would give, but one that a file can hold.
  await writeFile(join(directory, '.git/packed-refs'), `${commit} refs/heads/main\n`);
  sidings = await start();
  browser = await openChromium(join(folder, '.certs/root.pem'), ending);
});
afterAll(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const copyOf = (name: string): TestCopy => {
  const found = copies.find((copy) => copy.name === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
};

const address = (): string => `https://localhost:${sidings.httpsPort}/`;

beforeEach(async (context) => {
  needs(context, 'chromium', 'certutil');
  complaints = [];
  page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(address());
  await page.getByText('workstream').first().waitFor();
});
afterEach(async () => {
  await page?.close();
  expect(complaints ?? []).toEqual([]);
});

const serverOf = (port: number): string => `
  require('node:http').createServer(({ url }, response) => {
    console.log('\\u001b[32masked\\u001b[0m for ' + url + ' ${evil} \\u001b[2J');
    response.writeHead(url.startsWith('/fail') ? 500 : 200, { 'Content-Type': 'text/plain', 'X-Evil': '${evil}' });
    response.end('answered');
  }).listen(${port}, '127.0.0.1')`;

/** A service of a copy, started as its developer would, so that its output is kept. */
const startIn = (name: string, service: string): Started => {
  const { directory, ports } = copyOf(name);
  const env = { SIDINGS_STATE_DIR: join(folder, '.state'), SIDINGS_CERTS_DIR: join(folder, '.certs') };
  const command = [process.execPath, '-e', serverOf(ports[service] ?? 0)];
  return startRun(service, command, { cwd: directory, env, ending });
};

const card = (name: string) => page.getByRole('article', { name, exact: true });
const rowOf = (name: string, service: string) => card(name).getByRole('listitem').filter({ hasText: service }).first();

test('it shows the copies, and a service that starts and stops, without being loaded again', async () => {
  expect(await page.title()).toBe('0 live · Sidings');
  await page.evaluate('window.loaded = "once"');
  for (const { name, directory } of copies) await card(name).getByText(directory).waitFor();
  expect(await card('project').getByText('main', { exact: true }).count()).toBe(1);

  // Without a commit there is still what was done last.
  await git(copyOf('project-4').directory, 'init', '--quiet');
  await card('project-4')
    .getByText(/^(just now|\d+ (s|min) ago)$/)
    .waitFor();

  const web = startIn('project-4', 'web');
  await card('project-4')
    .getByText(/pid \d+ · node -e /)
    .waitFor();
  const url = `https://project-4.web.localhost:${sidings.httpsPort}`;
  const link = rowOf('project-4', 'web').getByRole('link', { name: url.replace('https://', ''), exact: true });
  expect(await link.getAttribute('href')).toBe(`${url}/`);
  await expect.poll(() => page.title(), patient).toBe('1 live · Sidings');
  expect(await page.locator('.summary').textContent()).toBe('3 workstreams, 1 live.');

  await terminate(web);
  await expect.poll(() => page.title(), patient).toBe('0 live · Sidings');
  expect(await page.evaluate('window.loaded')).toBe('once');
});

/** Asks for a path of a service through the proxy. */
const askFor = (hostname: string, path: string) =>
  ask(sidings.port, hostname, path, { headers: { Authorization: 'Bearer hunter2' } });

test('requests appear as they end, can be filtered and looked at, and are saved as an archive', async () => {
  const web = startIn('project-3', 'web');
  await expect.poll(() => page.title(), patient).toBe('1 live · Sidings');
  await page.getByRole('link', { name: 'Requests', exact: true }).click();
  await page.getByText('No requests yet').waitFor();

  for (const path of ['/fine?token=hunter2', `/fail/${encodeURI(evil)}`, '/other'])
    await eventually(async () => (await askFor('project-3.web.localhost', path)).text === 'answered', path);
  const rows = page.locator('tbody tr');
  await rows.filter({ hasText: '/other' }).waitFor();
  await rows.filter({ hasText: '/fine?token=***' }).waitFor();

  await page.getByLabel('Status').selectOption('error');
  await expect.poll(() => rows.count(), patient).toBe(1);
  await askFor('project-3.web.localhost', '/fine/again');
  await askFor('project-3.web.localhost', '/fail/again');
  await rows.filter({ hasText: '/fail/again' }).waitFor();
  expect(await rows.count()).toBe(2);
  await page.getByLabel('Path contains').fill('img');
  await expect.poll(() => rows.count(), patient).toBe(1);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'HAR', exact: true }).click(),
  ]);
  const har = expectHar(JSON.parse(await readFile(await download.path(), 'utf8')));
  expect(har.log.entries.map(({ response }) => response.status)).toEqual([500]);
  expect(JSON.stringify(har)).not.toContain('hunter2');

  await rows.getByRole('link').click();
  const detail = page.getByRole('complementary');
  await detail.getByText('x-evil').waitFor();
  expect(await detail.locator('dd').filter({ hasText: evil }).count()).toBe(1);
  expect(await detail.textContent()).not.toContain('hunter2');
  await browser.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(address()).origin });
  await detail.getByRole('button', { name: 'Copy as curl' }).click();
  await detail.getByText('copied').first().waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^curl .*project-3\.web\.localhost/);
  await page.keyboard.press('Escape');
  await expect.poll(() => detail.count(), patient).toBe(0);
  await terminate(web);
});

test('a log is followed in its colours, searched, and found by a request that failed', async () => {
  const web = startIn('project-3', 'web');
  await eventually(async () => (await askFor('project-3.web.localhost', '/fail/first')).text === 'answered', 'web');
  await page.evaluate('location.hash = "#/logs?workstream=project-3&service=web"');
  const lines = page.locator('.line');
  await lines.filter({ hasText: `asked for /fail/first ${evil}` }).waitFor();
  expect(await lines.locator('.sgr-f2').first().textContent()).toBe('asked');
  await askFor('project-3.web.localhost', '/second');
  await lines.filter({ hasText: 'asked for /second' }).waitFor();
  await page.getByLabel('Search the log').fill('SECOND');
  await expect.poll(() => lines.count(), patient).toBe(1);
  expect(await lines.locator('mark').textContent()).toBe('second');

  await page.evaluate('location.hash = "#/requests?path=/fail/first"');
  await page.locator('tbody a').first().click();
  await page.getByRole('link', { name: 'Log of that moment' }).click();
  await page.locator('.line.moment').filter({ hasText: '/fail/first' }).waitFor();
  expect(await page.locator('main :is(img, b, script)').count()).toBe(0);
  await terminate(web);
});

test('names, commits and containers of strangers stay text', async () => {
  await writeFile(join(copyOf('project-3').directory, '.git/HEAD'), `ref: refs/heads/${evil}\n`);
  await card('project-3').getByText(evil).first().waitFor();
  await writeFile(join(copyOf('project-3').directory, '.git/HEAD'), 'ref: refs/heads/main\n');
  await card('project-3').locator('.commit').getByText(evil).waitFor();

  const { directory, ports } = copyOf('project-4');
  const labels = {
    'com.docker.compose.project': 'project-4',
    'com.docker.compose.project.working_dir': directory,
    'com.docker.compose.service': evilCode,
    'sidings.port': evilCode,
  };
  const container = {
    Id: '1'.padStart(64, '0'),
    Names: [`/${evilCode}`],
    State: 'running',
    Status: 'Up 1 second',
    Created: 1,
    Labels: labels,
    Ports: [{ IP: '127.0.0.1', PrivatePort: 80, PublicPort: ports.web, Type: 'tcp' }],
    NetworkSettings: { Networks: {} },
  };
  await standInEngine(join(folder, 'docker.sock'), ({ url = '' }, response) => {
    if (url.startsWith('/events')) response.flushHeaders();
    else if (url.startsWith('/containers/json')) json(response, [container]);
    else if (url.startsWith('/containers/')) json(response, { Config: { Env: [], ExposedPorts: { '80/tcp': {} } } });
    else response.end('OK');
  });
  await page.getByText('<b>red</b>').first().waitFor();
  expect(await page.locator('main :is(img, b, script)').count()).toBe(0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  expect(await page.evaluate('document.body.innerText')).not.toMatch(/[\u001b\u202e]/);
});

/** What axe-core finds serious, in a few words each. */
const seriousFindings = async (): Promise<readonly string[]> => {
  const found = await page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
  return found as string[];
};

const places = ['#/', '#/requests', '#/logs'] as const;

test.each(['light', 'dark'] as const)(
  'nothing in it is hard to see or to operate, when it is %s',
  async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    // Not by a script element: its policy allows none of that.
    await page.evaluate(axe.source);
    for (const place of places) {
      await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
      await page.locator(`nav a[aria-current][href="${place}"]`).waitFor();
      expect(await seriousFindings(), place).toEqual([]);
    }
  },
);

test('where there is nothing to show, it says how there will be', async () => {
  const empty = join(folder, '.empty');
  await mkdir(empty);
  // No engine answers, and no store of this home folder has the root.
  const env = { HOME: empty, DOCKER_HOST: `unix://${empty}/docker.sock`, SIDINGS_CERTS_DIR: join(folder, '.certs') };
  const { httpsPort } = await startSidings(['--root', empty], { cwd: empty, env });
  await page.goto(`https://localhost:${httpsPort}/`);
  const main = page.getByRole('main');
  await main.getByText('Three steps make the first').waitFor();
  for (const command of ['stack-env init', 'cp -r project project-2', 'sidings trust'])
    await main.getByText(command, { exact: true }).waitFor();
  await main.getByText(`Copies are looked for in ${empty}`).waitFor();
  await main.getByText('No Docker Engine answers').waitFor();
  await page.getByRole('link', { name: 'Requests', exact: true }).click();
  await main.getByText('No requests yet').waitFor();
  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  await main.getByText('There are no workstreams yet').waitFor();
  expect(await main.getByText('of that name').count()).toBe(0);
});

test('on a telephone nothing is wider than the screen, and the keyboard reaches everything', async () => {
  await page.setViewportSize({ width: 375, height: 700 });
  for (const place of places) {
    await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
    await page.locator(`nav a[aria-current][href="${place}"]`).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth'), place).toBeLessThanOrEqual(375);
  }
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('main');
});

test('it goes on when sidings is started anew, and says meanwhile that it does not answer', async () => {
  await page.evaluate('window.loaded = "once"');
  const ports = ['--http-port', String(sidings.port), '--https-port', String(sidings.httpsPort)];
  await terminate(sidings);
  await page.getByText('Sidings does not answer; trying again.').waitFor();
  await page.getByText('Reconnecting').waitFor();
  sidings = await start(...ports);
  await page.getByText('Live', { exact: true }).first().waitFor();
  expect(await page.getByText('Sidings does not answer').count()).toBe(0);
  const web = startIn('project-4', 'web');
  await expect.poll(() => page.title(), patient).toBe('1 live · Sidings');
  await terminate(web);
  expect(await page.evaluate('window.loaded')).toBe('once');
  // What failed in between did so on purpose.
  complaints = complaints.filter((complaint) => !complaint.includes('net::ERR_'));
});
