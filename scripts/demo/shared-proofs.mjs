// What both kinds of the demo prove, whatever runs behind the proxy.
import assert from 'node:assert/strict';
import { ask, askJson } from './http.mjs';

const hostnames = (name, service) => [
  `${name}.${service}.localhost`,
  `${service}.${name}.localhost`,
  `${name}-${service}.localhost`,
];

export const written = 'written in project-2';

/** Asks the API of a copy, and for the texts of its notes. */
export const apiOf = (proxy) => {
  const api = (copy, path, options) => askJson(proxy, copy.services.api.hostname, path, options);
  const texts = async (copy) => (await api(copy, '/notes')).map(({ text }) => text);
  return { api, texts };
};

export const addressProofs = ({ proxy, copies }) => [
  ...copies.map(({ name }) => [
    `${hostnames(name, 'api').join(', ')} lead to the API of ${name}`,
    async () => {
      for (const hostname of hostnames(name, 'api'))
        assert.equal((await askJson(proxy, hostname, '/healthz')).name, name, hostname);
    },
  ]),
  ...copies.map(({ name }) => [
    `${[...hostnames(name, 'web'), `${name}.localhost`].join(', ')} lead to the web server of ${name}`,
    async () => {
      for (const hostname of [...hostnames(name, 'web'), `${name}.localhost`]) {
        assert.match((await ask(proxy, hostname, '/')).text, /<title>Notes<\/title>/, hostname);
        const { text } = await ask(proxy, hostname, '/main.js');
        assert.ok(text.includes(`"STACK_NAME": "${name}"`), `${hostname} shows another copy`);
      }
    },
  ]),
];

export const notesProof = ({ proxy, copies: [main, second, third] }) => {
  const { api, texts } = apiOf(proxy);
  return [
    'a note written in project-2 is in project-2, and neither in project-3 nor in main',
    async () => {
      await api(second, '/notes', { method: 'POST', body: { text: written } });
      assert.deepEqual(await texts(second), [written]);
      assert.deepEqual(await texts(third), []);
      assert.deepEqual(await texts(main), []);
    },
  ];
};
