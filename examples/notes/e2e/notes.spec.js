import { randomUUID } from 'node:crypto';
import { expect, test } from '@playwright/test';
import { currentCopy } from 'sidings/playwright';

const { name, services } = currentCopy();
const api = services.api.url;

test('the page is the one of this copy', async ({ page, baseURL }) => {
  await page.goto('/');
  expect(page.url()).toBe(`${baseURL}/`);
  await expect(page).toHaveTitle(`Notes · ${name}`);
});

test('a note that is written is listed, by the API as well, until it is deleted', async ({ page, request }) => {
  const text = `Written in ${name}, ${randomUUID()}`;
  await page.goto('/');
  await page.getByLabel('New note').fill(text);
  await page.getByRole('button', { name: 'Add' }).click();
  const note = page.getByRole('listitem').filter({ hasText: text });
  await expect(note).toBeVisible();

  const listed = async () => (await (await request.get(`${api}/notes`)).json()).map((one) => one.text);
  expect(await listed()).toContain(text);

  await note.getByRole('button', { name: 'Delete' }).click();
  await expect(note).toHaveCount(0);
  expect(await listed()).not.toContain(text);
});

test('no note is of another copy', async ({ request }) => {
  const kept = await request.post(`${api}/notes`, { data: { text: `Kept in ${name}` } });
  expect(kept.status()).toBe(201);
  for (const { text } of await (await request.get(`${api}/notes`)).json())
    if (/ in /.test(text)) expect(text).toMatch(new RegExp(` in ${name}(,|$)`));
});
