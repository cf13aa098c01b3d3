import { describe, expect, test } from 'vitest';
import { baseUrlOf, projectUrls, statedUrls } from '../../../src/playwright/base-url.ts';
import type { TestService } from '../../../src/playwright/surroundings.ts';

describe('what is stated', () => {
  test('the configuration counts before variables', () => {
    const environment = { BASE_URL: 'http://b', PLAYWRIGHT_BASE_URL: 'https://p' };
    expect(statedUrls({ use: { baseURL: 'http://c' } }, environment)).toEqual([
      { source: 'use.baseURL', value: 'http://c' },
      { source: 'PLAYWRIGHT_BASE_URL', value: 'https://p' },
      { source: 'BASE_URL', value: 'http://b' },
    ]);
  });

  test('what is no address says nothing', () => {
    expect(statedUrls({}, { BASE_URL: '/', PLAYWRIGHT_BASE_URL: '' })).toEqual([]);
    expect(statedUrls({ use: { baseURL: undefined } }, {})).toEqual([]);
  });

  test('projects are told by their name, or their place', () => {
    const projects = [{ name: 'a', use: { baseURL: 'http://a' } }, { use: { baseURL: 'http://b' } }, { name: 'c' }];
    expect(projectUrls({ projects })).toEqual([
      { source: 'use.baseURL of project a', value: 'http://a' },
      { source: 'use.baseURL of project 2', value: 'http://b' },
    ]);
    expect(projectUrls({})).toEqual([]);
  });
});

describe('the base URL', () => {
  const http = (url: string): TestService => ({ kind: 'http', port: 1, url, localUrl: url });
  const postgres: TestService = { kind: 'tcp', port: 2 };
  const api = http('http://api');
  const services: Record<string, TestService> = { postgres, api, web: { ...http('http://web'), default: true } };

  test.each([
    ['api', 'http://api'],
    [undefined, 'http://web'],
  ])('of %s', (service, expected) => {
    expect(baseUrlOf({ name: 'project-3', services }, service)).toBe(expected);
  });

  test('without a default, the first that has an address', () => {
    expect(baseUrlOf({ name: 'project-3', services: { postgres, api, docs: http('http://docs') } }, undefined)).toBe(
      'http://api',
    );
  });

  test.each([
    [
      'nobody',
      { code: 'service-unknown', message: /has no service called nobody\.\n {2}hint: It has: postgres, api, web/ },
    ],
    ['toString', { code: 'service-unknown', message: /no service called toString/ }],
    ['postgres', { code: 'service-not-http', message: /postgres of project-3 has no address/ }],
  ])('of %s is an error that says what to do', (service, { code, message }) => {
    const ask = () => baseUrlOf({ name: 'project-3', services }, service);
    expect(ask).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test('of a copy without any is an error', () => {
    expect(() => baseUrlOf({ name: 'project-3', services: {} }, undefined)).toThrow('any of project-3 has no address');
  });
});
