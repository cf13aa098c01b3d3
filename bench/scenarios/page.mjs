// A page of a thousand modules in Chromium: by HTTP/2 through Sidings next to plain HTTP/1.1 straight from the dev server.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { chromium } from 'playwright-core';
import { onPath } from '../../scripts/lib.mjs';
import { end, median } from '../machine.mjs';
import { hostname } from '../peers/peer.mjs';
import { startSidings } from '../peers/sidings.mjs';

const executablePath = process.env.SIDINGS_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** A home folder in which Chromium trusts this root, and nothing that somebody has added to the machine. */
const homeThatTrusts = (folder, root) => {
  const home = `${folder}/home`;
  const database = `${home}/.local/share/pki/nssdb`;
  mkdirSync(database, { recursive: true });
  for (const args of [
    ['-N', '--empty-password'],
    ['-A', '-t', 'C,,', '-n', 'Sidings', '-i', root],
  ])
    execFileSync('certutil', ['-d', `sql:${database}`, ...args]);
  return home;
};

const load = async (browser, url) => {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const start = performance.now();
    await page.goto(url);
    await page.waitForFunction(() => document.title === '1000', undefined, { polling: 'raf' });
    return performance.now() - start;
  } finally {
    await context.close();
  }
};

export const page = async ({ rounds, upstream }) => {
  if (!existsSync(executablePath) || !onPath('certutil')) return [];
  const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
  let browser;
  let child;
  try {
    const { https, root, ...daemon } = await startSidings({ folder, port: upstream.port });
    child = daemon.child;
    const home = homeThatTrusts(folder, root);
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      env: { PATH: process.env.PATH, HOME: home, XDG_DATA_HOME: `${home}/.local/share` },
    });
    const urls = [`https://${hostname}:${https.port}/page`, `http://127.0.0.1:${upstream.port}/page`];
    for (const url of urls) await load(browser, url);
    const pairs = [];
    for (let round = 0; round < rounds; round += 1) {
      const pair = [];
      for (const url of urls) pair.push(await load(browser, url));
      pairs.push(pair);
    }
    return [
      ['page of 1,000 modules in Chromium, HTTP/2', median(pairs.map(([ours]) => ours)), 'ms'],
      ['the same straight from the server, HTTP/1.1', median(pairs.map(([, direct]) => direct)), 'ms'],
      ['ratio of the two', median(pairs.map(([ours, direct]) => ours / direct)), ''],
    ];
  } finally {
    await browser?.close();
    if (child !== undefined) await end(child);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};
