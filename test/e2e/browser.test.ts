import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/raw.ts';
import { needs } from '../support/requirements.ts';
import { openChromium } from './chromium.ts';
import { openStage, type Stage, type StageCopy } from './stage.ts';

let stage: Stage;
let second: StageCopy;
let third: StageCopy;
beforeAll(async () => {
  stage = await openStage(['project-2', 'project-3']);
  [second, third] = stage.copies as [StageCopy, StageCopy];
});
afterAll(() => stage?.close());

const address = (hostname: string, path = '/'): string => `https://${hostname}:${stage.httpsPort}${path}`;

const openPage = async (browser: BrowserContext, url: string): Promise<Page> => {
  const page = await browser.newPage();
  await page.goto(url);
  return page;
};

/** The protocols by which the page itself and everything of its own origin came. */
const protocolsOf = (page: Page): Promise<readonly string[]> =>
  page.evaluate(`[...new Set([...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter(({ name }) => new URL(name).origin === location.origin)
    .map(({ nextHopProtocol }) => nextHopProtocol))]`);

/** The status codes with which the WebSockets of a page were accepted. */
const watchWebSockets = async (page: Page): Promise<() => readonly number[]> => {
  const session = await page.context().newCDPSession(page);
  const statuses: number[] = [];
  session.on('Network.webSocketHandshakeResponseReceived', ({ response }) => statuses.push(response.status));
  await session.send('Network.enable');
  return () => statuses;
};

test('the pages of the copies and the status page come by HTTP/2, without a warning', async (context) => {
  needs(context, 'chromium', 'certutil');
  const browser = await openChromium(stage.root);
  for (const { name } of stage.copies) {
    const page = await openPage(browser, address(`${name}.web.localhost`));
    expect(await page.title()).toBe(`Notes · ${name}`);
    expect(await protocolsOf(page)).toEqual(['h2']);
    // It has asked its own API, at an address of the same kind.
    await expect.poll(() => page.locator('#message').textContent()).toBe(`No notes in ${name} yet.`);
  }
  const status = await openPage(browser, address('localhost'));
  await status.getByText('project-3').first().waitFor();
  expect(await protocolsOf(status)).toEqual(['h2']);
});

test('an address typed without https leads there', async (context) => {
  needs(context, 'chromium', 'certutil');
  const browser = await openChromium(stage.root);
  const page = await openPage(browser, `http://project-2.web.localhost:${stage.httpPort}/empty.html`);
  expect(page.url()).toBe(address('project-2.web.localhost', '/empty.html'));
  expect(await page.title()).toBe('Empty');
});

test("Vite's hot reload reaches the page of the edited copy, and no other", async (context) => {
  needs(context, 'chromium', 'certutil');
  const browser = await openChromium(stage.root);
  const page = await browser.newPage();
  const handshakes = await watchWebSockets(page);
  await page.goto(address('project-2.web.localhost'));
  const other = await openPage(browser, address('project-3.web.localhost'));
  for (const each of [page, other]) await each.evaluate('window.loaded = "once"');
  const loaded = (each: Page): Promise<unknown> => each.evaluate('window.loaded');
  const colour = (each: Page): Promise<unknown> =>
    each.evaluate('getComputedStyle(document.querySelector("h1")).color');

  // Vite's watch may have begun a moment after its server: the edit is made until it is seen.
  const edit = async (file: string, change: (text: string, round: number) => string, seen: () => Promise<boolean>) => {
    const path = join(second.directory, 'web', file);
    const original = await readFile(path, 'utf8');
    let round = 0;
    await eventually(async () => {
      round += 1;
      await writeFile(path, change(original, round));
      return expect
        .poll(seen, { timeout: 1000 })
        .toBe(true)
        .then(
          () => true,
          () => false,
        );
    }, `an edit of ${file} is seen`);
  };
  const blue = 'rgb(1, 2, 3)';
  await edit(
    'style.css',
    (text, round) => `${text}h1 { color: ${blue}; order: ${round} }`,
    async () => (await colour(page)) === blue,
  );
  expect(await loaded(page)).toBe('once');
  await edit(
    'main.js',
    (text, round) => `${text.replace('Notes ·', 'Edited ·')}// ${round}\n`,
    async () => (await page.title()) === 'Edited · project-2',
  );
  expect(await loaded(page)).toBe(undefined);
  // 200 is the answer to an extended CONNECT (RFC 8441): the sockets share the connection of the page.
  expect([...new Set(handshakes())]).toEqual([200]);

  expect([await loaded(other), await other.title()]).toEqual(['once', 'Notes · project-3']);
  expect(await colour(other)).not.toBe(blue);
});

test('a cookie with SameSite goes along from web to API on the service-first form, and to no other copy', async (context) => {
  needs(context, 'chromium', 'certutil');
  const browser = await openChromium(stage.root);
  const fetchFrom = (page: Page, url: string): Promise<unknown> =>
    page.evaluate(`fetch(${JSON.stringify(url)}, { credentials: 'include' }).then((response) => response.json())`);

  const page = await openPage(browser, address('web.project-2.localhost', '/empty.html'));
  const ofSecond = address('api.project-2.localhost');
  const ofThird = address('api.project-3.localhost');
  expect(await fetchFrom(page, `${ofSecond}sign-in`)).toEqual({ signedIn: second.name });
  expect(await fetchFrom(page, `${ofSecond}who`)).toEqual({ asked: 'project-2', cookie: 'session=project-2' });
  expect(await fetchFrom(page, `${ofThird}sign-in`)).toEqual({ signedIn: third.name });
  expect(await fetchFrom(page, `${ofThird}who`)).toEqual({ asked: 'project-3', cookie: '' });
  expect(await fetchFrom(page, `${ofSecond}who`)).toEqual({ asked: 'project-2', cookie: 'session=project-2' });

  // Why there is that form: `project-2.web.localhost` and `project-2.api.localhost` are two sites.
  const across = await openPage(browser, address('project-2.web.localhost', '/empty.html'));
  const api = address('project-2.api.localhost');
  expect(await fetchFrom(across, `${api}sign-in`)).toEqual({ signedIn: second.name });
  expect(await fetchFrom(across, `${api}who`)).toEqual({ asked: 'project-2', cookie: '' });
});

test('a browser that does not know the root refuses', async (context) => {
  needs(context, 'chromium');
  const browser = await openChromium();
  const page = await browser.newPage();
  await expect(page.goto(address('project-2.web.localhost'))).rejects.toThrow('net::ERR_CERT_AUTHORITY_INVALID');
});
