// The pictures in the README: a demo with five copies, some work and some traffic in them, photographed by Chromium, light and dark.
// Needs chromium and certutil (Debian: chromium, libnss3-tools).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { ask, askJson } from './demo/http.mjs';
import { until } from './demo/until.mjs';
import { must, root } from './lib.mjs';

const images = `${root}docs/images`;
const size = { width: 1360, height: 900 };
/** Seconds of traffic before the pictures, as much as they show. */
const seconds = 60;

/** What each of the copies is about. The last one has lost its API. */
const work = [
  { name: 'project', branch: 'main', commit: 'Add notes to the list', edits: [], rate: 1 },
  { name: 'project-2', branch: 'feature/share-a-note', commit: 'Share a note by link', edits: ['api/app.js'], rate: 5 },
  { name: 'project-3', branch: 'fix/empty-note', commit: 'Refuse a note without text', edits: [], rate: 9 },
  {
    name: 'project-4',
    branch: 'feature/tags',
    commit: 'Filter notes by tag',
    edits: ['api/app.js', 'web/main.js'],
    rate: 3,
  },
  { name: 'project-5', branch: 'try/websocket', commit: 'Tell of new notes at once', edits: ['web/main.js'], rate: 2 },
];

const demo = spawn(process.execPath, [`${root}scripts/demo.mjs`, '--copies', String(work.length)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(demo, 'exit');
let said = '';
demo.stdout.on('data', (data) => {
  process.stdout.write(data);
  said += data;
});

const git = (directory, ...args) => {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
  return must('git', [...identity, ...args], { cwd: directory, capture: true });
};

/** A repository with a branch of its own in each copy, and edits that are not committed. */
const prepareWork = async (folder) => {
  const main = `${folder}/project`;
  await git(main, 'init', '--quiet', '--initial-branch=main');
  await git(main, 'add', '.');
  await git(main, 'commit', '--quiet', `--message=${work[0].commit}`);
  for (const { name, branch, commit, edits } of work.slice(1)) {
    const directory = `${folder}/${name}`;
    await git(directory, 'init', '--quiet', '--initial-branch=main');
    await git(directory, 'remote', 'add', 'origin', main);
    await git(directory, 'fetch', '--quiet');
    await git(directory, 'reset', '--quiet', 'origin/main');
    await git(directory, 'checkout', '--quiet', '-b', branch, '--track', 'origin/main');
    await git(directory, 'commit', '--quiet', '--allow-empty', `--message=${commit}`);
    for (const file of edits) await appendFile(`${directory}/${file}`, '\n');
  }
};

/** Some requests each second, more in some seconds than in others, until the signal ends it. */
const makeTraffic = async (proxy, signal) => {
  const paths = ['/notes', '/healthz', '/notes?after=12', '/notes'];
  for (let second = 0; !signal.aborted; second += 1) {
    for (const [index, { name, rate }] of work.entries()) {
      const many = Math.max(0, Math.round(rate * (1 + Math.sin((second + index * 5) / (3 + index)))));
      for (let turn = 0; turn < many; turn += 1) {
        const path = paths[(second + turn) % paths.length];
        const isNew = path === '/notes' && second % 4 === 0;
        const about = isNew ? { method: 'POST', body: { text: `Note ${second}` } } : {};
        ask(proxy, `${name}.api.localhost`, path, about).catch(() => {});
      }
    }
    if (second % 20 === 10) await ask(proxy, 'project-3.api.localhost', '/notes/4711', { method: 'DELETE' });
    await delay(1000);
  }
};

/** Takes the pictures with a browser that trusts the root in a home of its own, which is the one of the demo. */
const takePictures = async (proxy, home) => {
  const { displayName } = await import('../dist/tls/trust-stores/trust-store.js');
  await mkdir(`${home}/.local/share/pki/nssdb`, { recursive: true });
  const database = ['-d', `sql:${home}/.local/share/pki/nssdb`];
  await must('certutil', [...database, '-N', '--empty-password'], { capture: true });
  const trust = ['-A', '-t', 'C,,', '-n', displayName(proxy.root), '-i', proxy.root.file];
  await must('certutil', [...database, ...trust], { capture: true });

  const browser = await chromium.launchPersistentContext(`${home}/profile`, {
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
    env: { PATH: process.env.PATH, HOME: home },
    viewport: size,
  });
  const page = await browser.newPage();
  const picture = async (name) => {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${images}/${name}-${colorScheme}.png` });
    }
  };
  try {
    await page.goto(`https://localhost:${proxy.https}/`);
    await page
      .locator('.health')
      .nth(work.length - 1)
      .waitFor();
    await page
      .locator('.commit')
      .nth(work.length - 1)
      .waitFor();
    await page.locator('.chart').first().waitFor();
    await picture('overview');
    await page.goto(`https://localhost:${proxy.https}/#/requests`);
    await page.locator('tr.failed a').first().click();
    await page.locator('.detail .timing').waitFor();
    await page.evaluate('scrollTo(0, 0)');
    await picture('requests');
  } finally {
    await browser.close();
  }
};

const end = new AbortController();
try {
  await until('the demo runs', () => said.includes('The copies are in '), { within: 180_000 });
  const [, folder] = /The copies are in (\S+)\. /.exec(said);
  const config = JSON.parse(await readFile(`${folder}/.demo/config/sidings/config.json`, 'utf8'));
  const { readRoots } = await import('../dist/tls/certificate-folder.js');
  const { current } = await readRoots(config.certificateDirectory);
  const ca = await readFile(current.file, 'utf8');
  const proxy = { http: config.httpPort, https: config.httpsPort, ca, root: current };
  await mkdir(images, { recursive: true });
  await prepareWork(folder);
  const { workstreams } = await askJson(proxy, 'localhost', '/api/workstreams');
  const api = workstreams.find(({ name }) => name === work.at(-1).name).services.find(({ name }) => name === 'api');
  // It is one of the demo's own, told by the proxy.
  process.kill(api.owner.pid, 'SIGTERM');
  const traffic = makeTraffic(proxy, end.signal);
  await delay(seconds * 1000);
  await takePictures(proxy, `${folder}/.demo/home`);
  end.abort();
  await traffic;
} finally {
  end.abort();
  demo.kill('SIGINT');
  await ended;
}
