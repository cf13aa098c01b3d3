// A page of a thousand modules in Chromium: by HTTP/2 through Sidings next to plain HTTP/1.1 straight from the dev server.
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { chromium } from 'playwright-core';
import { median } from '../machine.mjs';
import { hostname } from '../peers/peer.mjs';
import { startSidings } from '../peers/sidings.mjs';

const executablePath = process.env.SIDINGS_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** Chromium takes this one root for good, in this profile. */
const keyOf = (file) => {
  const key = new X509Certificate(readFileSync(file)).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
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
  if (!existsSync(executablePath)) return [];
  const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
  let browser;
  try {
    const { https, root } = await startSidings({ folder, port: upstream.port });
    browser = await chromium.launch({
      executablePath,
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
        `--ignore-certificate-errors-spki-list=${keyOf(root)}`,
      ],
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
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};
